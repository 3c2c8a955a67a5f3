#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Whether labels name the pitch that sounds.

    python3 -m neume_train.dataset --out heard --seed 1000 --listen 100 --kind solo
    python3 -m neume_train.audit heard
    python3 -m neume_train.audit --data DATA --sets solo/pjs

For notes of each length, and each kind of voice where the folder has the `clips.json` that
`dataset --listen` writes: the share of them in which a pitch is heard (by autocorrelation,
within REACH semitones of the label: an octave off is not seen), for what share of its time
the median note has one, and the share of those heard whose median pitch is less than NEAR
semitones from the label.

What is heard is no truth: noise and reverberation have a pitch too.  But where two
voices differ, or one and real singers, the labels of one of them are wrong.
"""

import argparse
import json
import os
import pathlib
import sys

import numpy as np
import soundfile

from neume_train import evaluate, pitch, scoring

REACH = 5.0  # Semitones
CLEAR = 0.6  # Least clarity of a pitch that counts
FEWEST = 3  # Estimates of it in a note, pitch.HOP apart
NEAR = 0.6  # Semitones; a label is a whole number, its pitch up to half of one off
LENGTHS = (0.0, 0.085, 0.17, 0.25, 0.4, np.inf)  # Seconds


def heard(audio, rate, true):
    """Of each note of `true`: seconds, share of it with a clear pitch, and how far that
    is from the label, NaN where there is hardly any: [notes, 3]."""
    tracks, rows = {}, []
    for (onset, offset), midi in zip(true.intervals, true.midi):
        if midi not in tracks:
            tracks[midi] = pitch.track(audio, rate, midi, REACH)[:2]
        number, clarity = tracks[midi]
        inside = slice(int(onset / pitch.HOP) + 1, int(offset / pitch.HOP))
        clear = number[inside][clarity[inside] > CLEAR]
        away = np.median(clear) - midi if len(clear) >= FEWEST else np.nan
        rows.append((offset - onset, len(clear) / max(1, inside.stop - inside.start), away))
    return np.array(rows).reshape(-1, 3)


def voice(what):
    """Who sings a clip of which `clips.json` says `what`."""
    name = what.get("voice", "nobody")
    if name in ("c", "tone", "nobody"):
        return name
    return "talker" if "/" in name else "syllables"


def audit(folder):
    """{voice: heard() of all its notes} of a folder."""
    folder = pathlib.Path(folder)
    listing = folder / "clips.json"
    clips = json.loads(listing.read_text(encoding="utf-8")) if listing.is_file() else {}
    result = {}
    for recording in evaluate.labelled(folder):
        audio, rate = soundfile.read(recording.audio, dtype="float32", always_2d=True)
        true, _ = scoring.read_truth(recording.labels)
        who = voice(clips[recording.name]) if recording.name in clips else "all"
        result.setdefault(who, []).append(heard(audio.mean(1), rate, true))
    return {who: np.concatenate(rows) for who, rows in sorted(result.items())}


def lines(name, notes):
    """Rows of the table, one for each voice and length: `notes` is what audit() returns."""
    for who, rows in notes.items():
        for low, high in zip(LENGTHS, LENGTHS[1:]):
            part = rows[(rows[:, 0] >= low) & (rows[:, 0] < high)]
            away = np.abs(part[~np.isnan(part[:, 2]), 2])
            if len(away):
                length = f"{low:g} to {high:g} s" if np.isfinite(high) else f"over {low:g} s"
                yield (
                    f"| {name}, {who} | {length} | {len(part)} | {len(away) / len(part):.2f} "
                    f"| {np.median(part[:, 1]):.2f} | {np.mean(away < NEAR):.2f} |"
                )


def main(argv=None):
    """The command."""
    parser = argparse.ArgumentParser(description="Whether labels name the pitch that sounds.")
    parser.add_argument("folders", nargs="*", metavar="DIR", help="clips to listen to")
    parser.add_argument("--data", default=os.environ.get("NEUME_DATA"),
        help="folder of real recordings (default: NEUME_DATA)")
    parser.add_argument("--sets", nargs="+", default=[], help="folders of solos in DATA")
    options = parser.parse_args(argv)
    if options.sets and not options.data:
        parser.error("--data or NEUME_DATA must name the folder of recordings")
    folders = [(os.path.basename(os.path.normpath(f)), f) for f in options.folders]
    folders += [(name, os.path.join(options.data, name)) for name in options.sets]
    if not folders:
        parser.error("nothing to listen to")
    try:
        for _, folder in folders:
            evaluate.labelled(folder)  # Misspelt names are told at once
        print("| notes of | length | notes | have a pitch | for | label is near |")
        print("|---|---|---|---|---|---|")
        for name, folder in folders:
            for line in lines(name, audit(folder)):
                print(line)
    except (OSError, ValueError, RuntimeError) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
