#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""How often the pitch heard so far can name the note at all.

    python3 -m neume_train.ceiling --sets solo/pjs solo/nit_song070

A listener who is told where each true note begins and ends, and hears the pitch of a
solo (by autocorrelation), names at each moment the semitone nearest to the median
pitch of the note, from its onset to so many milliseconds after that moment.  The
table says for which share of the sung frames that is the true note.  Singers slide
into notes and swing about them, so that a listener who may not wait is often wrong;
what he says of the whole note is wrong only where the labels' own measure differs.

(The pitch of a moment is that of about 40 ms around it: "so far" is 20 ms more.)
It is no bound: a network also knows what singers tend to do.  But it tells what
waiting is worth.

A second table says how long after a note's onset its pitch is first within the true
semitone for 20 ms on end: whoever names a note sooner has guessed.

    python3 -m neume_train.dataset --listen 40 --kind solo --out listen
    python3 -m neume_train.ceiling --sets solo/pjs solo/nit_song070 --arrive listen

adds a third: how many of the notes that rise from the one before are still low so many
milliseconds after their onset, in the sets and in folders of synthetic solos, which are
to sing as people do.

    python3 -m neume_train.ceiling --sets mix --edges 0.05 0.1

scores the true notes themselves, each edge moved by up to so many seconds either way,
evenly: what a perfect transcript gets where that is how precise the labels are.
"""

import argparse
import os
import sys

import numpy as np
import soundfile

from neume_train import evaluate, pitch, scoring

AHEAD = (0, 50, 100, 200)  # ms
CLEAR = 0.5  # Least clarity of a pitch that counts
SPAN = 10.0  # Semitones around a song's median
STAYS = 2  # Estimates on end, pitch.HOP apart, that make a pitch reached
EARLY, LONGEST = 0.02, 0.4  # Seconds about an onset within which it may be reached
AFTER = (20, 60, 100, 140, 180)  # ms after an onset at which a note may be low
LOW = 0.6  # Semitones below the median of its second half


def listened(audio, rate, true):
    """Sung frames of a song: [frames, 2 + len(AHEAD)] of whether the note is named by
    the pitch of the moment, by what was heard so far, with AHEAD, and by all of it."""
    number, clarity, _, _ = pitch.track(audio, rate, np.median(true.pitch), SPAN, 0.03)
    last = len(number) - 1
    times = scoring.grid(len(audio) / rate)
    rows = []
    for time, which in zip(times, scoring.note_at(true.intervals, times)):
        if which < 0:
            continue
        now = min(round(time / pitch.HOP), last)
        onset, offset = np.round(true.intervals[which] / pitch.HOP).astype(int)
        ends = [min(now + round(ms / 1000 / pitch.HOP), offset) for ms in AHEAD] + [offset]
        named = [number[now]]
        for end in ends:
            part = slice(onset, max(end, onset) + 1)
            heard = number[part][clarity[part] > CLEAR]
            named.append(np.median(heard) if len(heard) else number[now])
        rows.append(np.round(named) == true.midi[which])
    return np.array(rows, dtype=bool).reshape(-1, 2 + len(AHEAD))


def reached(audio, rate, true):
    """Seconds from each true note's onset until its pitch is first in its semitone, NaN
    where it never is before the note ends or within LONGEST."""
    number, clarity, _, _ = pitch.track(audio, rate, np.median(true.pitch), SPAN, 0.03)
    clear = clarity > CLEAR
    seconds = np.full(len(true.midi), np.nan)
    for which, ((onset, offset), midi) in enumerate(zip(true.intervals, true.midi)):
        first = max(round((onset - EARLY) / pitch.HOP), 0)
        last = round(min(offset, onset + LONGEST) / pitch.HOP)
        there = clear[first:last] & (np.round(number[first:last]) == midi)
        runs = np.convolve(there, np.ones(STAYS), "valid") if len(there) >= STAYS else []
        places = np.flatnonzero(np.equal(runs, STAYS))
        if len(places):
            seconds[which] = (first + places[0]) * pitch.HOP - onset
    return seconds


def low(audio, rate, true):
    """Whether each note that rises straight from the one before, and lasts 0.2 s at
    least, is low AFTER its onset: [notes, len(AFTER)], NaN where it has no pitch."""
    number, clarity, _, _ = pitch.track(audio, rate, np.median(true.pitch), SPAN, 0.03)
    number = np.where(clarity > CLEAR, number, np.nan)
    rows = []
    for last, midi, (onset, offset), now in zip(
        true.intervals[:-1, 1], true.midi[:-1], true.intervals[1:], true.midi[1:]
    ):
        if now <= midi or onset - last > 0.12 or offset - onset < 0.2:
            continue
        half = slice(*(round(t / pitch.HOP) for t in ((onset + offset) / 2, offset)))
        if np.isnan(number[half]).all():
            continue
        at = np.round((onset + np.array(AFTER) / 1000) / pitch.HOP).astype(int)
        heard = number[np.minimum(at, len(number) - 1)]
        heard[onset + np.array(AFTER) / 1000 >= offset] = np.nan
        far = np.abs(heard - np.nanmedian(number[half])) > SPAN / 2  # Another octave
        there = heard < np.nanmedian(number[half]) - LOW
        rows.append(np.where(np.isnan(heard) | far, np.nan, there))
    return np.array(rows).reshape(-1, len(AFTER))


def songs(folder):
    """(audio, rate, true notes) of each recording below `folder` that has notes."""
    empty = True
    for recording in evaluate.labelled(folder):
        audio, rate = soundfile.read(recording.audio, dtype="float32", always_2d=True)
        true, _ = scoring.read_truth(recording.labels)
        if len(true.midi):
            empty = False
            yield audio.mean(1), rate, true
    if empty:
        raise ValueError(f"{folder}: no recording has notes")


def low_line(name, folder):
    """A line of the table of notes that arrive late."""
    rows = np.concatenate([low(*song) for song in songs(folder)])
    shares = " | ".join(f"{share:.2f}" for share in np.nanmean(rows, 0))
    return f"| {name} | {len(rows)} | {shares} |"


def blurred(true, seconds, rng):
    """The notes of `true` with their edges moved by up to `seconds`."""
    edges = true.intervals + rng.uniform(-seconds, seconds, true.intervals.shape)
    edges[:, 1] = np.maximum(edges[:, 1], edges[:, 0] + 0.02)
    return scoring.notes(zip(edges[:, 0], edges[:, 1], true.midi))


def edge_lines(folder, name, spreads):
    """Lines of the table of true notes whose edges are unsure."""
    lines = ["| edges off by up to | acc40 | sung | unsung | note F1, 50 / 100 ms |"]
    lines.append("|---|---|---|---|---|")
    for seconds in spreads:
        rng, scores = np.random.default_rng(0), []
        for recording in evaluate.labelled(os.path.join(folder, name)):
            true, left_out = scoring.read_truth(recording.labels)
            length = soundfile.info(recording.audio).duration
            found = blurred(true, seconds, rng)
            scores.append(scoring.score(true, left_out, found, length))
        mean = scoring.mean(scores)
        shares = (f"{mean[key]:.3f}" for key in ("acc40", "acc40_voiced", "acc40_nonvoiced"))
        notes = f"{mean['note_f_50']:.3f} / {mean['note_f_100']:.3f}"
        lines.append(f"| {name}, {seconds:g} s | " + " | ".join(shares) + f" | {notes} |")
    return lines


def listen(options):
    """Print the tables of what is heard."""
    heads = [f"+{ms} ms" for ms in AHEAD]
    print("| share of sung frames | moment | " + " | ".join(heads) + " | whole note |")
    print("|---|---|" + "---|" * (len(AHEAD) + 1))
    waits = []
    for name in options.sets:
        rows, seconds = [], []
        for song in songs(os.path.join(options.data, name)):
            rows.append(listened(*song))
            seconds.append(reached(*song))
        shares = np.concatenate(rows).mean(0)
        print(f"| {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
        waits.append((name, np.concatenate(seconds)))
    print("\n| onset to the true semitone, ms | median | 95th percentile | never |")
    print("|---|---|---|---|")
    for name, seconds in waits:
        middle, high = 1000 * np.nanpercentile(seconds, (50, 95))
        never = np.isnan(seconds).sum()
        print(f"| {name} | {middle:.0f} | {high:.0f} | {never} of {len(seconds)} |")


def listen_low(folders):
    """Print the table of notes that arrive late, of (name, folder) pairs."""
    heads = " | ".join(f"{ms} ms" for ms in AFTER)
    print(f"\n| rising notes that are low | notes | {heads} |")
    print("|---|---|" + "---|" * len(AFTER))
    for name, folder in folders:
        print(low_line(name, folder))


def main(argv=None):
    """The command."""
    parser = argparse.ArgumentParser(description="What the pitch heard so far can tell.")
    parser.add_argument("--data", default=os.environ.get("NEUME_DATA"),
        help="folder of real recordings (default: NEUME_DATA)")
    parser.add_argument("--sets", nargs="+", required=True, help="folders of solos in DATA")
    parser.add_argument("--edges", type=float, nargs="+", metavar="SECONDS",
        help="score the true notes with edges so unsure instead")
    parser.add_argument("--arrive", nargs="+", metavar="DIR",
        help="how many rising notes are low at first, there and in the sets")
    options = parser.parse_args(argv)
    if not options.data:
        parser.error("--data or NEUME_DATA must name the folder of recordings")
    folders = [(name, os.path.join(options.data, name)) for name in options.sets]
    if not options.edges:
        folders += [(os.path.basename(os.path.normpath(f)), f) for f in options.arrive or []]
    try:
        for _, folder in folders:
            evaluate.labelled(folder)  # Misspelt names are told at once
        if options.edges:
            for name in options.sets:
                print("\n".join(edge_lines(options.data, name, options.edges)))
            return 0
        listen(options)
        if options.arrive:
            listen_low(folders)
    except (OSError, ValueError, RuntimeError) as error:
        print(f"ceiling: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
