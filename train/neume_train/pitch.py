# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""A pitch track by normalised autocorrelation, for sounds of known register."""

import numpy as np
from scipy import fft, signal

HOP = 0.01  # Seconds between two estimates


def midi(hz):
    """Hz to MIDI number."""
    return 69 + 12 * np.log2(np.asarray(hz) / 440)


def hertz(number):
    """MIDI number to Hz."""
    return 440 * 2 ** ((np.asarray(number) - 69) / 12)


def frames(count, rate):
    """The samples, of `count`, at which there is an estimate: the nearest to every
    HOP seconds."""
    places = np.round(np.arange(int(count / (HOP * rate)) + 1) * HOP * rate).astype(int)
    return places[places < count]


def _similarity(audio, rate, starts, size, top):
    """Normalised square difference (McLeod 2005) turned similarity.

    Rows are frames of `size` samples from `starts`, columns lags 0..top.
    """
    frames = audio[starts[:, None] + np.arange(size)]
    frames = frames - frames.mean(1, keepdims=True)
    padded = fft.next_fast_len(size + top + 1, real=True)
    spectrum = fft.rfft(frames, padded)
    correlation = fft.irfft(np.abs(spectrum) ** 2, padded)[:, : top + 1]
    energy = np.cumsum(frames**2, 1)
    total = energy[:, -1:]
    lags = np.arange(top + 1)
    head = energy[:, size - 1 - lags]  # Samples that have a partner ahead
    before = np.where(lags > 0, energy[:, np.maximum(lags - 1, 0)], 0)
    return 2 * correlation / np.maximum(head + total - before, 1e-12)


def track(audio, rate, centre, span=7.0, seconds=0.048):
    """Pitch of `audio` within `span` semitones of MIDI number `centre`.

    Returns, every HOP seconds from time 0, the pitch as MIDI number, the
    clarity (0..1: similarity of the wave to itself one period on), the same
    at half the lag (near the clarity where the truth lies an octave above),
    and the RMS level in dBFS over 20 ms.
    """
    audio = np.asarray(audio, np.float32)
    low = int(np.floor(rate / hertz(centre + span)))
    high = int(np.ceil(rate / hertz(centre - span))) + 1
    size = int(seconds * rate) + high
    hops = frames(len(audio), rate)
    padded = np.pad(audio, (size // 2, size))
    similarity = _similarity(padded, rate, hops, size, high + 1)

    inside = similarity[:, low : high + 1]
    best = low + np.argmax(inside, 1)
    rows = np.arange(len(best))
    left, here, right = (similarity[rows, best + d] for d in (-1, 0, 1))
    bend = left - 2 * here + right
    shift = np.where(bend < -1e-9, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0)
    lag = best + np.clip(shift, -1, 1)
    half = np.maximum.reduce(
        [similarity[rows, np.maximum(best // 2 + d, 1)] for d in (-1, 0, 1)]
    )
    power = signal.oaconvolve(audio**2, np.full(int(0.02 * rate), 1 / (0.02 * rate)), "same")
    level = 10 * np.log10(np.maximum(power[hops], 1e-12))
    return midi(rate / lag), np.clip(here, 0, 1), half, level
