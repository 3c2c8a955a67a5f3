# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Where in a sound a voice is heard, for the tests of those who sing."""

import numpy as np
from scipy import signal

from neume_train import native

REACH = 0.2  # Seconds: the furthest that a note is looked for


def melody(rng, numbers):
    """native.Notes of these MIDI `numbers`, 0.5 to 0.8 s from one to the next, with long
    and short gaps between them."""
    edges = 0.5 + np.cumsum(rng.uniform(0.5, 0.8, len(numbers) + 1))
    gaps = np.resize([0.3, 0.2, 0.05], len(numbers))
    return [
        native.Note(onset, end - gap, number, 0)
        for onset, end, gap, number in zip(edges, edges[1:], gaps, numbers)
    ]


def late(audio, rate, notes):
    """Seconds that the voice begins and ends after `notes` do: [2, notes], infinite
    where it does neither within REACH.  Consonants are no voice."""
    low = signal.butter(4, 900, fs=rate, output="sos")
    level = np.convolve(signal.sosfiltfilt(low, audio) ** 2, np.ones(160) / 160, "same")
    time = np.arange(len(audio)) / rate
    sung = np.zeros(len(audio), bool)
    for note in notes:
        sung |= (time >= note.onset) & (time < note.offset)
    turns = np.diff((level > np.median(level[sung]) / 4).astype(int))
    found = []
    for sign, times in ((1, [n.onset for n in notes]), (-1, [n.offset for n in notes])):
        away = np.flatnonzero(turns == sign)[:, None] / rate - np.array(times)
        nearest = away[np.abs(away).argmin(0), np.arange(len(times))]
        found.append(np.where(np.abs(nearest) < REACH, nearest, np.inf))
    return np.array(found)


def misplaced(audio, rate, notes):
    """Seconds within which four in five of the voice's begins, and of its ends, lie from
    those of `notes`."""
    return np.percentile(np.abs(late(audio, rate, notes)), 80, 1).max()
