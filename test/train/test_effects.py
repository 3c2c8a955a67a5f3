#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""What rooms, microphones and recorders do to a clip: not move it.

Needs the library (NEUME_NATIVE), NumPy and SciPy; no recordings, no PyTorch.
"""

import pathlib
import sys
import unittest
from unittest import mock

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

# pylint: disable=wrong-import-position
from neume_train import clips, effects, native  # noqa: E402

RATE = clips.RATE
REACH = RATE // 5  # Samples: the longest delay that is looked for


def delay(before, after):
    """Milliseconds that `after` comes later than `before`: where they are most alike."""
    size = 1 << (2 * len(before) - 1).bit_length()
    spectrum = np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size))
    alike = np.abs(np.fft.irfft(spectrum, size))
    alike = np.concatenate([alike[-REACH:], alike[: REACH + 1]])
    return 1000 * (int(np.argmax(alike)) - REACH) / RATE


def bursts():
    """Four seconds with five bursts of noise, and the sample where the first begins."""
    rng = np.random.default_rng(1)
    audio = np.zeros(4 * RATE, np.float32)
    firsts = [int(seconds * RATE) for seconds in (0.4, 1.1, 1.7, 2.6, 3.1)]
    for first in firsts:
        burst = rng.standard_normal(1000) * np.exp(-np.arange(1000) / 300)
        audio[first : first + 1000] = 0.3 * burst
    return audio, firsts[0]


class Effects(unittest.TestCase):
    """Each of them alone."""

    def test_no_effect_moves_the_sound(self):
        audio, first = bursts()
        for name, effect in (
            ("reverb", lambda rng: effects.reverb(audio, effects.room(rng, RATE), -3)),
            ("echo", lambda rng: effects.echo(rng, audio, RATE)),
            ("compress", lambda rng: effects.compress(rng, audio, RATE)),
            ("equalise", lambda rng: effects.equalise(rng, audio, RATE)),
            ("narrow", lambda rng: effects.narrow(rng, audio, RATE)),
            ("clip", lambda rng: effects.clip(rng, audio)),
        ):
            for seed in range(20):
                after = effect(np.random.default_rng(seed))
                with self.subTest(name=name, seed=seed):
                    self.assertEqual(after.shape, audio.shape)
                    self.assertLess(abs(delay(audio, after)), 0.5)
                    self.assertLess(np.abs(after[:first]).max(), 1e-6)
                    self.assertGreater(np.abs(after - audio).max(), 1e-4)

    def test_more_decibels_are_louder(self):
        for value, factor in ((-20, 0.1), (0, 1), (6.0206, 2), (40, 100)):
            self.assertAlmostEqual(effects.decibels(value), factor, 4)

    def test_a_room_is_as_loud_as_it_is_told(self):
        response = effects.room(np.random.default_rng(1), RATE)
        click = np.zeros(3 * RATE, np.float32)
        click[0] = 1
        for wet in (-20, -6):
            tail = effects.reverb(click, response, wet) - click
            self.assertAlmostEqual(10 * np.log10(np.sum(tail.astype(float) ** 2)), wet, 2)


class Chain(unittest.TestCase):
    """All of them in a clip."""

    @classmethod
    def setUpClass(cls):
        cls.maker = clips.Maker(only="solo")  # Without talkers, which take their time
        cls.maker.only, cls.maker.voices = None, False

    def test_the_voice_is_heard_where_its_notes_are(self):
        maker, leads = self.maker, []
        sing = maker._c_lead

        def watched(*arguments, **options):
            leads.append(sing(*arguments, **options))
            return leads[-1]

        for kind in ("solo", "held", "mix"):
            for index in range(4):
                with mock.patch.multiple(maker, kind=kind, _c_lead=watched):
                    clip = maker.make(9, index)
                lead = leads.pop()
                with self.subTest(kind=kind, index=index):
                    self.assertLess(abs(delay(lead.audio, clip.audio)), 4)
                    self.assertEqual(
                        [n.onset for n in clip.notes], [n.onset for n in lead.sung]
                    )

    def test_nobody_is_muted_who_sings(self):
        notes = [native.Note(t, t + 1.5, 60, 0) for t in (1, 2.6, 6, 12, 25)]
        muted = 0
        for seed in range(10):
            out = self.maker._mute(np.random.default_rng(seed), np.ones(clips.COUNT), notes)
            for note in notes:
                self.assertTrue(out[int(note.onset * RATE) : int(note.offset * RATE)].all())
            muted += np.sum(out == 0)
        self.assertGreater(muted, 0.2 * 10 * clips.COUNT)


if __name__ == "__main__":
    unittest.main()
