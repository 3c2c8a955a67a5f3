# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""What transcribed notes are worth: scores against labels.

Notes and rows are half open, [onset, offset), in seconds.  Frames lie at
t = k * 0.125 s from the start to the end of the audio; where notes overlap,
the one that started last is in force.  The true note is the rounded `f0_midi`
of a label row that has one, else its `midi`; the found note is what the tracker
decided.  A true note outside of A2..B5 has no class: its frames count as voiced
and cannot be right.

Rows whose flag is not `ok` are left out: their frames are not counted and they
are no true notes.  A found note more than half of which lies within such rows
is not counted among the found notes, for whether it is right is not known.

A score whose denominator is empty is not a number, and a mean over files passes
over it.
"""

import csv
import math
import warnings
from typing import NamedTuple

import mir_eval
import numpy as np

GRID = 0.125  # Seconds between frames
TOLERANCES = (0.05, 0.1)  # Of an onset, seconds
PITCH_TOLERANCE = 50.0  # Cents
NEAR = 0.25  # Onsets no farther apart than this tell how late they are, seconds
STRAIGHT = 0.12  # A note that begins sooner after another follows it straight, seconds

NAMES = (
    "acc40",  # Share of frames whose class is right
    "acc40_voiced",  # The same, of frames where a voice sings
    "acc40_nonvoiced",  # The same, of the others
    "voicing_recall",
    "voicing_false_alarm",
    "raw_pitch",  # Of voiced frames: the note is right
    "raw_chroma",  # The same, whatever the octave
    "fine_pitch",  # Of voiced frames: sung pitch and note + cents agree
    "onset_f_50",  # F1 of notes by onset, 50 ms
    "onset_f_100",
    "note_f_50",  # F1 of notes by onset and pitch, 50 ms
    "note_f_100",
    "notes_found_per_true",
    "onset_late_ms",  # Median of found minus true onset, nearest notes of one pitch
)


class Notes(NamedTuple):
    """Notes in order of onset."""

    intervals: np.ndarray  # [n, 2] onset and offset, seconds
    midi: np.ndarray  # [n] whole MIDI numbers
    pitch: np.ndarray  # [n] sung pitch where it is known, else midi


def notes(rows):
    """Notes of (onset, offset, midi[, pitch]) rows; ValueError if one is broken.

    What lies before the audio, where the first frames' label points are, is cut.
    """
    rows = sorted((tuple(row) + tuple(row[2:3]))[:4] for row in rows)
    table = np.array(rows, dtype=float).reshape(-1, 4)
    bad = ~np.isfinite(table).all(1) | (table[:, 1] <= table[:, 0]) | (table[:, 2] <= 0)
    if bad.any():
        raise ValueError(f"broken note: {table[np.argmax(bad)].tolist()}")
    table = table[table[:, 1] > 0]
    return Notes(np.maximum(table[:, :2], 0), np.floor(table[:, 2] + 0.5).astype(int), table[:, 3])


_NOTE = ("onset", "offset", "midi")  # Columns of every table of notes


def _number(path, row, name):
    """A finite number in a row of a table; ValueError if there is none."""
    try:
        value = float(row[name])
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{path}: {name} of a note is {row[name]!r}, no number")
    return value


def _rows(path):
    """Rows of a table of notes, _NOTE as numbers; ValueError if it is none."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not set(_NOTE) <= set(reader.fieldnames or []):
            raise ValueError(f"{path}: its first line does not name {', '.join(_NOTE)}")
        for row in reader:
            yield {**row, **{name: _number(path, row, name) for name in _NOTE}}


def read_truth(path):
    """(Notes, rows left out [m, 2]) of a label file."""
    sung, left_out = [], []
    for row in _rows(path):
        if (row.get("flag") or "ok") != "ok":
            left_out.append((row["onset"], row["offset"]))
            continue
        pitch = _number(path, row, "f0_midi") if row.get("f0_midi") else row["midi"]
        sung.append((row["onset"], row["offset"], math.floor(pitch + 0.5), pitch))
    return notes(sung), np.array(left_out, dtype=float).reshape(-1, 2)


def read_found(path):
    """Notes of a NAME.notes.csv that `neume transcribe` wrote."""
    return notes([row[name] for name in _NOTE] for row in _rows(path))


def grid(duration):
    """Times of the frames of `duration` seconds of audio."""
    return np.arange(math.ceil(duration / GRID)) * GRID


def note_at(intervals, times):
    """Index of the note in force at each time, -1 where none is."""
    index = np.full(len(times), -1)
    for number, (onset, offset) in enumerate(intervals):
        index[(times >= onset) & (times < offset)] = number
    return index


def in_force(values, index):
    """The value (midi or pitch) at each frame, 0 where no note is in force."""
    return np.where(index >= 0, np.append(values, 0)[index], 0)


def union(intervals):
    """The same time as `intervals` covers, none of it twice."""
    result = []
    for onset, offset in sorted(map(tuple, intervals)):
        if result and onset <= result[-1][1]:
            result[-1][1] = max(result[-1][1], offset)
        else:
            result.append([onset, offset])
    return np.array(result, dtype=float).reshape(-1, 2)


def share_within(intervals, rows):
    """Share of each interval that lies within `rows`."""
    rows = union(rows)
    low = np.maximum(intervals[:, None, 0], rows[None, :, 0])
    high = np.minimum(intervals[:, None, 1], rows[None, :, 1])
    return np.maximum(high - low, 0).sum(1) / (intervals[:, 1] - intervals[:, 0])


def counted(found, left_out):
    """`found` without the notes that lie mostly within rows left out."""
    keep = share_within(found.intervals, left_out) <= 0.5
    return Notes(found.intervals[keep], found.midi[keep], found.pitch[keep])


def share(part, whole):
    """Share of the frames `whole` that are also `part`."""
    return float((part & whole).sum() / whole.sum()) if whole.any() else math.nan


def hertz(midi):
    """Frequency of MIDI numbers; 0 stays 0."""
    return np.where(midi > 0, 440.0 * 2.0 ** ((np.asarray(midi, float) - 69) / 12), 0.0)


def frame_scores(true, found, true_pitch=None, found_pitch=None):
    """Scores of frames, from the MIDI number in force in each, 0 for none.

    `true_pitch` and `found_pitch`, MIDI numbers with fractions, are what
    fine_pitch compares; without them it is not a number.
    """
    sung, heard = true > 0, found > 0
    right = true == found
    everywhere = np.ones(len(true), dtype=bool)
    scores = {
        "acc40": share(right, everywhere),
        "acc40_voiced": share(right, sung),
        "acc40_nonvoiced": share(right, ~sung),
        "voicing_recall": math.nan,
        "voicing_false_alarm": math.nan,
        "raw_pitch": math.nan,
        "raw_chroma": math.nan,
        "fine_pitch": math.nan,
    }
    melody = mir_eval.melody
    cents = [melody.hz2cents(hertz(x)) for x in (true, found)]
    if sung.any():
        recall, alarm = melody.voicing_measures(sung, heard)
        scores["voicing_recall"] = recall
        pair = (sung, cents[0], heard, cents[1])
        scores["raw_pitch"] = melody.raw_pitch_accuracy(*pair, cent_tolerance=PITCH_TOLERANCE)
        scores["raw_chroma"] = melody.raw_chroma_accuracy(*pair, cent_tolerance=PITCH_TOLERANCE)
        if true_pitch is not None and found_pitch is not None:
            fine = [melody.hz2cents(hertz(x)) for x in (true_pitch, found_pitch)]
            scores["fine_pitch"] = melody.raw_pitch_accuracy(
                sung, fine[0], heard, fine[1], cent_tolerance=PITCH_TOLERANCE
            )
    if not sung.all():
        # mir_eval calls the false alarms of a silent reference 0: count them here.
        scores["voicing_false_alarm"] = alarm if sung.any() else share(heard, ~sung)
    return {name: float(value) for name, value in scores.items()}


def matched(true, found, tolerance):
    """Pairs of a true and a found note of its pitch that begins within `tolerance`
    seconds of it, as numbers; each note once."""
    if not len(true.midi) or not len(found.midi):
        return []
    return mir_eval.transcription.match_notes(
        true.intervals,
        hertz(true.midi),
        found.intervals,
        hertz(found.midi),
        onset_tolerance=tolerance,
        pitch_tolerance=PITCH_TOLERANCE,
        offset_ratio=None,
    )


def lateness(true, found):
    """Found minus true onset, in seconds, of pairs of notes of one pitch within NEAR.

    The nearest are paired first, each note once.  (The pairs of matched() are as many
    as can be, whichever they are.)
    """
    late = found.intervals[None, :, 0] - true.intervals[:, None, 0]
    far = np.round(np.abs(late), 4)  # As mir_eval does: NEAR includes its end
    pairs = np.argwhere((true.midi[:, None] == found.midi[None]) & (far <= NEAR))
    order = np.argsort(far[tuple(pairs.T)], kind="stable")
    free = np.ones(len(true.midi), bool), np.ones(len(found.midi), bool)
    result = []
    for a, b in pairs[order]:
        if free[0][a] and free[1][b]:
            free[0][a] = free[1][b] = False
            result.append(late[a, b])
    return result


def note_scores(true, found):
    """Scores of notes, offsets ignored."""
    transcription = mir_eval.transcription
    pitches = hertz(true.midi), hertz(found.midi)
    scores = {}
    for tolerance in TOLERANCES:
        onset = note = math.nan
        if len(true.midi):
            onset = transcription.onset_precision_recall_f1(
                true.intervals, found.intervals, onset_tolerance=tolerance
            )[2]
            note = transcription.precision_recall_f1_overlap(
                true.intervals,
                pitches[0],
                found.intervals,
                pitches[1],
                onset_tolerance=tolerance,
                pitch_tolerance=PITCH_TOLERANCE,
                offset_ratio=None,
            )[2]
        milliseconds = round(1000 * tolerance)
        scores[f"onset_f_{milliseconds}"] = float(onset)
        scores[f"note_f_{milliseconds}"] = float(note)
    count = len(true.midi)
    scores["notes_found_per_true"] = len(found.midi) / count if count else math.nan
    late = lateness(true, found)
    scores["onset_late_ms"] = 1000 * float(np.median(late)) if late else math.nan
    return scores


def score(true, left_out, found, duration, cents=None):
    """All scores of one file, name to value, in the order of NAMES.

    `cents`, if given, is (times, cents) of the voice's deviation from the note
    found; the entry next to a frame's time holds for it.
    """
    times = grid(duration)
    if len(left_out):
        times = times[note_at(left_out, times) < 0]
    true_index = note_at(true.intervals, times)
    found_index = note_at(found.intervals, times)
    found_midi = in_force(found.midi, found_index)
    pitches = [None, None]
    if cents is not None and len(cents[0]):
        middles = (cents[0][1:] + cents[0][:-1]) / 2
        near = np.asarray(cents[1])[np.searchsorted(middles, times)]
        pitches = [
            in_force(true.pitch, true_index),
            np.where(found_midi > 0, found_midi + near / 100, 0),
        ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mir_eval's, of empty references
        scores = frame_scores(in_force(true.midi, true_index), found_midi, *pitches)
        scores.update(note_scores(true, counted(found, left_out)))
    scores = {name: scores[name] for name in NAMES}
    scores["frames"] = len(times)
    scores["notes"] = len(true.midi)
    return scores


def reliability(confidence, right, bins=15):
    """How far confidence can be trusted: for equal bins of it (edges bins + 1 from 0
    to 1) the frames, their mean confidence and the share that is right; and the
    expected calibration error (Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017): the mean distance of the two, weighed by frames.
    """
    index = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    frames = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        said = np.bincount(index, confidence, bins) / frames
        true = np.bincount(index, right, bins) / frames
    error = float(np.nansum(frames * np.abs(said - true)) / max(frames.sum(), 1))
    return frames, said, true, error


def shown(true, left_out, duration, times, midi, confidence):
    """(confidence, whether it was right) of what was shown at each frame of a file;
    `times`, `midi` and `confidence` are columns of a NAME.frames.csv."""
    frames = grid(duration)
    if len(left_out):
        frames = frames[note_at(left_out, frames) < 0]
    if not len(times):
        return np.zeros(0), np.zeros(0, bool)
    near = np.searchsorted((times[1:] + times[:-1]) / 2, frames)
    wanted = in_force(true.midi, note_at(true.intervals, frames))
    return confidence[near], midi[near] == wanted


OCTAVES = (45, 57, 69, 84)  # MIDI numbers: A2..G#3, A3..G#4, A4..B5


def by_octave(true, left_out, found, duration):
    """Frames by octave of the true note: [sung, found, right], one row for each of
    A2..G#3, A3..G#4 and A4..B5."""
    times = grid(duration)
    if len(left_out):
        times = times[note_at(left_out, times) < 0]
    wanted = in_force(true.midi, note_at(true.intervals, times))
    heard = in_force(found.midi, note_at(found.intervals, times))
    rows = []
    for low, high in zip(OCTAVES, OCTAVES[1:]):
        here = (wanted >= low) & (wanted < high)
        rows.append([part.sum() for part in (here, here & (heard > 0), here & (heard == wanted))])
    return np.array(rows)


def by_start(true, left_out, found):
    """True notes by how they start: [notes, those begun], one row each for those after a
    rest, straight after another pitch, and straight after the same; those straight after a
    row left out are none of these.  A note is begun where a found one of its pitch begins
    within the widest of TOLERANCES."""
    rest = np.ones(len(true.midi), bool)
    rest[1:] = true.intervals[1:, 0] - true.intervals[:-1, 1] >= STRAIGHT
    same = np.zeros(len(true.midi), bool)
    same[1:] = true.midi[1:] == true.midi[:-1]
    begun = np.zeros(len(true.midi), bool)
    for number, _ in matched(true, found, max(TOLERANCES)):
        begun[number] = True
    since = true.intervals[:, :1] - left_out[None, :, 1]  # [notes, rows left out]
    unknown = ((since > -1e-6) & (since < STRAIGHT)).any(1)
    kinds = (rest & ~unknown, ~rest & ~same & ~unknown, ~rest & same & ~unknown)
    return np.array([[kind.sum(), (kind & begun).sum()] for kind in kinds])


def mean(files):
    """Means of the scores of several files, each with equal weight."""
    result = {}
    for name in NAMES:
        values = [scores[name] for scores in files if math.isfinite(scores[name])]
        result[name] = float(np.mean(values)) if values else math.nan
    for name in ("frames", "notes"):
        result[name] = sum(scores[name] for scores in files)
    return result
