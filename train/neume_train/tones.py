# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Melodies on plain tones: a whistle, a hum, an organ pipe, a test generator.

What sounds all alone and has one pitch is what a player wants to hear as notes, be it
a throat or not.  Under a band such a tone is one of the instruments: no clip has it there,
and train's --underlay leaves these clips alone.
"""

import numpy as np

from . import effects, pitch

HIGHEST = 0.47  # Of the rate: no partial above it
CONTROL = 100.0  # Hz, of slow random movement


def sing(rng, notes, rate, count, tuning=0.0):
    """`notes` (native.Note, in order) on one tone drawn from `rng`, `tuning` cents off:
    float32 [count] at `rate` Hz, and the semitone at each sample (0 where none sounds)."""
    time = np.arange(count) / rate
    number = _number(rng, notes, time, tuning)
    level = _level(rng, notes, time)
    partials = _timbre(rng)
    sounding = np.flatnonzero(level > 0)
    frequency = pitch.hertz(number[sounding])
    phase = 2 * np.pi * np.cumsum(frequency) / rate
    audio = np.zeros(len(sounding))
    lowest = frequency.min() if len(frequency) else rate
    for partial in range(1, int(HIGHEST * rate / lowest) + 1):
        below = frequency * partial < HIGHEST * rate
        gain = partials(partial, frequency * partial) * below
        audio += gain * np.sin(partial * phase + rng.uniform(0, 2 * np.pi))
    out = np.zeros(count, np.float32)
    out[sounding] = audio * level[sounding] / (effects.rms(audio) if len(audio) else 1.0)
    if rng.random() < 0.3:  # Air, as long as it sounds
        out += effects.noise(rng, count) * level * effects.decibels(rng.uniform(-60, -25))
    semitones = np.zeros(count)
    semitones[sounding] = number[sounding]
    return (0.1 * out).astype(np.float32), semitones


def _timbre(rng):
    """A function of a partial's number and its frequencies (Hz): its amplitude."""
    slope = rng.uniform(0.3, 3.0)  # Of amplitudes, 1 / number ** slope
    even = effects.decibels(-rng.uniform(6, 60)) if rng.random() < 0.3 else 1.0
    uneven = effects.decibels(rng.normal(0, rng.choice([0.0, 6.0]), 100))
    last = int(rng.choice([1, rng.integers(2, 6), 99], p=[0.2, 0.2, 0.6]))
    middles = np.exp(rng.uniform(np.log(250), np.log(3500), rng.integers(0, 4)))
    widths = rng.uniform(60, 400, len(middles))

    def amplitude(number, frequency):
        if number > last:
            return 0.0 * frequency
        gain = number**-slope * (even if number % 2 == 0 else 1.0) * uneven[number % 100]
        body = np.full(len(frequency), 1.0 if len(middles) == 0 else 0.1)
        for middle, width in zip(middles, widths):
            body += 1 / (1 + ((frequency - middle) / width) ** 2)
        return gain * body

    return amplitude


def _slow(rng, time):
    """Slow random movement at each `time`, of standard deviation about 1."""
    knots = np.arange(0, time[-1] + 2 / CONTROL, 1 / CONTROL)
    steps = rng.standard_normal(len(knots))
    smooth = np.convolve(steps, np.hanning(40), "same")
    return np.interp(time, knots, smooth / (smooth.std() + 1e-9))


def _number(rng, notes, time, tuning):
    """MIDI number at each `time`, in rests too."""
    if not notes:
        return np.full(len(time), 69.0)
    onsets = np.array([n.onset for n in notes])
    at = np.clip(np.searchsorted(onsets, time, "right") - 1, 0, None)
    number = np.array([n.midi for n in notes])[at]
    if rng.random() < 0.5:  # Keys change at once, lips and hands slide
        glide = rng.uniform(0.01, 0.08)
        since = np.maximum(time - onsets[at], 0)
        before = np.array([n.midi for n in notes[:1] + notes[:-1]])[at]
        number += (before - number) * (0.5 + 0.5 * np.cos(np.pi * np.minimum(since / glide, 1)))
    if rng.random() < 0.4:
        swing = 0.01 * rng.uniform(3, 60)
        since = np.maximum(time - onsets[at] - rng.uniform(0, 0.3), 0)
        swell = np.minimum(since / 0.15, 1)
        number += swing * swell * np.sin(2 * np.pi * rng.uniform(4, 7.5) * time)
    if rng.random() < 0.5:
        number += 0.01 * rng.uniform(0, 12) * _slow(rng, time)
    return number + tuning / 100


def _level(rng, notes, time):
    """Amplitude at each `time`: rises from each onset, falls to each offset, 0 between.

    Where a note follows at once it need not start anew, unless it is the same again."""
    attack = np.exp(rng.uniform(np.log(0.003), np.log(0.08)))
    release = np.exp(rng.uniform(np.log(0.008), np.log(0.12)))
    decay = rng.uniform(0, 8) if rng.random() < 0.3 else 0.0  # dB a second
    dip = rng.uniform(0, 1)  # How far it falls between notes that are tied
    level = np.zeros(len(time))
    for before, note, after in zip([None, *notes], notes, [*notes[1:], None]):
        first, last = np.searchsorted(time, (note.onset, note.offset))
        since, left = time[first:last] - note.onset, note.offset - time[first:last]
        tied = [
            n is not None and abs(gap) < 1e-6 and round(n.midi) != round(note.midi)
            for n, gap in (
                (before, note.onset - before.offset if before else 1),
                (after, after.onset - note.offset if after else 1),
            )
        ]
        rise, fall = np.minimum(since / attack, 1), np.minimum(left / release, 1)
        if tied[0]:
            rise = 1 - dip + dip * rise
        if tied[1]:
            fall = 1 - dip + dip * fall
        gain = effects.decibels(note.loudness - decay * since)
        level[first:last] = gain * np.sin(np.pi / 2 * np.minimum(rise, fall)) ** 2
    if rng.random() < 0.15:
        level *= 1 + rng.uniform(0.05, 0.4) * np.sin(2 * np.pi * rng.uniform(3, 7) * time)
    return level
