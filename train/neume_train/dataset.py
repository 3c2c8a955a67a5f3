#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Training data on disk: features and labels of random clips.

    python3 -m neume_train.dataset --out DIR --clips N --seed S --jobs J

What DIR then holds:

shard-NNNNN.npz
    `features` float16 [clips][960][bands] and `labels` uint8 [clips][960].
    Frames are in order of time, one every 128 samples at 4096 Hz (31.25 ms):
    frame i belongs to context i % 4, so that
    features.reshape(clips, 240, 4, bands)[:, :, c] is what the network sees of
    context c.  A label is the class in force at its frame's label point:
    0 non-voice, 1..39 the semitones A2..B5 (MIDI 44 + class), plus 128 where a note
    has begun in the 62.5 ms before.
    `mixed`, as `labels`: what they would be with music under the voice, where a note ends
    with it.  `alone` bool [clips]: nothing may be laid under these, see tones.py; `music`
    bool [clips]: these may be laid under others.
    With --audio, instead of features and labels: `audio` int16 [clips][122880], sound at 4096 Hz
    as the chain resamples it, `peak` float32 [clips], what its full scale stands
    for, and `classes` uint8 [clips][3840], the class in force at each k / 128 s of
    it, plus 128 where a note begins within the 1 / 128 s; `mixed` likewise.  Then train computes
    features and labels itself, for any front end.
dataset.json
    The seed, the number of clips and of clips in a shard, the front end, the
    library's and the data's state, frames of each class, and the shards that
    are complete.

Clip k of a set is the same whatever the number of jobs and of clips.  A run
that was stopped goes on where it stood: a shard appears under its name only
when it is whole.  Under torchrun, on one host or on many that share the folder,
each process makes its part of the shards.  Real recordings are used where --data or the environment
variable NEUME_DATA names their folder.
"""

import argparse
import dataclasses
import json
import multiprocessing
import os
import pathlib
import signal
import socket
import sys
import time
from concurrent import futures

import numpy as np

from . import clips, native
from .ranges import between
from .sources import commits

INTERLEAVE = 4
STEP = native.STEP // INTERLEAVE
FRAMES = native.CONTEXT * INTERLEAVE
SAMPLES = native.CONTEXT * native.STEP  # Of a clip at the analysis rate
CLASSES_RATE = 128  # Hz, of the classes beside audio
CLASSES_COUNT = SAMPLES * CLASSES_RATE // native.RATE

_maker = None  # Of this process


def _start(data, cache, library, kind=None, sounds=None):
    """Make this process's clip maker."""
    global _maker  # pylint: disable=global-statement
    _maker = clips.Maker(data, native.load(library), cache, kind=kind, sounds=sounds)


def example(maker, front_end, seed, index):
    """Features float16 [960][bands] and labels uint8 [960] of one clip, and the rest of
    what a shard holds of it."""
    clip = maker.make(seed, index)
    features, times = maker.native.features(
        clip.audio, clips.RATE, front_end, STEP
    )
    if len(features) != FRAMES:
        raise native.NativeError(f"{len(features)} frames where {FRAMES} belong")
    labels, mixed = (clips.labels_and_onsets(notes, times) for notes in (clip.notes, clip.mixed))
    return features.astype(np.float16), labels, mixed, clip.alone, clip.is_music


def sound(maker, clip):
    """Audio int16 [122880] of a clip, and its peak."""
    audio = maker.native.resample(clip.audio, clips.RATE)
    if len(audio) < SAMPLES:
        raise native.NativeError(f"{len(audio)} samples where {SAMPLES} belong")
    audio = audio[:SAMPLES]
    peak = max(float(np.abs(audio).max()), 1e-9)
    return np.rint(audio * (32767 / peak)).astype(np.int16), np.float32(peak)


def classes(maker, notes):
    """Classes uint8 [3840] over the sound of a clip with these `notes`."""
    delay = maker.native.delay(clips.RATE)
    times = np.arange(CLASSES_COUNT) / CLASSES_RATE
    found = clips.labels(notes, times - delay)
    onsets = np.array([n.onset for n in notes]) + delay
    found[np.searchsorted(times[1:], onsets, "right")] |= native.ONSET
    return found


def kept(maker, seed, index):
    """sound() and classes() of one clip, and the rest of what a shard holds of it."""
    clip = maker.make(seed, index)
    found, mixed = (classes(maker, notes) for notes in (clip.notes, clip.mixed))
    return *sound(maker, clip), found, mixed, clip.alone, clip.is_music


def _write_shard(work):
    """Make one shard and put it in place whole."""
    path, seed, first, count, front_end = work
    if front_end:
        made = [example(_maker, front_end, seed, first + k) for k in range(count)]
        names = ("features", "labels", "mixed", "alone", "music")
    else:
        made = [kept(_maker, seed, first + k) for k in range(count)]
        names = ("audio", "peak", "classes", "mixed", "alone", "music")
    partial = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    np.savez(partial, **{name: np.stack(part) for name, part in zip(names, zip(*made))})
    os.replace(partial, path)
    return path


def _read_counts(path, name, shape):
    """Frames of each class in a shard, or None if it is not as it should be."""
    try:
        with np.load(path) as shard:
            labels = shard[name]
            if labels.shape != shape:
                return None
        return np.bincount(labels.ravel() % native.ONSET, minlength=native.CLASSES)
    except (OSError, ValueError, KeyError, EOFError):
        return None
    except Exception as error:  # zipfile's own
        if type(error).__name__ == "BadZipFile":
            return None
        raise


def write_json(path, content):
    """Put `content` in place whole, as JSON."""
    partial = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)


def _finish(work, jobs, means):
    """Do the work, in `jobs` processes; yields each shard."""
    if jobs == 1:
        yield from map(_write_shard, work)
        return
    # Spawned, not forked: OpenMP in the synthesiser does not survive a fork.
    with futures.ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=means,
    ) as pool:
        waiting = [pool.submit(_write_shard, item) for item in work]
        try:
            for done in futures.as_completed(waiting):
                yield done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def generate(
    out,
    n_clips,
    seed,
    jobs=1,
    shard=50,
    front_end=native.FrontEnd(),
    data=None,
    cache=None,
    library=None,
    progress=None,
    rank=0,
    ranks=1,
    kind=None,
    sounds=None,
):
    """Make what is missing of a data set; returns its manifest.

    With `front_end` None, clips are kept as audio.
    `progress`, if given, is called with (clips made, clips wanted, seconds).
    Process `rank` of `ranks` makes every ranks-th shard; the one that ends last
    leaves a manifest that lists them all.
    """
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    manifest_path = out / "dataset.json"
    _start(data, cache, library, kind, sounds)
    identity = {
        "seed": seed,
        "clips_per_shard": shard,
        "frames": FRAMES,
        "step": STEP,
        "interleave": INTERLEAVE,
        "front_end": dataclasses.asdict(front_end) if front_end else None,
        "present": _maker.present,
    }
    if kind:
        identity["kind"] = kind
    old = {}
    if manifest_path.is_file():
        old = json.loads(manifest_path.read_text(encoding="utf-8"))
        for key, value in {**identity, "kind": kind}.items():
            if old.get(key) != value:
                raise ValueError(
                    f"{out}: holds another data set ({key}: {old.get(key)}, "
                    f"asked for: {value})"
                )

    sizes = {
        f"shard-{number:05d}.npz": min(shard, n_clips - number * shard)
        for number in range(-(-n_clips // shard))
    }
    found = {}  # Frames of each class in the shards that are complete
    labels = ("labels", FRAMES) if front_end else ("classes", CLASSES_COUNT)

    def look():
        """Count the shards that have appeared; returns whether any has."""
        before = len(found)
        for name, count in sizes.items():
            if name not in found and (out / name).is_file():
                counted = _read_counts(out / name, labels[0], (count, labels[1]))
                if counted is not None:
                    found[name] = counted
        return len(found) > before

    def describe():
        return {
            **identity,
            "clips": sum(sizes[name] for name in found),
            "clips_wanted": n_clips,
            "commit": made_by,
            "class_frames": sum(found.values(), np.zeros(native.CLASSES, np.int64)).tolist(),
            "shards": sorted(found),
        }

    look()
    work = [
        (out / name, seed, number * shard, count, front_end)
        for number, (name, count) in enumerate(sizes.items())
        if name not in found and number % ranks == rank
    ]
    # What is at work now, whatever is committed meanwhile, after what was before
    made_by = commits(old) if work else old.get("commit") or ""
    write_json(manifest_path, describe())
    begun = time.monotonic()
    for _ in _finish(work, jobs, (data, cache, library, kind, sounds)):
        look()
        write_json(manifest_path, describe())
        if progress:
            progress(describe()["clips"], n_clips, time.monotonic() - begun)
    while look():  # Another process ended meanwhile
        write_json(manifest_path, describe())
    return describe()


def arguments(description):
    """A parser with the options that all data commands share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--clips", type=between(int, 1, 10**9), default=500, help="number of clips")
    parser.add_argument("--seed", type=between(int, 0, 2**63 - 1), default=1)
    parser.add_argument(
        "--data",
        default=os.environ.get("NEUME_DATA"),
        help="folder of real recordings (default: NEUME_DATA)",
    )
    parser.add_argument("--sounds", help="folder that neume_train.sounds made")
    parser.add_argument("--cache", help="folder for the recordings' pitch tracks")
    parser.add_argument("--library", help="libneume_native or the build folder")
    parser.add_argument("--front-end", help="JSON file of front-end parameters")
    parser.add_argument(
        "--label-delay", type=between(int, 0, 4096), help="samples at 4096 Hz before a window's end"
    )
    return parser


def front_end_of(options):
    """The front end that the options ask for."""
    front_end = native.FrontEnd()
    if options.front_end:
        front_end = native.FrontEnd.from_json(options.front_end)
    if options.label_delay is not None:
        front_end = dataclasses.replace(front_end, label_delay=options.label_delay)
    return front_end


def main():
    """The command."""
    parser = arguments("Make training data: features and labels of clips.")
    parser.add_argument("--out", required=True, help="folder to write")
    parser.add_argument("--jobs", type=between(int, 1, 1024), default=1, help="processes")
    parser.add_argument("--shard", type=between(int, 1, 10**6), default=50, help="clips in a file")
    parser.add_argument(
        "--kind", choices=list(clips.Maker.KINDS), help="clips of this kind alone"
    )
    parser.add_argument(
        "--audio", action="store_true", help="keep sound instead of features"
    )
    parser.add_argument(
        "--listen",
        type=between(int, 1, 10**6),
        metavar="N",
        help="write N clips as WAV, CSV and PNG instead",
    )
    parser.add_argument(
        "--meant",
        action="store_true",
        help="with --listen: the notes of the melody, not those nearest to what is sung",
    )
    options = parser.parse_args()
    for name in ("data", "sounds"):
        folder = getattr(options, name)
        if folder and not os.path.isdir(folder):
            parser.error(f"--{name}: no folder {folder}")

    def progress(done, wanted, seconds):
        print(f"{done}/{wanted} clips, {seconds:.0f} s", file=sys.stderr, flush=True)

    try:
        front_end = front_end_of(options)
        if options.listen:
            from . import listen  # pylint: disable=import-outside-toplevel

            maker = clips.Maker(
                options.data,
                native.load(options.library),
                options.cache,
                kind=options.kind,
                sounds=options.sounds,
            )
            listen.write(
                maker, front_end, options.out, options.seed, options.listen, options.meant
            )
            return 0
        # Or else the processes of the pool would outlive this one
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("dataset: stopped"))
        manifest = generate(
            options.out,
            options.clips,
            options.seed,
            options.jobs,
            options.shard,
            None if options.audio else front_end,
            options.data,
            options.cache,
            options.library,
            progress,
            int(os.environ.get("RANK", "0")),
            int(os.environ.get("WORLD_SIZE", "1")),
            options.kind,
            options.sounds,
        )
    except (native.NativeError, OSError, ValueError) as error:
        print(f"dataset: {error}", file=sys.stderr)
        return 1
    voiced = sum(manifest["class_frames"][1:])
    share = voiced / max(1, sum(manifest["class_frames"]))
    print(f"{manifest['clips']} clips, {share:.0%} of frames voiced")
    return 0


if __name__ == "__main__":
    sys.exit(main())
