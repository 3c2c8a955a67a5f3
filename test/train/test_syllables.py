#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Pitch tracks, and melodies out of recorded syllables; the singer is made up.

Needs NumPy, SciPy and soundfile; no recordings, no PyTorch.
"""

import csv
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np
import soundfile
from scipy import signal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

# pylint: disable=wrong-import-position
import heard  # noqa: E402
from neume_train import native, pitch, splices, syllables  # noqa: E402


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
        found = splices.warp(source, 100 + np.arange(8000) * 1.2)
        wanted = np.sin(2 * np.pi * 500 * (100 + np.arange(8000) * 1.2) / 8000)
        self.assertLess(np.abs(found - wanted).max(), 0.02)


class Syllables(unittest.TestCase):
    """A singer who sings four syllables on each of four notes."""

    RATE = 8192
    NOTES = (55, 60, 65, 70)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.cache = self.root / "cache"
        with open(self.root / "sung_syllables.csv", "w", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(("file", "singer", "median_midi"))
            for number in self.NOTES:
                table.writerow((f"{number}.wav", "one", number))
                self.record(number, number)

    def record(self, name, number, rest=0.25):
        """Write a recording: a `rest` (seconds), a hiss, then a vowel, four times."""
        rate = syllables.Syllables.rate
        rng = np.random.default_rng(name)
        time = np.arange(int(0.7 * rate)) / rate
        phase = 2 * np.pi * pitch.hertz(number) * time
        vowel = sum(np.sin(k * phase + rng.uniform(0, 6)) / k for k in range(1, 6))
        vowel *= 0.2 * np.clip(np.minimum(time, time[::-1]) / 0.005, 0, 1)
        high = signal.butter(4, 2500, "high", fs=rate, output="sos")
        parts = []
        for _ in range(4):
            hiss = 0.2 * signal.sosfilt(high, rng.standard_normal(int(0.08 * rate)))
            parts += [np.zeros(int(rest * rate)), hiss, vowel]
        audio = np.concatenate([*parts, np.zeros(rate // 4)])
        soundfile.write(self.root / f"{name}.wav", audio, rate, subtype="PCM_16")

    def test_the_voice_is_where_its_notes_are(self):
        bank = syllables.Syllables(self.root, self.cache)
        self.assertEqual([len(units) for units in bank.singers.values()], [16])
        for seed in range(4):
            rng = np.random.default_rng(seed)
            melody = heard.melody(rng, 2 * [60, 64, 57, 66, 62, 68, 59])
            audio, sung = bank.sing(rng, "one", melody, self.RATE, 11 * self.RATE, 30.0)
            with self.subTest(seed=seed):
                self.assertEqual([n.onset for n in sung], [n.onset for n in melody])
                self.assertLess(heard.misplaced(audio, self.RATE, sung), 0.025)
                off = np.median([n.midi - m.midi for n, m in zip(sung, melody)])
                self.assertLess(abs(off - 0.3), 0.35)
                for note in sung:
                    middle = slice(*(int(t * self.RATE) for t in (note.onset, note.offset)))
                    found, *_ = pitch.track(audio[middle], self.RATE, note.midi, 4.0)
                    self.assertLess(abs(np.median(found) - note.midi), 0.4)

    def test_a_string_goes_on_through_unvoiced_consonants(self):
        for number in self.NOTES:
            self.record(number, number, 0.03)
        bank = syllables.Syllables(self.root, self.cache)
        pauses = [unit.pause for unit in bank.singers["one"] if unit.after]
        self.assertEqual(len(pauses), 12)
        edges = 0.5 + np.cumsum([0, 0.5, 0.35, 0.9, 0.6, 1.2, 0.4, 0.7])
        melody = [native.Note(*t, m, 0.0) for *t, m in zip(edges, edges[1:], 7 * [60, 61])]
        rng = np.random.default_rng(1)
        manner = {**syllables._manner(rng), "through": 1.0, "melisma": 0.0, "release": 0.02}
        with mock.patch.object(syllables, "_manner", return_value=manner):
            audio, sung = bank.sing(rng, "one", melody, self.RATE, 7 * self.RATE)
        self.assertEqual([n.onset for n in sung], [n.onset for n in melody])
        self.assertLess(heard.misplaced(audio, self.RATE, sung), 0.025)
        gaps = [b.onset - a.offset for a, b in zip(sung, sung[1:])]
        self.assertGreater(np.median(gaps), min(pauses) - 1e-6)
        hiss = signal.sosfilt(signal.butter(4, 2500, "high", fs=self.RATE, output="sos"), audio)
        for note in sung[1:]:  # The recorded one, not one that fades
            there = [slice(*(int((note.onset + t) * self.RATE) for t in span))
                     for span in ((-0.06, -0.02), (0.05, 0.12))]
            loud, soft = (np.abs(hiss[part]).mean() for part in there)
            self.assertGreater(loud, 2 * soft)

    def test_pitch_is_kept_as_long_as_the_sound_is_the_same(self):
        def singer():
            return syllables.Syllables(self.root, self.cache).singers["one"]

        first = singer()
        with mock.patch.object(pitch, "track", side_effect=AssertionError):
            self.assertEqual(singer(), first)
        before = (self.root / "60.wav").stat()
        self.record(60, 61)  # As long as it was
        os.utime(self.root / "60.wav", ns=(before.st_atime_ns, before.st_mtime_ns))
        for unit, other in zip(first, singer()):
            self.assertAlmostEqual(other.midi - unit.midi, float(unit.recording == 1), 1)


class Strings(unittest.TestCase):
    """A singer who sings several syllables in one breath."""

    BEGINS = (0.2, 0.7, 1.2, 1.6)  # Of vowels; the last follows a vowel at once
    MURMUR = 0.08  # Seconds before the others

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        with open(root / "sung_syllables.csv", "w", encoding="utf-8") as stream:
            csv.writer(stream).writerows([("file", "singer", "median_midi"), ("a.wav", "one", 57)])
        rate = syllables.Syllables.rate
        time = np.arange(int(2.4 * rate)) / rate
        phase = 2 * np.pi * pitch.hertz(57) * time
        audio = np.zeros(len(time))
        # Formants: one vowel, the murmur, another vowel
        for begin, end, loud in (
            (0.2, 0.62, (1, 2, 6)), (0.62, 0.7, (1,)), (0.7, 1.12, (1, 4, 9)),
            (1.12, 1.2, (1,)), (1.2, 1.6, (1, 2, 6)), (1.6, 2.1, (1, 4, 9)),
        ):
            here = np.clip(np.minimum(time - begin, end - time) / 0.01 + 0.5, 0, 1)
            for k in range(1, 12):
                audio += here * np.sin(k * phase) * (0.1 if k in loud else 0.003)
        soundfile.write(root / "a.wav", audio, rate, subtype="PCM_16")
        self.bank = syllables.Syllables(root, root / "cache")

    def test_a_unit_is_one_syllable(self):
        units = self.bank.singers["one"]
        self.assertEqual(len(units), len(self.BEGINS))
        ends = (*(b - self.MURMUR for b in self.BEGINS[1:3]), self.BEGINS[3], 2.1)
        for unit, begin, end in zip(units, self.BEGINS, ends):
            lead = self.MURMUR / 2 if begin in self.BEGINS[1:3] else 0.0
            self.assertLess(abs(unit.onset - (begin - lead)), 0.025)
            self.assertLess(abs(unit.consonant - lead), 0.025)
            self.assertTrue(unit.voiced or not lead)
            self.assertTrue(-0.05 < unit.offset - end < 0.015, (unit.offset, end))

    def test_a_voiced_consonant_has_the_pitch_of_its_note(self):
        rng = np.random.default_rng(1)
        self.bank.singers["one"] = [u for u in self.bank.singers["one"] if u.voiced]
        notes = [native.Note(0.5 + 0.3 * k, 0.8 + 0.3 * k, 60, 0.0) for k in range(8)]
        manner = dict.fromkeys(syllables._manner(rng), 0.0)
        manner |= {"release": 0.02, "glide": 0.05, "carry_time": 0.1, "flatten": 1.0}
        with mock.patch.object(syllables, "_manner", return_value=manner):
            audio, sung = self.bank.sing(rng, "one", notes, 8192, 4 * 8192)
        # It takes no time from the voice of the note before
        self.assertEqual([n.offset for n in sung], [n.offset for n in notes])
        found, *_ = pitch.track(audio, 8192, 60, 6.0, 0.012)
        for note in notes[1:]:
            onset = round(note.onset / pitch.HOP)
            self.assertLess(np.abs(found[onset - 2 : onset + 28] - 60).max(), 0.6)

    def sing_through(self, length):
        """Audio of four touching notes of `length` seconds, of one string, and the notes."""
        rng = np.random.default_rng(3)
        notes = [
            native.Note(0.5 + length * k, 0.5 + length * (k + 1), midi, 0.0)
            for k, midi in enumerate((58, 58, 60, 60))
        ]
        manner = dict.fromkeys(syllables._manner(rng), 0.0)
        manner |= {"release": 0.02, "glide": 0.05, "carry_time": 0.1, "flatten": 1.0}
        units = self.bank.singers["one"]
        with mock.patch.object(
            syllables, "_manner", return_value={**manner, "through": 1.0}
        ), mock.patch.object(self.bank, "_choose", return_value=units[0]) as choose:
            audio, sung = self.bank.sing(rng, "one", notes, 8192, 6 * 8192)
        self.assertEqual(choose.call_count, 1)
        self.assertEqual([n.onset for n in sung], [n.onset for n in notes])
        self.assertEqual([n.offset for n in sung], [n.offset for n in notes])
        return audio, notes

    def test_a_string_is_sung_through(self):
        for length in (0.22, 0.4, 1.1):
            with self.subTest(length=length):
                audio, notes = self.sing_through(length)
                first, last = (round(t * 8192) for t in (notes[0].onset, notes[-1].offset))
                # In one breath: nothing between the notes fades out and in
                level = np.sqrt(np.convolve(audio**2, np.ones(205) / 205, "same"))
                inside = level[first + 410 : last - 410]
                self.assertGreater(inside.min(), 0.2 * inside.max())
                # The murmur, without overtones, is where one note goes over into the next
                high = signal.butter(4, 300, "high", fs=8192, output="sos")
                above = np.convolve(signal.sosfiltfilt(high, audio) ** 2, np.ones(80) / 80, "same")
                for note in notes[1:3]:
                    around = slice(*(round((note.onset + d) * 8192) for d in (-0.12, 0.12)))
                    dark = np.flatnonzero(above[around] < 0.1 * above[first:last].mean())
                    self.assertLess(abs(dark.mean() / 8192 - 0.12), 0.025)
                    self.assertLess(dark[-1] - dark[0], 0.12 * 8192)
                found, *_ = pitch.track(audio, 8192, 59, 6.0, 0.03)
                for note in notes:
                    begin, end = (round(t / pitch.HOP) for t in (note.onset, note.offset))
                    self.assertLess(np.abs(found[begin + 4 : end - 4] - note.midi).max(), 0.5)

    def test_joints_are_not_heard(self):
        audio, notes = self.sing_through(1.1)
        # Above the vowels' last harmonic there would be clicks
        high = signal.butter(8, 3000, "high", fs=8192, output="sos")
        rest = signal.sosfiltfilt(high, audio)
        for note in notes:
            middle = slice(*(round(t * 8192) for t in (note.onset + 0.15, note.offset - 0.15)))
            self.assertLess(np.abs(rest[middle]).max(), 0.01 * np.abs(audio[middle]).max())

    def test_a_vowel_is_brought_to_its_length(self):
        rng = np.random.default_rng(4)
        rate, unit = syllables.Syllables.rate, self.bank.singers["one"][1]
        audio = self.bank.audio[0].astype(np.float32)
        period = rate / pitch.hertz(unit.midi)
        first, last = int(unit.onset * rate), int(unit.after.onset * rate)
        marks = (first, *(int(t * rate) for t in (unit.vowel + 0.03, unit.offset - 0.03)), last)
        for wanted in (0.18, 0.3, last / rate - first / rate, 0.52, 1.0, 3.0):
            pieces = splices.fitted(rng, audio, rate, period, marks, int(wanted * rate))
            with self.subTest(wanted=wanted):
                joints = len(pieces) - 1
                length = sum(b - a for a, b in pieces)
                self.assertEqual((pieces[0][0], pieces[-1][1]), (first, last))
                self.assertLessEqual(abs(length - wanted * rate), (joints + 1) * (period / 2 + 2))
                for (_, end), (begin, _) in zip(pieces, pieces[1:]):  # In step with the wave
                    periods = (end - begin) / period
                    self.assertLess(abs(periods - round(periods)), 0.1)


class Manners(unittest.TestCase):
    """How singers come to their pitch."""

    def test_a_repeated_note_has_a_syllable_of_its_own(self):
        pitches = (60, 60.1, 62, 62, 61, 61)
        melody = [native.Note(k, k + 1.0, midi, 0.0) for k, midi in enumerate(pitches)]
        groups = syllables._groups(np.random.default_rng(1), melody, {"melisma": 1.0})
        self.assertEqual([len(group) for group in groups], [1, 2, 2, 1])

    def test_an_ornament_has_no_syllable_of_its_own(self):
        def shared(length):
            melody = [
                native.Note(length * k, length * (k + 1), 60 + k % 2, 0.0) for k in range(400)
            ]
            rng = np.random.default_rng(1)
            return 1 - len(list(syllables._groups(rng, melody, {"melisma": 0.1}))) / 400

        self.assertAlmostEqual(shared(0.2), 0.1, delta=0.05)
        self.assertAlmostEqual(shared(0.09), syllables.ORNAMENTS, delta=0.06)

    def test_a_voice_that_ends_takes_the_notes_after_it_along(self):
        notes = [native.Note(0.0, 1.0, 60), native.Note(1.0, 1.08, 62), native.Note(1.08, 1.16, 64)]
        for moment, left in (
            (2.0, [(0.0, 1.0), (1.0, 1.08), (1.08, 1.16)]),
            (1.12, [(0.0, 1.0), (1.0, 1.08), (1.08, 1.12)]),
            (1.1, [(0.0, 1.0), (1.0, 1.08)]),
            (1.05, [(0.0, 1.0), (1.0, 1.05)]),
            (0.9, [(0.0, 0.9)]),
        ):
            ended = syllables.ended(notes, moment)
            self.assertEqual([(n.onset, n.offset) for n in ended], left)

    def test_a_consonant_leaves_no_note_that_ends_before_it_begins(self):
        def unit(voiced, after=None):
            return syllables.Unit(0, 0.0, 0.4, 0.1, voiced, 60.0, 0.1, 0.0, after)

        last = unit(False)
        last.onset = 0.5  # 0.1 s after the voice of the one before ended
        first = [native.Note(0.0, 0.4, 60), native.Note(0.4, 0.45, 62)]
        after = [native.Note(0.45, 0.9, 64)]
        notes = syllables._notes([(first, unit(False, last)), (after, last)])
        self.assertEqual([n.midi for n in notes], [60, 64])
        self.assertAlmostEqual(notes[0].offset, 0.35)

    def contour(self, seed, late, before, note):
        """Semitones of `note` every millisecond."""
        rng = np.random.default_rng(seed)
        still = dict.fromkeys(syllables._manner(rng), 0.0)
        manner = {**still, "late": late, "late_time": 0.15, "glide": 0.05, "carry_time": 0.1}
        time = np.arange(note.onset, note.offset, 0.001)
        return syllables._contour(rng, time, [note], manner, before)

    def test_some_arrive_late_from_below(self):
        below, above = (native.Note(0.0, 1.0, midi, 0.0) for midi in (60, 67))
        note = native.Note(1.0, 1.5, 64, 0.0)
        found = {}
        for name, late, before in (
            ("never", 0.0, below), ("rise", 1.0, below), ("fall", 1.0, above), ("first", 1.0, None)
        ):
            lines = [self.contour(k, late, before, note) - note.midi for k in range(60)]
            begins = np.array([np.median(line[:20]) for line in lines])
            found[name] = np.mean(begins < -0.6)
            self.assertGreater(begins.min(), -4.5)
            for line in lines:  # It is the note for more than half of its time
                self.assertGreater(np.mean(np.abs(line) < 0.5), 0.5)
                self.assertLess(np.abs(line[240:400]).max(), 0.05)
            if name == "rise":  # From near the note before, for a while, then in one go
                self.assertLess(begins.max(), -0.6 * 4 + 0.01)
                half = [np.argmax(line > begin / 2) for line, begin in zip(lines, begins)]
                self.assertTrue(60 < min(half) and max(half) < 230, (min(half), max(half)))
                self.assertGreater(np.std(half), 20)
        self.assertEqual(found["never"], 0.0)
        self.assertEqual(found["rise"], 1.0)
        self.assertLess(abs(found["fall"] - 0.3), 0.2)
        self.assertLess(abs(found["first"] - 0.6), 0.2)

    def test_a_short_note_is_not_missed(self):
        note = native.Note(1.0, 1.12, 64, 0.0)
        for k in range(20):
            line = self.contour(k, 1.0, native.Note(0.5, 1.0, 60, 0.0), note)
            self.assertLess(np.abs(line[60:75] - 64).max(), 0.5)  # (Then some fall)


if __name__ == "__main__":
    unittest.main()
