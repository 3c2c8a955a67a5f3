# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""What rooms, microphones and recorders do to a sound; mono arrays."""

import functools

import numpy as np
from scipy import signal

POOL = 1 << 20  # Samples of each stored noise


def decibels(value):
    """dB to an amplitude factor."""
    return 10 ** (value / 20)


def resampled(audio, rate, wanted):
    """`audio` at another rate; both are whole numbers of Hz."""
    factor = np.gcd(int(rate), int(wanted))
    return signal.resample_poly(audio, wanted // factor, rate // factor)


def rms(audio):
    """Root mean square, never 0."""
    return float(np.sqrt(np.mean(np.square(audio)))) + 1e-9


def active_rms(audio, rate):
    """RMS over the parts that sound: within 25 dB of the loudest 100 ms."""
    size = rate // 10
    blocks = audio[: len(audio) // size * size].reshape(-1, size)
    power = np.mean(blocks**2, 1)
    if not len(power) or power.max() <= 0:
        return 1e-9
    return float(np.sqrt(power[power > power.max() * 10**-2.5].mean()))


@functools.lru_cache(maxsize=None)
def _pool(colour):
    """Noise with power falling as 1 / f ** colour, RMS 1."""
    rng = np.random.default_rng([colour, 2026])
    spectrum = rng.standard_normal(POOL // 2 + 1) + 1j * rng.standard_normal(
        POOL // 2 + 1
    )
    bins = np.maximum(np.arange(POOL // 2 + 1), POOL // 400)
    noise = np.fft.irfft(spectrum * bins ** (-colour / 2))
    return (noise / rms(noise)).astype(np.float32)


def noise(rng, count):
    """White, pink or brown noise of RMS 1."""
    pool = _pool(int(rng.integers(3)))
    start = int(rng.integers(POOL - count))
    return pool[start : start + count]


def hum(rng, count, rate):
    """Mains hum or a fan's tones, RMS 1."""
    time = np.arange(count) / rate
    base = rng.choice([50.0, 60.0, 100.0, 120.0, rng.uniform(40, 300)])
    out = np.zeros(count, np.float32)
    for k in range(1, int(rng.integers(2, 12))):
        gain = rng.exponential() / k
        out += gain * np.sin(2 * np.pi * (base * k * time + rng.random()))
    return out / rms(out)


def clicks(rng, count, rate):
    """Clicks, taps and claps: short bursts, peak about 1."""
    out = np.zeros(count, np.float32)
    for _ in range(int(rng.integers(1, 30))):
        length = int(rate * rng.choice([0.002, 0.01, 0.04]))
        start = int(rng.integers(count - length))
        burst = rng.standard_normal(length) * np.exp(-np.arange(length) * 4 / length)
        out[start : start + length] += 0.5 * rng.random() * burst
    return out


def room(rng, rate):
    """An impulse response without the direct sound, of energy 1."""
    decay = float(np.exp(rng.uniform(np.log(0.1), np.log(2.0))))
    length = int(min(1.2 * decay, 2.0) * rate)
    time = np.arange(length) / rate
    response = rng.standard_normal(length) * np.exp(-6.9 * time / decay)
    pole = rng.uniform(0.0, 0.7)  # Walls dull the tail
    response = signal.lfilter([1 - pole], [1, -pole], response)
    for _ in range(int(rng.integers(2, 9))):
        at = int(rng.uniform(0.003, 0.08) * rate)
        if at < length:
            response[at] += rng.normal(0, 3)
    silent = int(rng.uniform(0.0, 0.04) * rate)
    response = np.concatenate([np.zeros(silent + 1), response])
    return (response / np.sqrt(np.sum(response**2))).astype(np.float32)


def reverb(audio, response, wet):
    """Add the room, `wet` dB relative to the direct sound."""
    tail = signal.oaconvolve(audio, response)[: len(audio)]
    return audio + decibels(wet) * tail.astype(np.float32)


def echo(rng, audio, rate):
    """A delay with feedback."""
    delay = int(rng.uniform(0.12, 0.6) * rate)
    gain = decibels(rng.uniform(-24, -8))
    out, fed = audio.copy(), audio
    for _ in range(3):
        fed = gain * np.pad(fed, (delay, 0))[: len(audio)]
        out += fed
        gain = min(gain, 0.4)
    return out


def _peaking(frequency, quality, gain, rate):
    """Second-order peaking equaliser (R. Bristow-Johnson's cookbook)."""
    a = 10 ** (gain / 40)
    w = 2 * np.pi * frequency / rate
    alpha = np.sin(w) / (2 * quality)
    b = [1 + alpha * a, -2 * np.cos(w), 1 - alpha * a]
    d = [1 + alpha / a, -2 * np.cos(w), 1 - alpha / a]
    return np.array(b + d) / d[0]


def equalise(rng, audio, rate, strength=1.0):
    """A random microphone: peaks, tilt and a high-pass to 150 Hz."""
    sections = [
        _peaking(
            np.exp(rng.uniform(np.log(80), np.log(3500))),
            rng.uniform(0.4, 2.5),
            np.clip(strength * rng.normal(0, 4), -12, 12),
            rate,
        )
        for _ in range(int(rng.integers(1, 4)))
    ]
    tilt = strength * rng.normal(0, 4)
    sections.append(_peaking(150, 0.35, tilt, rate))
    sections.append(_peaking(3000, 0.35, -tilt, rate))
    if rng.random() < 0.5:
        cut = rng.uniform(30, 150)
        sections.extend(signal.butter(2, cut, "high", fs=rate, output="sos"))
    return signal.sosfilt(np.array(sections), audio).astype(np.float32)


def narrow(rng, audio, rate):
    """A poor link: little bass, little treble."""
    low, high = rng.uniform(40, 320), rng.uniform(1300, 3800)
    band = signal.butter(2, [low, high], "band", fs=rate, output="sos")
    return signal.sosfilt(band, audio).astype(np.float32)


def compress(rng, audio, rate):
    """A feed-forward compressor, slow or fast; 8 ms control steps."""
    hop = rate // 128
    count = -(-len(audio) // hop)
    blocks = np.pad(audio, (0, count * hop - len(audio))).reshape(count, hop)
    level = 10 * np.log10(np.mean(blocks**2, 1) + 1e-10)
    threshold = np.percentile(level, 95) - rng.uniform(3, 24)
    slope = 1 - 1 / rng.uniform(1.5, 8)
    wanted = -slope * np.maximum(level - threshold, 0)
    attack = np.exp(-1 / (128 * np.exp(rng.uniform(np.log(0.005), np.log(0.1)))))
    release = np.exp(-1 / (128 * np.exp(rng.uniform(np.log(0.05), np.log(1.5)))))
    gain, state = np.empty(count), 0.0
    for i, target in enumerate(wanted.tolist()):
        pole = attack if target < state else release
        state = target + pole * (state - target)
        gain[i] = state
    curve = np.interp(np.arange(len(audio)), np.arange(1, count + 1) * hop, gain)
    return (audio * decibels(curve)).astype(np.float32)


def clip(rng, audio):
    """Soft clipping of the peaks."""
    drive = rng.uniform(0.5, 4) / (np.abs(audio).max() + 1e-9)
    return np.tanh(audio * drive) / drive
