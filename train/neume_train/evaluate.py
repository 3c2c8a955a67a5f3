#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Score transcriptions of labelled recordings; see neume_train.scoring.

    python3 -m neume_train.evaluate --data DATA --sets solo/pjs mix \\
        --neume build/tool/neume --model weights/live.safetensors

runs the `neume` command, so that the whole chain is scored.

    python3 -m neume_train.evaluate --checkpoint RUN ...

takes a checkpoint, or a weights file, to the network in PyTorch instead:
features from the C code every 31.25 ms, all the frames ahead that the network
can use, and at each step the median of the best classes of five steps.  There
is no tracker and no gate, so that these scores are not those of the chain.

Recordings are found by their labels: NAME.csv or NAME.notes.csv beside NAME.wav
(.flac, .ogg, .mp3), or notes.csv beside audio.mp3.  With --synthetic, folders
that `neume_train.dataset --listen` wrote are scored in the same way.
"""

import argparse
import importlib.util
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple, Optional

import numpy as np
import soundfile

from neume_train import scoring

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
INTERLEAVE = 4
MEDIAN = 5  # Steps
FLAGS = ("follow", "decided")
PASSED_ON = ("lookahead", "threshold", "gate", "min_note", "a4", "interleave", "jobs")
CHAIN_ONLY = ("model", *PASSED_ON[:-1], *FLAGS, "keep", "reliability")
COLUMNS = {
    "acc40": "acc40",
    "acc40_voiced": "voiced",
    "acc40_nonvoiced": "nonv",
    "voicing_recall": "VR",
    "voicing_false_alarm": "VFA",
    "raw_pitch": "RPA",
    "raw_chroma": "RCA",
    "fine_pitch": "fine",
    "onset_f_50": "on50",
    "onset_f_100": "on100",
    "note_f_50": "note50",
    "note_f_100": "note100",
    "notes_found_per_true": "ratio",
    "onset_late_ms": "late",
}


class Recording(NamedTuple):
    """One file to score."""

    name: str
    audio: pathlib.Path
    labels: Optional[pathlib.Path]  # None: nobody sings


def audio_of(folder, stem):
    """The sound file of that name in a folder."""
    for suffix in SUFFIXES:
        path = folder / (stem + suffix)
        if path.is_file():
            return path
    raise FileNotFoundError(f"{folder / stem}: labels, but no sound")


def labelled(folder):
    """Recordings below `folder` that have labels, in order of name; ValueError if two
    files label one."""
    folder = pathlib.Path(folder)
    result, seen = [], {}
    for labels in sorted(folder.rglob("*.csv")):
        name = labels.relative_to(folder).as_posix().removesuffix(".csv").removesuffix(".notes")
        stem = labels.name.removesuffix(".csv").removesuffix(".notes")
        if labels.name == "notes.csv":
            name, stem = labels.parent.relative_to(folder).as_posix(), "audio"
        recording = Recording(name, audio_of(labels.parent, stem), labels)
        for key in (recording.name, recording.audio):
            if seen.setdefault(key, labels) != labels:
                raise ValueError(f"{seen[key]} and {labels}: both label {key}; remove one")
        result.append(recording)
    if not result:
        raise FileNotFoundError(f"{folder}: no recordings with labels")
    return result


def unsung(folder):
    """All recordings below `folder`, in which nobody sings."""
    folder = pathlib.Path(folder)
    paths = sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES)
    if not paths:
        raise FileNotFoundError(f"{folder}: no recordings")
    return [Recording(p.relative_to(folder).as_posix(), p, None) for p in paths]


def batches(recordings):
    """Lists of recordings, no two in one of the same file name."""
    result = []
    for recording in recordings:
        stem = recording.audio.stem
        for names, batch in result:
            if stem not in names:
                names.add(stem)
                batch.append(recording)
                break
        else:
            result.append(({stem}, [recording]))
    return [batch for _, batch in result]


class Frames(NamedTuple):
    """Columns of a NAME.frames.csv."""

    times: np.ndarray
    midi: np.ndarray
    cents: np.ndarray
    confidence: np.ndarray


def read_frames(path):
    """The Frames of a NAME.frames.csv."""
    table = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2).reshape(-1, 5)
    return Frames(table[:, 0], table[:, 2], table[:, 3], table[:, 4])


class Chain:
    """The `neume` command."""

    def __init__(self, options):
        self.command = [options.neume, "transcribe", "--quiet"]
        if options.model:
            self.command += ["--model", options.model]
        for name in PASSED_ON:
            value = getattr(options, name)
            if value is not None:
                self.command += ["--" + name.replace("_", "-"), f"{value:g}"]
        for name in FLAGS:
            if getattr(options, name):
                self.command.append("--" + name)
        self.keep = options.keep
        self.what = {"how": "neume transcribe"}
        self.what["model"] = os.path.basename(options.model) if options.model else "default"
        self.what |= {name: getattr(options, name) for name in PASSED_ON[:-1]}
        self.what |= {name: getattr(options, name) for name in FLAGS}

    def __call__(self, recordings, title):
        """Yield (recording, notes, Frames) of each."""
        for number, batch in enumerate(batches(recordings)):
            with tempfile.TemporaryDirectory() as folder:
                if self.keep:
                    folder = os.path.join(self.keep, title, str(number))
                    os.makedirs(folder, exist_ok=True)
                command = [*self.command, "--notes", folder, "--frames", folder, "--"]
                command += [str(recording.audio) for recording in batch]
                done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
                if done.returncode:
                    raise RuntimeError(f"{command[0]} failed:\n{done.stderr.strip()}")
                for recording in batch:
                    stem = os.path.join(folder, recording.audio.stem)
                    found = scoring.read_found(f"{stem}.notes.csv")
                    yield recording, found, read_frames(f"{stem}.frames.csv")


def runs(classes, times, step):
    """Notes of a row of classes: runs of equal ones, half a step each way."""
    edges = np.flatnonzero(np.diff(classes)) + 1
    firsts = np.concatenate([[0], edges])
    lasts = np.concatenate([edges, [len(classes)]]) - 1
    return scoring.notes(
        (times[a] - step / 2, times[b] + step / 2, classes[a] + 44)
        for a, b in zip(firsts, lasts)
        if classes[a] > 0
    )


def smooth(classes):
    """The median of MEDIAN steps around each; the first and last go on."""
    padded = np.pad(classes, MEDIAN // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEDIAN)
    return np.median(windows, axis=1).astype(int)


class Network:
    """A network in PyTorch, without the tracker."""

    def __init__(self, options):
        import torch  # pylint: disable=import-outside-toplevel

        # pylint: disable=import-outside-toplevel
        from neume_train import export, native, networks, systems, weights

        torch.set_num_threads(options.jobs or 1)
        self.torch = torch
        heard = []
        for path in options.checkpoint:
            if path.endswith(".safetensors"):
                stack, front_end, _ = weights.load(path)
            else:
                stack, state = export.load_checkpoint(path)
                front_end = state["front_end"]
            heard.append((stack, systems.front_end(front_end)))
        self.stacks = [stack for stack, _ in heard]
        self.stack, self.front_end = heard[0]
        if any(vars(front_end) != vars(self.front_end) for _, front_end in heard):
            raise ValueError("networks that hear together need the same front end")
        self.native = native.load(options.library)
        self.columns = networks.columns
        self.known = networks.CLASSES
        self.seconds = native.STEP / INTERLEAVE / native.RATE
        ahead = max(stack.right for stack in self.stacks) * INTERLEAVE + MEDIAN // 2
        ahead = 1000 * (ahead * self.seconds + self.front_end.ahead)
        self.context = native.CONTEXT
        self.pieces = isinstance(self.stack, tuple(systems.SYSTEMS.values()))
        self.what = {
            "how": "network in PyTorch, median of 5 steps, NO TRACKER: not the chain's scores",
            "model": " + ".join(os.path.basename(p.rstrip("/")) for p in options.checkpoint),
            "lookahead": 30000.0 if self.pieces else ahead,
            "parameters": sum(stack.parameter_count() for stack in self.stacks),
            "macs": sum(stack.macs for stack in self.stacks),
        }

    def answer(self, columns):
        """The best class of each column: of several networks by their mean posterior."""
        if len(self.stacks) == 1:
            return self.stack.answer(self.stack(columns))
        logits = [stack(columns)[..., : self.known] for stack in self.stacks]
        return sum(self.torch.softmax(x, -1) for x in logits).argmax(-1)

    def classes(self, features):
        """The best class of every step, contexts interleaved."""
        result = np.zeros(len(features), dtype=int)
        with self.torch.no_grad():
            for context in range(min(INTERLEAVE, len(features))):
                part = self.columns(features, context, INTERLEAVE, self.stack.stack)[None]
                count = part.shape[1]
                if self.pieces:  # Such a network hears clips of one length
                    part = np.pad(part, ((0, 0), (0, -count % self.context), (0, 0)))
                    part = part.reshape(-1, self.context, part.shape[2])
                heard = self.answer(self.torch.from_numpy(part.copy()))
                result[context::INTERLEAVE] = heard.flatten()[:count].numpy()
        return result

    def __call__(self, recordings, title):
        """Yield (recording, notes, None) of each."""
        for recording in recordings:
            audio, rate = soundfile.read(recording.audio, dtype="float32", always_2d=True)
            features, times = self.front_end.features(self.native, audio.mean(1), rate)
            classes = self.classes(features)
            found = scoring.notes([])
            if len(classes):
                found = runs(smooth(classes), times, self.seconds)
            yield recording, found, None


def score_set(listener, recordings, title):
    """{"mean": scores, "files": {name: scores}, "reliability": bins} of a set."""
    files = {}
    said = []
    octaves, starts = 0, 0
    for recording, found, frames in listener(recordings, title):
        true, left_out = scoring.notes([]), np.zeros((0, 2))
        if recording.labels:
            true, left_out = scoring.read_truth(recording.labels)
        duration = soundfile.info(recording.audio).duration
        cents = frames and (frames.times, frames.cents)
        octaves = octaves + scoring.by_octave(true, left_out, found, duration)
        starts = starts + scoring.by_start(true, left_out, found)
        files[recording.name] = scoring.score(true, left_out, found, duration, cents)
        if frames:
            columns = (frames.times, frames.midi, frames.confidence)
            said.append(scoring.shown(true, left_out, duration, *columns))
    result = {"mean": scoring.mean(files.values()), "files": files}
    result["octaves"] = np.asarray(octaves).tolist()
    result["starts"] = np.asarray(starts).tolist()
    if said:
        bins = scoring.reliability(*(np.concatenate(part) for part in zip(*said)))
        names = ("frames", "confidence", "right", "expected_calibration_error")
        result["reliability"] = {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in zip(names, bins)
        }
    return result


def line(title, scores, width):
    """One line of the table."""
    cells = [f"{title:{width}}", f"{scores['frames']:7}", f"{scores['notes']:6}"]
    for name, head in COLUMNS.items():
        value = scores[name]
        text = f"{value:.0f}" if name == "onset_late_ms" else f"{value:.3f}"
        cells.append(f"{text if math.isfinite(value) else '-':>{max(5, len(head))}}")
    return " ".join(cells)


def table(sets, per_file):
    """The lines of the report."""
    titles = [f"{title} ({len(result['files'])})" for title, result in sets.items()]
    names = [f"  {name}" for result in sets.values() for name in result["files"]]
    width = max(map(len, titles + (names if per_file else [])))
    head = " ".join(f"{head:>5}" for head in COLUMNS.values())
    lines = [f"{'set (files)':{width}}  frames  notes {head}"]
    for title, result in zip(titles, sets.values()):
        lines.append(line(title, result["mean"], width))
        if per_file:
            lines += [line(f"  {n}", scores, width) for n, scores in result["files"].items()]
    return lines


def octave_lines(sets):
    """Lines that tell each set's sung frames by octave."""
    lines = ["set, octave: sung frames, share found, share right"]
    for title, result in sets.items():
        for name, (sung, found, right) in zip(("A2..G#3", "A3..G#4", "A4..B5"), result["octaves"]):
            if sung:
                lines.append(f"{title}, {name}: {sung}, {found / sung:.3f}, {right / sung:.3f}")
    return lines


def start_lines(sets):
    """Lines that tell each set's notes by how they start."""
    lines = [
        "set, notes and share begun within 100 ms: after a rest; another pitch; the same again"
    ]
    for title, result in sets.items():
        if any(count for count, _ in result["starts"]):
            told = (f"{n}, {begun / n:.3f}" if n else "0" for n, begun in result["starts"])
            lines.append(f"{title}: {'; '.join(told)}")
    return lines


def reliability_lines(sets):
    """Lines that tell each set's calibration error."""
    errors = {
        title: result["reliability"]["expected_calibration_error"]
        for title, result in sets.items()
        if "reliability" in result
    }
    return [f"{title}: expected calibration error {e:.3f}" for title, e in errors.items()]


def draw_reliability(sets, path):
    """A reliability diagram of each set."""
    import matplotlib  # pylint: disable=import-outside-toplevel

    matplotlib.use("Agg")
    from matplotlib import pyplot  # pylint: disable=import-outside-toplevel

    figure, axes = pyplot.subplots(figsize=(5, 5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.7")
    for title, result in sets.items():
        bins = result.get("reliability")
        if bins:
            error = bins["expected_calibration_error"]
            axes.plot(bins["confidence"], bins["right"], ".-", label=f"{title}: {error:.3f}")
    axes.set(xlabel="confidence shown", ylabel="share of frames that are right")
    axes.legend(title="expected calibration error")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def without_nan(value):
    """The same for JSON, which has no NaN."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def parse(argv):
    """Options of the command line."""
    parser = argparse.ArgumentParser(description="Score transcriptions of labelled recordings.")
    add = parser.add_argument
    add("--data", default=os.environ.get("NEUME_DATA"),
        help="folder of real recordings (default: NEUME_DATA)")
    add("--sets", nargs="+", default=[], metavar="SET",
        help="folders in DATA, such as solo/pjs or mix")
    add("--nonvoice", nargs="+", default=[], metavar="SET",
        help="folders in DATA in which nobody sings: their false alarms count")
    add("--synthetic", nargs="+", default=[], metavar="DIR",
        help="folders of NAME.wav and NAME.notes.csv")
    add("--neume", default="neume", help="the command")
    add("--model", help="weights file (default: the command's)")
    add("--checkpoint", metavar="RUN", action="append",
        help="a run's folder, its checkpoint or a weights file: the network alone, "
        "or, given again, networks of one front end together, "
        "without the C chain")
    add("--library", help="libneume_native or the build folder, for --checkpoint")
    add("--lookahead", type=float, metavar="MS", help="default: 0")
    add("--threshold", type=float, metavar="P", help="default: the command's, as below")
    add("--gate", type=float, metavar="DB")
    add("--min-note", type=float, metavar="MS")
    add("--a4", type=float, metavar="HZ")
    add("--follow", action="store_true", default=None, help="take off how far the singer is off")
    add("--decided", action="store_true", default=None,
        help="date notes by when they are decided, not by when they were heard to begin")
    add("--interleave", type=int, metavar="P")
    add("--jobs", type=int, metavar="N", default=1)
    add("--limit", type=int, metavar="N", help="only the first N recordings of a set")
    add("--keep", metavar="DIR", help="keep what the command writes")
    add("--per-file", action="store_true", help="print the scores of every file")
    add("--octaves", action="store_true", help="print what is found in each octave")
    add("--starts", action="store_true",
        help="print how many notes are begun after a rest, another pitch and the same")
    add("--reliability", metavar="PNG",
        help="draw how often a confidence is right, and print how far off it is")
    add("--json", metavar="OUT", help="write all scores, of every file too")
    options = parser.parse_args(argv)
    check(parser, options)
    options.lookahead = options.lookahead or 0
    return options


def check(parser, options):
    """Refuse command lines that make no sense."""
    if not options.sets + options.nonvoice + options.synthetic:
        parser.error("nothing to score: name --sets, --nonvoice or --synthetic")
    if options.sets + options.nonvoice and not options.data:
        parser.error("--data or NEUME_DATA must name the folder of recordings")
    if options.limit is not None and options.limit < 1:
        parser.error("--limit must be 1 or more")
    given = [name for name in CHAIN_ONLY if getattr(options, name) is not None]
    if options.checkpoint and given:
        names = ", ".join("--" + name.replace("_", "-") for name in given)
        parser.error(f"{names}: of the chain, which --checkpoint does without")


def collect(options):
    """Title to recordings of every set asked for."""
    names = [os.path.basename(os.path.abspath(folder)) for folder in options.synthetic]
    names += options.sets + options.nonvoice
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two sets would be called {', '.join(sorted(twice))}")
    sets = {name: labelled(os.path.join(options.data, name)) for name in options.sets}
    sets |= {name: unsung(os.path.join(options.data, name)) for name in options.nonvoice}
    sets |= {os.path.basename(os.path.abspath(f)): labelled(f) for f in options.synthetic}
    return {name: recordings[: options.limit] for name, recordings in sets.items()}


def check_outputs(options):
    """Raise what can be known before the work to prevent its writing."""
    for path in filter(None, (options.json, options.reliability)):
        folder = os.path.dirname(path) or "."
        if os.path.isdir(path):
            raise IsADirectoryError(f"{path}: cannot be written: it is a folder")
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"{path}: cannot be written: {folder} is no folder")
        if not os.access(path if os.path.exists(path) else folder, os.W_OK):
            raise PermissionError(f"{path}: cannot be written: not allowed")
    if options.reliability and not importlib.util.find_spec("matplotlib"):
        raise ValueError("--reliability needs Matplotlib, which is not installed")


def write_json(scores, path):
    """Write all scores."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(without_nan(scores), file, indent=1)
        file.write("\n")


def written(write, scores, path):
    """0 once `write` has written `scores` to `path`, if one is named; 1 if it cannot."""
    try:
        if path:
            write(scores, path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        print(f"evaluate: {path}: cannot be written: {why}", file=sys.stderr)
        return 1
    return 0


def main(argv=None):
    """The command."""
    options = parse(argv)
    try:
        check_outputs(options)
        sets = collect(options)
        listener = Network(options) if options.checkpoint else Chain(options)
        result = {name: score_set(listener, found, name) for name, found in sets.items()}
    except (OSError, ValueError, RuntimeError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 1
    what = {key: value for key, value in listener.what.items() if value is not None}
    print(", ".join(f"{key}: {value}" for key, value in what.items()))
    print("\n".join(table(result, options.per_file)))
    if options.octaves:
        print("\n".join(octave_lines(result)))
    if options.starts:
        print("\n".join(start_lines(result)))
    if options.reliability:
        print("\n".join(reliability_lines(result)))
    scores = {**what, "limit": options.limit, "sets": result}
    failed = written(write_json, scores, options.json)
    return written(draw_reliability, result, options.reliability) or failed


if __name__ == "__main__":
    sys.exit(main())
