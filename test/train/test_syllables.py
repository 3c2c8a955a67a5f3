#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Pitch tracks, and melodies out of recorded syllables; the singer is made up.

Needs NumPy, SciPy and soundfile; no recordings, no PyTorch.
"""

import pathlib
import sys
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

# pylint: disable=wrong-import-position
from neume_train import pitch, syllables  # noqa: E402


class Pitch(unittest.TestCase):
    """The pitch track, and the warped reading that sets pitches."""

    def test_track_of_a_known_tone(self):
        time = np.arange(8000) / 8000
        for number in (45, 57.3, 69, 82.6):
            f0 = pitch.hertz(number)
            tone = sum(np.sin(2 * np.pi * k * f0 * time) / k for k in (1, 2, 3))
            found, clarity, _, _ = pitch.track(tone, 8000, round(number) + 3)
            self.assertLess(np.abs(found[10:-10] - number).max(), 0.1)
            self.assertGreater(clarity[10:-10].min(), 0.9)

    def test_track_keeps_time(self):
        for rate in (8000, 8192, 22050):
            tone = 0.1 * np.sin(2 * np.pi * 220 * np.arange(20 * rate) / rate)
            tone[: 19 * rate] = 0
            *_, level = pitch.track(tone, rate, 57)
            self.assertLessEqual(abs(len(level) - 2000), 1)
            self.assertLess(abs(np.argmax(level > -30) * pitch.HOP - 19), 0.02)

    def test_octave_above_is_noticed(self):
        time = np.arange(8000) / 8000
        tone = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 880 * time)
        _, clarity, half, _ = pitch.track(tone, 8000, 57)
        self.assertGreater(np.median(half), 0.9 * np.median(clarity))

    def test_warp_transposes(self):
        time = np.arange(16000) / 8000
        source = np.sin(2 * np.pi * 500 * time).astype(np.float32)
        found = syllables.warp(source, 100 + np.arange(8000) * 1.2)
        wanted = np.sin(2 * np.pi * 500 * (100 + np.arange(8000) * 1.2) / 8000)
        self.assertLess(np.abs(found - wanted).max(), 0.02)


if __name__ == "__main__":
    unittest.main()
