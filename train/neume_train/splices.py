# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Recordings read at any speed, made longer or shorter without a seam.

Pieces are pairs of samples of a recording, first and last; where one goes over into
the next, the wave is in step with itself, and fades.
"""

import functools

import numpy as np

TAPS = 8
PHASES = 512
RUN = 8192  # Samples that are read at a time
FADE = 0.03  # Seconds of a joint
DYING = 0.02  # Seconds in which a voice dies away


@functools.lru_cache(maxsize=None)
def _table():
    """Windowed-sinc taps [TAPS][PHASES + 1], for fractions of a sample."""
    fraction = np.arange(PHASES + 1)[:, None] / PHASES
    x = np.arange(TAPS) - (TAPS // 2 - 1) - fraction
    window = np.cos(np.pi * x / (TAPS + 1)) ** 2
    taps = np.sinc(x) * window
    return np.ascontiguousarray((taps / taps.sum(1, keepdims=True)).T, np.float32)


def warp(source, positions):
    """`source` read at fractional `positions` (zeros outside it)."""
    base = np.floor(positions)
    phase = np.round((positions - base) * PHASES).astype(np.intp)
    first = base.astype(np.intp) - (TAPS // 2 - 1)
    low, high = int(first.min()), int(first.max()) + TAPS
    piece = source[max(low, 0) : max(high, 0)].astype(np.float32)
    piece = np.pad(piece, (max(-low, 0), 0))
    piece = np.pad(piece, (0, max(high - low - len(piece), 0)))
    first -= low
    out = np.zeros(len(first), np.float32)
    for part in range(0, len(out), RUN):  # What a cache holds
        part = slice(part, part + RUN)
        for tap, taps in enumerate(_table()):
            out[part] += piece[tap:].take(first[part]) * taps.take(phase[part])
    return out


def fitted(rng, audio, rate, period, marks, wanted):
    """Pieces of `audio` (first and last sample) from the first of `marks` to the last,
    about `wanted` samples: between the others, where the wave has that `period`, some is
    left out, or comes again."""
    first, begin, end, last = marks
    fade = int(FADE * rate)
    spare = last - first - wanted
    if abs(spare) < period / 2:
        return [(first, last)]
    if spare > 0:
        most = max(end - spare, begin + fade)
        left = int(rng.integers(begin + fade, most + 1))
        again = aligned(audio, left, min(left + spare, end), fade, period)
        return [(first, left), (again, last)]
    most = max(min(rng.uniform(0.12, 0.3) * rate, end - begin - fade), period)
    times = int(np.ceil(-spare / most))
    again = aligned(audio, end, int(round(end + spare / times)), fade, period)
    return [(first, end)] + [(again, end)] * (times - 1) + [(again, last)]


def held(rng, audio, rate, period, marks):
    """Pieces of `audio` from the first of `marks` to the last; what is sung between the
    others, at that `period`, comes again and again before it ends, for 12 s."""
    first, begin, last = marks
    fade = int(FADE * rate)
    stop = last - int(DYING * rate)
    room = stop - begin - 2 * fade
    loop = min(int(rng.uniform(0.12, 0.3) * rate), room)
    if loop <= fade:
        return [(first, last)]
    loop = int(round(round(loop / period) * period))
    again = aligned(audio, stop, stop - loop, fade, period)
    return [(first, stop)] + [(again, stop)] * int(np.ceil(12 * rate / (stop - again)))


def spliced(audio, pieces, fade):
    """`audio`'s pieces on end, each faded into the next over the `fade` samples before it,
    and the sample that each one comes from."""
    parts, where = [], []
    for first, last in pieces:
        if parts:
            ramp = np.linspace(0, 1, fade, dtype=np.float32)
            tail = parts[-1][-fade:]
            tail *= 1 - ramp[-len(tail) :]
            tail += audio[first - len(tail) : first] * ramp[-len(tail) :]
        parts.append(audio[first:last].copy())
        where.append(np.arange(first, last))
    return np.concatenate(parts), np.concatenate(where)


def aligned(audio, left, again, fade, period):
    """The sample within half a period of `again` at which the wave goes on best as it was
    before `left`."""
    here = audio[left - fade : left]
    best, chosen = -2.0, again
    reach = int(period / 2) + 1
    for place in range(max(again - reach, fade), min(again + reach, len(audio)) + 1, 2):
        there = audio[place - fade : place]
        match = float(here @ there) / (np.linalg.norm(there) + 1.0)
        if match > best or best == -2.0:
            best, chosen = match, place
    return chosen
