#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Melodies on plain tones: where they sound, and what is heard.

Needs the library (NEUME_NATIVE), NumPy, SciPy and soundfile.
"""

import pathlib
import sys
import tempfile
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

# pylint: disable=wrong-import-position
import heard  # noqa: E402
from neume_train import clips, dataset, native, pitch, tones  # noqa: E402

RATE = 8192


def sung(seed, notes, tuning=0.0, seconds=8):
    """One melody of tones."""
    return tones.sing(np.random.default_rng(seed), notes, RATE, seconds * RATE, tuning)


def spectrum(audio, onset, offset):
    """Magnitudes while a note holds, of its own sum 1."""
    part = audio[int(onset * RATE) : int(offset * RATE)]
    magnitude = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    return magnitude / magnitude.sum()


class Tones(unittest.TestCase):
    """Tones are where their notes are, at their pitch, in many colours."""

    def test_they_sound_where_their_notes_are(self):
        for seed in range(30):
            melody = heard.melody(np.random.default_rng(seed), [60, 64, 57, 66, 62, 68, 59])
            audio, number = sung(seed, melody)
            time = np.arange(len(audio)) / RATE
            inside = np.zeros(len(audio), bool)
            for note in melody:
                inside |= (time > note.onset) & (time < note.offset)
            with self.subTest(seed=seed):
                self.assertEqual(np.abs(audio[~inside]).max(), 0)
                self.assertTrue((number[~inside] == 0).all())
                middle = time[inside][np.abs(audio[inside]) > 0.05 * np.abs(audio).max()]
                for note in melody:
                    there = (middle > note.onset) & (middle < note.onset + 0.15)
                    self.assertTrue(there.any(), note)

    def test_pitch_is_the_notes_and_the_tuning(self):
        for seed, tuning in ((1, 0), (2, 30), (3, -45), (4, 12), (5, 0), (6, 20)):
            melody = heard.melody(np.random.default_rng(seed), [69, 71, 66, 74, 69])
            audio, number = sung(seed, melody, tuning)
            found, clarity, _, _ = pitch.track(audio, RATE, 70)
            at = np.arange(len(found)) * pitch.HOP
            said = number[np.minimum((at * RATE).astype(int), len(number) - 1)]
            for note in melody:
                inner = (at > note.onset + 0.1) & (at < note.offset - 0.05) & (clarity > 0.8)
                with self.subTest(seed=seed, note=note.midi):
                    median = np.median(said[inner])
                    self.assertLess(abs(median - note.midi - tuning / 100), 0.35)
                    self.assertLess(np.abs(np.median(found[inner]) - median), 0.1)

    def test_a_note_repeated_at_once_begins_anew(self):
        notes = [native.Note(0.5, 1.0, 69, 0), native.Note(1.0, 1.5, 69, 0)]
        for seed in range(20):
            audio, _ = sung(seed, notes, seconds=2)
            loud = np.abs(audio[int(0.7 * RATE) : int(0.9 * RATE)]).max()
            dip = np.abs(audio[int(0.999 * RATE) : int(1.001 * RATE)]).max()
            self.assertLess(dip, 0.2 * loud, seed)

    def test_colours_differ_and_some_are_sines(self):
        notes = [native.Note(0.5, 1.5, 57, 0)]
        shares = []
        for seed in range(60):
            audio, _ = sung(seed, notes, seconds=2)
            magnitude = spectrum(audio, 0.7, 1.3)
            frequency = np.arange(len(magnitude)) * RATE / (2 * (len(magnitude) - 1))
            shares.append(magnitude[np.abs(frequency - 220) < 20].sum())
        self.assertGreater(np.mean(np.array(shares) > 0.9), 0.1)
        self.assertGreater(np.mean(np.array(shares) < 0.5), 0.2)

    def test_nothing_to_sing_is_silence(self):
        audio, number = sung(1, [])
        self.assertEqual((np.abs(audio).max(), number.max()), (0, 0))

    def test_clips_of_tones(self):
        maker = clips.Maker(kind="tones", voices=False)
        gaps = []
        for index in range(6):
            clip = maker.make(3, index)
            self.assertEqual(clip.what["voice"], "tone")
            self.assertGreater(len(clip.notes), 2)
            gaps += [b.onset - a.offset for a, b in zip(clip.notes, clip.notes[1:])]
        # A tone that stops has stopped: no consonant lies there
        self.assertTrue(any(0.01 < gap < clips.LINE_SECONDS for gap in gaps))


class Vowels(unittest.TestCase):
    """The C singer may keep to one vowel."""

    def test_one_vowel_for_all_notes(self):
        notes = [native.Note(0.5 + k, 1.4 + k, 57, 0) for k in range(6)]
        spread = {}
        for vowels in (0.0, 1.0):
            spread[vowels] = []
            for seed in range(12):
                audio, _ = native.load().sing(
                    seed, 60.0, 0.0, notes, RATE, 7 * RATE, unsteady=0.0, words=0.0, vowels=vowels
                )
                spectra = [spectrum(audio, n.onset + 0.2, n.offset - 0.1) for n in notes]
                spread[vowels].append(np.abs(spectra - np.mean(spectra, 0)).sum(1).mean())
        # Many keep to one anyway; of the others hardly anything is left but noise
        one, many = (np.percentile(spread[vowels], 80) for vowels in (0.0, 1.0))
        self.assertLess(2 * one, many)


class Shards(unittest.TestCase):
    """What train is told of clips of tones."""

    def test_clips_of_tones_say_so(self):
        try:
            from neume_train import shards  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("no PyTorch")
        for front_end in (native.FrontEnd(), None):
            for kind, alone in (("tones", True), ("held", False)):
                with tempfile.TemporaryDirectory() as folder:
                    dataset.generate(folder, 2, seed=2, shard=2, front_end=front_end, kind=kind)
                    data = shards.Clips([folder])
                    self.assertEqual(data.alone(data.train).tolist(), [alone])


if __name__ == "__main__":
    unittest.main()
