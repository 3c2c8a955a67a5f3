# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Real sounds that are not singing: music, speech and noise, in memory."""

import pathlib

import numpy as np
import soundfile

from . import effects
from .splices import warp

# Kept back: false alarms are counted on the song; the speaker also sings in the
# validation data, and his voice as non-voice would teach the network who he is.
VALIDATION = {"shearer_cant_stop_it", "pjs"}


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
                [self._read(path) for path in self._files(pathlib.Path(folder) / kind)]
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
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        audio = effects.resampled(audio.mean(1), rate, self.rate)
        level = np.sqrt(np.mean(audio**2)) + 1e-6
        return (audio * 0.1 / level).astype(np.float32)

    def has(self, kind):
        """Whether there is any sound of `kind`: music, speech or noise."""
        return bool(self.sounds.get(kind))

    def excerpt(self, rng, kind, count, semitones=0.0):
        """`count` samples of random pieces, shifted in pitch (and speed) by up
        to `semitones`; pieces of one recording follow each other."""
        sounds, chances = self.sounds[kind], self._chances[kind]
        sound = sounds[rng.choice(len(sounds), p=chances)]
        out = np.zeros(count, np.float32)
        done, fade = 0, int(0.03 * self.rate)
        while done < count:
            speed = 2 ** (rng.uniform(-semitones, semitones) / 12)
            whole = int(len(sound) / speed) - 8
            length = min(count - done + fade, whole)
            start = rng.random() * max(whole - length, 0)
            piece = warp(sound, (start + np.arange(length)) * speed)
            ramp = np.minimum(np.arange(length) / fade, 1)
            piece *= ramp * ramp[::-1]
            stop = min(done + length, count)
            out[done:stop] += piece[: stop - done]
            done += max(length - fade, 1)
            if rng.random() < 0.3:
                sound = sounds[rng.choice(len(sounds), p=chances)]
        return out
