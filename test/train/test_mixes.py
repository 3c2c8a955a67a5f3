#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Who sings with a band, and what is laid under who does not."""

import pathlib
import sys
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

# pylint: disable=wrong-import-position
from neume_train import bands, clips, native, recordings  # noqa: E402


class Mixes(unittest.TestCase):
    """Singers and bands."""

    def test_who_sings_with_a_band_keeps_to_its_beat(self):
        step, loose = 0.15, 0.01
        rng = np.random.default_rng(1)
        onsets = np.cumsum(rng.uniform(0.1, 0.4, 99))
        notes = [
            native.Note(a, b if k % 2 else a + 0.6 * (b - a), 60 + k % 3, 0)
            for k, (a, b) in enumerate(zip(onsets, onsets[1:]))
        ]
        found = clips.on_beat(rng, notes, step, loose)
        self.assertGreater(len(found), 80)
        off = np.array([note.onset / step - round(note.onset / step) for note in found])
        self.assertLess(np.median(np.abs(off)) * step, loose)
        for number, (one, other) in enumerate(zip(found, found[1:])):
            self.assertLessEqual(one.onset + 0.08, one.offset + 1e-9)
            self.assertLessEqual(one.offset, other.onset + 1e-9)
            if number % 2:  # What touched still does
                self.assertAlmostEqual(one.offset, other.onset)
        maker = clips.Maker(voices=False)
        kept = bands.Song(rng, found, 100.0, 30.0, kept=True)
        self.assertAlmostEqual(kept.start / 0.6, round(kept.start / 0.6))
        tuned = [maker._tuning(rng, band) for band in (False, True) for _ in range(200)]
        spread = np.abs(tuned).reshape(2, -1)
        self.assertGreater(np.mean(spread[0] > 25), 0.2)
        self.assertLess(np.mean(spread[1] > 25), 0.1)

    def test_recorded_bands_are_shifted_to_the_key_of_who_sings(self):
        rate = 8000
        time = np.arange(2 * rate) / rate
        scale = [60, 62, 64, 65, 67, 69, 71]  # C major

        def played(numbers):
            return sum(np.sin(2 * np.pi * 440 * 2 ** ((n - 69) / 12) * time) for n in numbers)

        melody = bands.pitch_classes([native.Note(k, k + 1, n, 0) for k, n in enumerate(scale)])
        self.assertEqual(melody.tolist(), [1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1])
        for shift in range(-6, 6):
            music = played([n - shift for n in scale])
            self.assertEqual(recordings.in_key(music, rate, melody), shift)
        maker = clips.Maker(kind="mix", voices=False)
        sounds = maker.recordings = recordings.Recordings([], clips.RATE)
        sounds.sounds["music"] = [played([n - 2 for n in scale]).astype(np.float32)]
        sounds._chances["music"] = None
        lead = clips._Lead(None, [native.Note(k, k + 1, n, 0) for k, n in enumerate(scale)])
        maker.soundfont = False
        for beat, keeps in (((1, 0.01), True), ((1, None), False), (None, False)):
            lead.beat = beat
            seen = recordings.chroma(maker._band(np.random.default_rng(4), lead, {}), clips.RATE)
            inside = np.sort(seen[melody > 0])
            self.assertEqual(inside[0] > np.max(seen[melody == 0]), keeps)

    def test_music_under_a_solo_ends_its_line(self):
        maker = clips.Maker(kind="solo", voices=False)
        clip = maker.make(5, 1)
        gaps, mixed = (
            [b.onset - a.offset for a, b in zip(notes, notes[1:])]
            for notes in (clip.notes, clip.mixed)
        )
        self.assertEqual([n.onset for n in clip.notes], [n.onset for n in clip.mixed])
        short = [0.001 < gap < clips.LINE_SECONDS for gap in mixed]
        self.assertGreater(sum(short), 2)
        self.assertEqual(sum(gap > 0.001 for gap, was in zip(gaps, short) if was), 0)
        self.assertFalse(clip.is_music)
        for kind in ("mix", "tones"):
            clip = clips.Maker(kind=kind, voices=False).make(5, 1)
            self.assertEqual(str(clip.notes), str(clip.mixed))
        self.assertTrue(clips.Maker(kind="instruments").make(5, 1).is_music)


if __name__ == "__main__":
    unittest.main()
