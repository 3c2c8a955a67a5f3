#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""The same recordings under harder conditions, to be scored.

    python3 -m neume_train.conditions --data DATA --set solo/pjs --out DIR \\
        --music 10 0 --peak -40 -20 0

writes DIR/pjs_music_10dB and so on: every recording of the set with music under
it, the voice that many dB over it, and every recording with its peak at that
many dBFS.  The labels go along.  `neume_train.evaluate --synthetic DIR/...`
scores them.

The music is what lies below nonvoice/music in the data, one piece after the
other, or with --unheard only pieces that are never trained on.  Levels are the
voice's RMS over its labelled notes against the music's RMS.
"""

import argparse
import os
import pathlib
import shutil
import sys

import numpy as np
import soundfile

from neume_train import effects, evaluate, scoring
from neume_train.recordings import VALIDATION


def pieces(data, rate, unheard):
    """Music, mono at `rate`, in order of name."""
    result = []
    for recording in evaluate.unsung(pathlib.Path(data) / "nonvoice" / "music"):
        if unheard and not VALIDATION & set(pathlib.Path(recording.name).with_suffix("").parts):
            continue
        audio, own = soundfile.read(recording.audio, dtype="float32", always_2d=True)
        result.append(effects.resampled(audio.mean(1), own, rate))
    if not result:
        raise FileNotFoundError("no music for these conditions")
    return result


def sung_level(audio, rate, labels):
    """RMS of what is labelled as sung; of everything if nothing is."""
    true, _ = scoring.read_truth(labels)
    parts = [audio[int(a * rate) : int(b * rate)] for a, b in true.intervals]
    return effects.rms(np.concatenate(parts) if parts else audio)


def under(voice, level, music, place, decibels):
    """`voice`, of RMS `level`, with music under it, the voice `decibels` over it."""
    piece = np.take(music, np.arange(place, place + len(voice)), mode="wrap")
    return voice + piece * (level / effects.rms(piece) * effects.decibels(-decibels))


def at_peak(audio, decibels):
    """`audio` with its peak at that many dBFS."""
    return audio * (effects.decibels(decibels) / (np.abs(audio).max() + 1e-9))


def write(folder, name, audio, rate, labels):
    """One recording and its labels; floating point, so that nothing clips."""
    path = pathlib.Path(folder) / f"{name.replace('/', '_')}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate, subtype="FLOAT")
    shutil.copyfile(labels, path.with_suffix(".csv"))


def build(options):
    """Write all conditions; returns their folders."""
    stem = os.path.join(options.out, os.path.basename(options.set.rstrip("/")))
    folders = set()
    music = {}
    place = 0
    recordings = evaluate.labelled(os.path.join(options.data, options.set))
    for number, recording in enumerate(recordings):
        audio, rate = soundfile.read(recording.audio, dtype="float32", always_2d=True)
        audio = audio.mean(1)
        if options.music and rate not in music:
            music[rate] = pieces(options.data, rate, options.unheard)
        level = sung_level(audio, rate, recording.labels)
        for decibels in options.music:
            piece = music[rate][number % len(music[rate])]
            mixed = under(audio, level, piece, place, decibels)
            folder = f"{stem}_music_{decibels:g}dB"
            write(folder, recording.name, at_peak(mixed, -3), rate, recording.labels)
            folders.add(folder)
        for decibels in options.peak:
            folder = f"{stem}_peak_{decibels:g}dB"
            write(folder, recording.name, at_peak(audio, decibels), rate, recording.labels)
            folders.add(folder)
        place += len(audio)
    return sorted(folders)


def main(argv=None):
    """The command."""
    parser = argparse.ArgumentParser(description="Recordings under harder conditions.")
    add = parser.add_argument
    add("--data", default=os.environ.get("NEUME_DATA"),
        help="folder of real recordings (default: NEUME_DATA)")
    add("--set", default="solo/pjs", help="labelled recordings in DATA")
    add("--out", required=True, metavar="DIR")
    add("--music", type=float, nargs="*", default=[], metavar="DB", help="voice over music")
    add("--peak", type=float, nargs="*", default=[], metavar="DBFS")
    add("--unheard", action="store_true", help="only music that is never trained on")
    options = parser.parse_args(argv)
    if not options.data:
        parser.error("--data or NEUME_DATA must name the folder of recordings")
    if not options.music + options.peak:
        parser.error("nothing to write: name --music or --peak")
    try:
        print("\n".join(build(options)))
    except (OSError, ValueError, RuntimeError) as error:
        print(f"conditions: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
