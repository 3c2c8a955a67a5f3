# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Real sounds that are not singing: music, speech and noise, in memory."""

import pathlib
import sys

import numpy as np
import soundfile

from . import effects, pitch
from .splices import warp

# Kept back: false alarms are counted on the song; the speaker also sings in the
# validation data, and his voice as non-voice would teach the network who he is.
VALIDATION = {"shearer_cant_stop_it", "pjs"}
SHORTEST = 0.1  # Seconds; of less an excerpt cannot be made


def chroma(audio, rate):
    """How much of each pitch class, C first, is in `audio`, at most 1: roots of the powers
    of the semitones from G2 to G6, so that what is soft counts too."""
    power = np.abs(np.fft.rfft(audio)) ** 2
    hertz = np.arange(len(power)) * rate / len(audio)
    inside = (hertz > 98) & (hertz < 1568)
    semitones = np.rint(pitch.midi(hertz[inside])).astype(int)
    strength = np.sqrt(np.bincount(semitones, power[inside]))
    total = np.bincount(np.arange(len(strength)) % 12, strength, minlength=12)
    return total / max(total.max(), 1e-9)


def in_key(audio, rate, melody):
    """By how many semitones, -6 to 5, `audio` goes best with a melody that has so much of
    each pitch class, C first."""
    have = chroma(audio, rate)
    fit = [float(np.roll(have, shift) @ melody) for shift in range(-6, 6)]
    return int(np.argmax(fit)) - 6


class Recordings:
    """What is in `folders`, each with music/, speech/ or noise/: mono, at one rate,
    loudness evened.

    Every folder is heard as often: a few lone instruments would else be lost among
    hours of bands."""

    def __init__(self, folders, rate):
        self.rate = rate
        self.sounds, self._chances = {}, {}
        for kind in ("music", "speech", "noise"):
            sounds = [
                list(filter(len, map(self._read, self._files(pathlib.Path(folder) / kind))))
                for folder in folders
            ]
            self.sounds[kind] = sum(sounds, [])
            self._chances[kind] = self._shares(sounds)

    @staticmethod
    def _shares(folders):
        """The chance of each sound: the folders' are the same, and within one they go
        by the square root of the length."""
        roots = [np.sqrt([len(sound) for sound in sounds]) for sounds in folders if sounds]
        return np.concatenate([r / r.sum() for r in roots]) / len(roots) if roots else None

    @staticmethod
    def _files(folder):
        return sorted(
            path
            for path in folder.rglob("*")
            if path.suffix in (".flac", ".wav", ".ogg", ".mp3")
            and not VALIDATION & set(path.relative_to(folder).with_suffix("").parts)
        )

    def _read(self, path):
        """The sound of a file; nothing if that is too short."""
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        if len(audio) < SHORTEST * rate:
            print(f"{path}: left out: shorter than {SHORTEST} s", file=sys.stderr)
            return audio[:0, 0]
        audio = effects.resampled(audio.mean(1), rate, self.rate)
        level = np.sqrt(np.mean(audio**2)) + 1e-6
        return (audio * 0.1 / level).astype(np.float32)

    def has(self, kind):
        """Whether there is any sound of `kind`: music, speech or noise."""
        return bool(self.sounds.get(kind))

    def excerpt(self, rng, kind, count, semitones=0.0, melody=None):
        """`count` samples of random pieces, shifted in pitch (and speed) by up
        to `semitones`; pieces of one recording follow each other.

        With the pitch classes of a `melody`, see in_key(), each is shifted by as many whole
        ones as go best with it, up to six either way."""
        sounds, chances = self.sounds[kind], self._chances[kind]
        sound = sounds[rng.choice(len(sounds), p=chances)]
        out = np.zeros(count, np.float32)
        done, fade = 0, int(0.03 * self.rate)
        while done < count:
            speed, at = 2 ** (rng.uniform(-semitones, semitones) / 12), rng.random()
            if melody is not None:
                first = int(at * max(len(sound) - count + done, 0))
                speed = 2 ** (in_key(sound[first:][: count - done], self.rate, melody) / 12)
            whole = int(len(sound) / speed) - 8
            length = min(count - done + fade, whole)
            start = at * max(whole - length, 0)
            piece = warp(sound, (start + np.arange(length)) * speed)
            ramp = np.minimum(np.arange(length) / fade, 1)
            piece *= ramp * ramp[::-1]
            stop = min(done + length, count)
            out[done:stop] += piece[: stop - done]
            done += max(length - fade, 1)
            if rng.random() < 0.3:
                sound = sounds[rng.choice(len(sounds), p=chances)]
        return out
