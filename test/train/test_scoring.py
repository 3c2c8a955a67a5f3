#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Scores against cases worked out by hand, and how recordings are found.

Needs NumPy, mir_eval and soundfile; no recordings, no PyTorch, no C code.
"""

import contextlib
import importlib.util
import io
import json
import math
import os
import pathlib
import stat
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

try:
    import mir_eval  # noqa: F401  pylint: disable=unused-import
    import numpy as np
    import soundfile
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# pylint: disable=wrong-import-position
from neume_train import evaluate, scoring  # noqa: E402

NOTHING = np.zeros((0, 2))


def silence(path, seconds, rate=8000):
    """A silent sound file."""
    soundfile.write(path, np.zeros(round(seconds * rate), np.float32), rate)


class Reading(unittest.TestCase):
    """Label and note files."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "x.csv"

    def test_rounded_f0_is_the_true_note(self):
        self.path.write_text(
            "onset,offset,midi,f0_midi,flag\n"
            "1.0,2.0,60,60.6,ok\n"
            "0.0,1.0,60,59.5,ok\n"
            "2.0,3.0,62,,ok\n"
            "3.0,4.0,64,58.0,mismatch\n"
            "4.0,5.0,64,,unvoiced\n",
            encoding="utf-8",
        )
        true, left_out = scoring.read_truth(self.path)
        self.assertEqual(true.midi.tolist(), [60, 61, 62])
        self.assertEqual(true.pitch.tolist(), [59.5, 60.6, 62.0])
        self.assertEqual(true.intervals.tolist(), [[0, 1], [1, 2], [2, 3]])
        self.assertEqual(left_out.tolist(), [[3, 4], [4, 5]])

    def test_labels_without_f0(self):
        self.path.write_text("onset,offset,midi\n8.3,8.525,52\n", encoding="utf-8")
        true, left_out = scoring.read_truth(self.path)
        self.assertEqual(true.midi.tolist(), [52])
        self.assertEqual(left_out.shape, (0, 2))

    def test_what_is_no_table_of_notes_is_told(self):
        head = "onset,offset,midi,f0_midi,flag\n"
        for text, told in (
            ("8.3,8.525,52\n", "first line"),
            ("", "first line"),
            (head + "1,2\n", "midi of a note is None"),
            (head + "1,x,60,,ok\n", "offset of a note is 'x'"),
            (head + "1,2,60,nan,ok\n", "f0_midi of a note is 'nan'"),
            (head + "2,1,60,,ok\n", "broken note"),
        ):
            self.path.write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(ValueError, told):
                scoring.read_truth(self.path)
        self.path.write_text("\ufeff" + head + "1,2,60,,ok\n", encoding="utf-8")
        self.assertEqual(scoring.read_truth(self.path)[0].midi.tolist(), [60])

    def test_no_notes(self):
        self.path.write_text("onset,offset,midi,velocity,confidence\n", encoding="utf-8")
        self.assertEqual(len(scoring.read_found(self.path).midi), 0)

    def test_what_lies_before_the_audio_is_cut(self):
        found = scoring.notes([(-0.2, -0.1, 60), (-0.03, 0.5, 61), (0.5, 1, 62)])
        self.assertEqual(found.intervals.tolist(), [[0, 0.5], [0.5, 1]])
        self.assertEqual(found.midi.tolist(), [61, 62])

    def test_broken_notes_are_refused(self):
        for row in ((1, 1, 60), (2, 1, 60), (0, math.nan, 60), (0, 1, 0)):
            with self.assertRaisesRegex(ValueError, "broken note"):
                scoring.notes([row])


class Grid(unittest.TestCase):
    """Which note is in force when."""

    def test_grid_ends_with_the_audio(self):
        self.assertEqual(scoring.grid(0.5).tolist(), [0, 0.125, 0.25, 0.375])
        self.assertEqual(len(scoring.grid(0.51)), 5)
        self.assertEqual(len(scoring.grid(0)), 0)

    def test_notes_are_half_open(self):
        times = scoring.grid(0.75)
        index = scoring.note_at(np.array([[0.125, 0.375], [0.375, 0.5]]), times)
        self.assertEqual(index.tolist(), [-1, 0, 0, 1, -1, -1])
        midi = scoring.in_force(np.array([60, 62]), index)
        self.assertEqual(midi.tolist(), [0, 60, 60, 62, 0, 0])

    def test_the_later_note_is_in_force(self):
        index = scoring.note_at(np.array([[0, 0.5], [0.25, 0.375]]), scoring.grid(0.5))
        self.assertEqual(index.tolist(), [0, 0, 1, 0])

    def test_share_within_counts_no_time_twice(self):
        rows = np.array([[1.0, 2.0], [1.5, 3.0], [5.0, 6.0]])
        notes = np.array([[0.0, 2.0], [2.0, 6.0], [3.0, 4.0]])
        self.assertEqual(scoring.share_within(notes, rows).tolist(), [0.5, 0.5, 0])
        self.assertEqual(scoring.share_within(notes, NOTHING).tolist(), [0, 0, 0])


class Frames(unittest.TestCase):
    """Scores of frames."""

    def test_every_kind_of_frame(self):
        #                right  octave wrong missed | false  silent silent silent
        true = np.array([60, 60, 60, 60, 0, 0, 0, 0])
        found = np.array([60, 72, 61, 0, 60, 0, 0, 0])
        scores = scoring.frame_scores(true, found)
        self.assertEqual(scores["acc40"], 4 / 8)
        self.assertEqual(scores["acc40_voiced"], 1 / 4)
        self.assertEqual(scores["acc40_nonvoiced"], 3 / 4)
        self.assertEqual(scores["voicing_recall"], 3 / 4)
        self.assertEqual(scores["voicing_false_alarm"], 1 / 4)
        self.assertEqual(scores["raw_pitch"], 1 / 4)
        self.assertEqual(scores["raw_chroma"], 2 / 4)

    def test_fine_pitch_compares_what_is_sung(self):
        true = np.array([60, 60, 0])
        found = np.array([61, 60, 62])
        pitch = np.array([60.45, 59.6, 0])
        scores = scoring.frame_scores(true, found, pitch, np.array([60.55, 60.2, 62]))
        self.assertEqual(scores["raw_pitch"], 1 / 2)
        self.assertEqual(scores["fine_pitch"], 1 / 2)
        scores = scoring.frame_scores(true, found, pitch, np.array([60.55, 59.9, 62]))
        self.assertEqual(scores["fine_pitch"], 1)

    def test_what_has_no_frames_is_no_number(self):
        scores = scoring.frame_scores(np.array([0, 0]), np.array([0, 50]))
        self.assertEqual(scores["acc40"], 1 / 2)
        self.assertEqual(scores["voicing_false_alarm"], 1 / 2)
        for name in ("acc40_voiced", "voicing_recall", "raw_pitch", "raw_chroma"):
            self.assertTrue(math.isnan(scores[name]), name)
        scores = scoring.frame_scores(np.array([50, 50]), np.array([50, 0]))
        self.assertTrue(math.isnan(scores["acc40_nonvoiced"]))
        self.assertTrue(math.isnan(scores["voicing_false_alarm"]))

    def test_a_note_without_class_cannot_be_right(self):
        true = scoring.notes([(0, 0.5, 40)])
        scores = scoring.score(true, NOTHING, scoring.notes([]), 0.5)
        self.assertEqual(scores["acc40"], 0)
        self.assertEqual(scores["voicing_recall"], 0)


class Notes(unittest.TestCase):
    """Scores of notes."""

    def setUp(self):
        self.true = scoring.notes([(1, 2, 60), (2, 3, 62), (3, 4, 64), (5, 6, 65)])

    def test_every_kind_of_note(self):
        found = scoring.notes(
            [
                (1.03, 1.1, 60),  # 30 ms late, far too short: offsets do not count
                (2.08, 3.0, 62),  # 80 ms late
                (3.01, 4.0, 63),  # Wrong
                (4.5, 4.6, 65),  # Where nobody sings
                (5.2, 6.0, 65),  # 200 ms late
            ]
        )
        scores = scoring.note_scores(self.true, found)

        def f1(hits):
            return 2 * hits / (len(self.true.midi) + len(found.midi))

        self.assertAlmostEqual(scores["onset_f_50"], f1(2))
        self.assertAlmostEqual(scores["onset_f_100"], f1(3))
        self.assertAlmostEqual(scores["note_f_50"], f1(1))
        self.assertAlmostEqual(scores["note_f_100"], f1(2))
        self.assertEqual(scores["notes_found_per_true"], 5 / 4)
        self.assertAlmostEqual(scores["onset_late_ms"], 80)

    def test_a_tolerance_includes_its_end(self):
        found = scoring.notes([(1.05, 2, 60), (2.0501, 3, 62)])
        scores = scoring.note_scores(self.true, found)
        self.assertAlmostEqual(scores["onset_f_50"], 2 * 1 / 6)

    def test_a_true_note_is_matched_once(self):
        found = scoring.notes([(0.99, 1.02, 60), (1.02, 2, 60)])
        scores = scoring.note_scores(scoring.notes([(1, 2, 60)]), found)
        self.assertAlmostEqual(scores["note_f_50"], 2 / 3)
        self.assertEqual(scores["notes_found_per_true"], 2)

    def test_late_is_of_the_nearest_notes(self):
        found = scoring.notes([(0.8, 0.9, 60), (1, 2, 60)])
        scores = scoring.note_scores(scoring.notes([(1, 2, 60)]), found)
        self.assertEqual(scores["onset_late_ms"], 0)
        true = scoring.notes([(1, 1.1, 60), (1.2, 2, 60), (3, 4, 62), (5, 6, 64), (7, 8, 65)])
        for found, late in (
            ([(1.01, 1.1, 60), (1.17, 2, 60)], -10),  # 10 late, 30 early
            ([(1.1201, 2, 60)], -79.9),  # Not of 1.0 too, which is farther
            # 30 and 20 early, 10 late; 5 late another pitch; 251 late too far
            ([(1.17, 2, 60), (2.98, 4, 62), (5.01, 6, 64), (7.005, 8, 66), (7.251, 8, 65)], -20),
            ([(7.25, 8, 65)], 250),
        ):
            scores = scoring.note_scores(true, scoring.notes(found))
            self.assertAlmostEqual(scores["onset_late_ms"], late)

    def test_nothing_found_and_nothing_sung(self):
        scores = scoring.note_scores(self.true, scoring.notes([]))
        self.assertEqual(scores["note_f_100"], 0)
        self.assertEqual(scores["notes_found_per_true"], 0)
        self.assertTrue(math.isnan(scores["onset_late_ms"]))
        scores = scoring.note_scores(scoring.notes([]), self.true)
        self.assertTrue(math.isnan(scores["note_f_100"]))
        self.assertTrue(math.isnan(scores["notes_found_per_true"]))


class Files(unittest.TestCase):
    """Whole files, and means over them."""

    def test_perfect(self):
        true = scoring.notes([(0.25, 0.75, 60), (0.75, 1, 62)])
        scores = scoring.score(true, NOTHING, true, 2.0)
        wanted = dict.fromkeys(scoring.NAMES, 1.0)
        wanted |= {"voicing_false_alarm": 0, "onset_late_ms": 0, "frames": 16, "notes": 2}
        del wanted["fine_pitch"]
        self.assertTrue(math.isnan(scores.pop("fine_pitch")))
        self.assertEqual(scores, wanted)

    def test_rows_left_out(self):
        true = scoring.notes([(0, 0.5, 60)])
        left_out = np.array([[0.5, 1.0]])
        found = scoring.notes(
            [
                (0, 0.25, 60),
                (0.25, 0.75, 61),  # Half of it within: counted
                (0.75, 1.125, 62),  # Most of it within: not counted
            ]
        )
        scores = scoring.score(true, left_out, found, 1.25)
        # Frames 0, 1/8 right; 2/8, 3/8 wrong; four left out; 1 wrong; 9/8 right.
        self.assertEqual(scores["frames"], 6)
        self.assertEqual(scores["acc40"], 3 / 6)
        self.assertEqual(scores["acc40_voiced"], 2 / 4)
        self.assertEqual(scores["acc40_nonvoiced"], 1 / 2)
        self.assertEqual(scores["notes"], 1)
        self.assertEqual(scores["notes_found_per_true"], 2)
        self.assertAlmostEqual(scores["note_f_50"], 2 / 3)

    def test_cents_of_the_nearest_step(self):
        true = scoring.notes([(0, 0.5, 60, 60.4)])
        found = scoring.notes([(0, 0.5, 60)])
        times = np.array([0.0, 0.1, 0.18, 0.3, 0.4])  # 0.125 is next to 0.1
        cents = np.array([40, 40, -40, 40, 40])
        scores = scoring.score(true, NOTHING, found, 0.5, (times, cents))
        self.assertEqual(scores["fine_pitch"], 1)
        cents = np.array([40, -40, 40, 40, 40])
        scores = scoring.score(true, NOTHING, found, 0.5, (times, cents))
        self.assertEqual(scores["fine_pitch"], 3 / 4)

    def test_reliability(self):
        # Ten frames at 0.95 of which six are right, ten at 0.35 of which five are
        confidence = np.array([0.95] * 10 + [0.35] * 10)
        right = np.array([True] * 6 + [False] * 4 + [True, False] * 5)
        frames, said, true, error = scoring.reliability(confidence, right)
        self.assertEqual(frames.sum(), 20)
        self.assertAlmostEqual(said[14], 0.95)
        self.assertAlmostEqual(true[14], 0.6)
        self.assertAlmostEqual(error, (0.35 + 0.15) / 2)
        self.assertEqual(scoring.reliability(np.array([1.0]), np.array([True]))[3], 0)

    def test_what_is_shown_at_each_frame(self):
        true = scoring.notes([(0, 0.25, 60), (0.375, 0.5, 62)])
        left_out = np.array([[0.25, 0.3]])
        times = np.array([0.0, 0.1, 0.3, 0.4])
        midi = np.array([60, 61, 0, 62])
        said, right = scoring.shown(true, left_out, 0.5, times, midi, np.arange(4) / 4)
        self.assertEqual(said.tolist(), [0, 0.25, 0.75])  # 0.125 is next to 0.1
        self.assertEqual(right.tolist(), [True, False, True])

    def test_octaves(self):
        true = scoring.notes([(0, 1, 50), (1, 2, 57), (2, 3, 70), (3, 4, 83)])
        found = scoring.notes([(0, 1, 50), (1, 2, 56), (2.5, 4, 70)])
        rows = scoring.by_octave(true, np.array([[3.5, 9.0]]), found, 5.0)
        self.assertEqual(rows.tolist(), [[8, 8, 8], [8, 8, 0], [12, 8, 4]])

    def test_starts(self):
        true = scoring.notes(
            [(0, 1, 60), (1.05, 2, 60), (2, 3, 60), (3, 3.5, 62), (3.7, 4, 62), (4, 5, 60)]
        )
        found = scoring.notes([(0.09, 1, 60), (1.12, 2.9, 60), (3.2, 3.5, 62), (3.7, 4, 62)])
        # Of notes after a rest the first and the fifth, of changes none, of repeats one
        self.assertEqual(scoring.by_start(true, NOTHING, found).tolist(), [[2, 2], [2, 0], [2, 1]])
        nothing = scoring.notes([])
        self.assertEqual(scoring.by_start(true, NOTHING, nothing).tolist(), [[2, 0], [2, 0], [2, 0]])
        self.assertEqual(scoring.by_start(nothing, NOTHING, found).tolist(), 3 * [[0, 0]])
        # The fifth follows a row that was left out: it was no rest
        row = np.array([[3.5, 3.65]])
        self.assertEqual(scoring.by_start(true, row, found).tolist(), [[1, 1], [2, 0], [2, 1]])

    def test_files_have_equal_weight(self):
        long = scoring.score(scoring.notes([(0, 10, 60)]), NOTHING, scoring.notes([]), 10)
        short = scoring.score(scoring.notes([]), NOTHING, scoring.notes([]), 1)
        result = scoring.mean([long, short])
        self.assertEqual(result["acc40"], 0.5)
        self.assertEqual(result["acc40_voiced"], 0)  # Only one file has such frames
        self.assertEqual(result["frames"], 88)


# What stands in for the command: it hears a note 60 from 0.25 to 0.75 s.
COMMAND = f"""#!{sys.executable}
import pathlib, sys
words = sys.argv[1:]
pathlib.Path(__file__).with_name("words").write_text(" ".join(words[:words.index("--")]))
folder = pathlib.Path(words[words.index("--notes") + 1])
for name in words[words.index("--") + 1:]:
    stem = folder / pathlib.Path(name).stem
    path = pathlib.Path(f"{{stem}}.notes.csv")
    if path.exists():
        sys.exit(3)
    path.write_text("onset,offset,midi,velocity,confidence\\n0.25,0.75,60,90,0.9\\n")
    rows = "".join(f"{{k / 8}},0,60,40,0.9\\n" for k in range(8))
    pathlib.Path(f"{{stem}}.frames.csv").write_text("time,note,midi,cents,confidence\\n" + rows)
"""


class Command(unittest.TestCase):
    """Finding recordings, calling the command, and the report."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.command = self.root / "command"
        self.command.write_text(COMMAND, encoding="utf-8")
        self.command.chmod(self.command.stat().st_mode | stat.S_IXUSR)

    def add(self, sound, labels, rows):
        """A silent second with labels."""
        for path in (sound, labels):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        silence(self.root / sound, 1)
        (self.root / labels).write_text("onset,offset,midi\n" + rows, encoding="utf-8")

    def run_it(self, *words):
        """The JSON report of a call."""
        report = self.root / "report.json"
        words = ["--neume", str(self.command), "--json", str(report), *words]
        output = sys.stdout
        with open(os.devnull, "w", encoding="utf-8") as sys.stdout:
            try:
                status = evaluate.main(words)
            finally:
                sys.stdout = output
        self.assertEqual(status, 0)
        return json.loads(report.read_text(encoding="utf-8"))

    def refused(self, *words):
        """Exit status of a call that fails, what it says and what it prints."""
        with contextlib.redirect_stderr(io.StringIO()) as said:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                try:
                    status = evaluate.main(["--neume", str(self.command), *words])
                except SystemExit as error:
                    status = error.code
        return status, said.getvalue(), printed.getvalue()

    def test_two_sets_of_one_name_are_refused(self):
        self.add("a/made/c.wav", "a/made/c.notes.csv", "")
        self.add("b/made/c.wav", "b/made/c.notes.csv", "")
        folders = [str(self.root / name / "made") for name in "ab"]
        with contextlib.redirect_stderr(io.StringIO()) as said:
            status = evaluate.main(["--neume", str(self.command), "--synthetic", *folders])
        self.assertEqual(status, 1)
        self.assertIn("two sets would be called made", said.getvalue())

    def test_sets(self):
        right, wrong = "0.25,0.75,60\n", "0.25,0.75,61\n"
        self.add("solo/a.flac", "solo/a.csv", right)
        self.add("solo/b.flac", "solo/b.csv", wrong)
        self.add("mix/one/audio.wav", "mix/one/notes.csv", right)
        self.add("mix/two/audio.wav", "mix/two/notes.csv", wrong)
        self.add("made/c.wav", "made/c.notes.csv", right)
        (self.root / "none").mkdir()
        silence(self.root / "none" / "d.wav", 1)
        data = ["--data", str(self.root), "--sets", "solo", "mix", "--nonvoice", "none"]
        sets = self.run_it(*data, "--synthetic", str(self.root / "made"))["sets"]
        self.assertEqual(list(sets), ["solo", "mix", "none", "made"])
        for name, files in (("solo", ["a", "b"]), ("mix", ["one", "two"])):
            self.assertEqual(list(sets[name]["files"]), files)
            self.assertEqual(sets[name]["mean"]["acc40"], (1 + 0.5) / 2)
            self.assertEqual(sets[name]["mean"]["note_f_50"], 0.5)
            self.assertEqual(sets[name]["mean"]["fine_pitch"], 0.5)
        self.assertEqual(sets["made"]["mean"]["acc40"], 1)
        self.assertEqual(sets["none"]["mean"]["voicing_false_alarm"], 0.5)
        self.assertIsNone(sets["none"]["mean"]["note_f_50"])

    def test_the_sung_pitch_is_note_and_cents(self):
        self.add("made/c.wav", "made/c.notes.csv", "")
        rows = "onset,offset,midi,f0_midi\n0.25,0.75,60,60.4\n"
        (self.root / "made/c.notes.csv").write_text(rows, encoding="utf-8")
        sets = self.run_it("--synthetic", str(self.root / "made"))["sets"]
        self.assertEqual(sets["made"]["mean"]["fine_pitch"], 1)

    def test_the_command_is_told_how_to_listen(self):
        self.add("made/c.wav", "made/c.notes.csv", "")
        told = (
            "--lookahead 375 --threshold 0.6 --gate -50 --min-note 30 --a4 442 --interleave 4"
            " --follow --decided"
        )
        self.run_it("--synthetic", str(self.root / "made"), "--model", "some", *told.split())
        words = (self.root / "words").read_text(encoding="utf-8") + " "
        for option in ("--model some", *told.replace(" --", ", --").split(", ")):
            self.assertIn(f" {option} ", words)
        self.run_it("--synthetic", str(self.root / "made"))
        words = (self.root / "words").read_text(encoding="utf-8")
        self.assertFalse({"--follow", "--decided", "--gate", "375"} & set(words.split()))

    def test_a_recording_labelled_twice_is_refused(self):
        for number, (one, other) in enumerate((
            (("a.wav", "a.csv"), ("a.wav", "a.notes.csv")),
            (("b/audio.wav", "b/notes.csv"), ("b/audio.wav", "b/audio.notes.csv")),
            (("b/audio.wav", "b/notes.csv"), ("b.wav", "b.csv")),  # Two of one name
        )):
            folder = f"solo{number}"
            for sound, labels in (one, other):
                self.add(f"{folder}/{sound}", f"{folder}/{labels}", "")
            status, said, _ = self.refused("--data", str(self.root), "--sets", folder)
            self.assertEqual(status, 1)
            for _, labels in (one, other):
                self.assertIn(str(self.root / folder / labels), said)

    def test_misspelt_sets_are_told(self):
        for option in ("--sets", "--nonvoice"):
            status, said, _ = self.refused("--data", str(self.root), option, "solo/none")
            self.assertEqual(status, 1)
            self.assertIn("solo/none: no recordings", said)

    def test_only_the_first_recordings(self):
        for name in "abc":
            self.add(f"made/{name}.wav", f"made/{name}.notes.csv", "")
        words = ["--synthetic", str(self.root / "made"), "--limit"]
        self.assertEqual(list(self.run_it(*words, "2")["sets"]["made"]["files"]), ["a", "b"])
        for limit in ("0", "-1"):
            status, said, _ = self.refused(*words, limit, "--octaves")
            self.assertEqual(status, 2)
            self.assertIn("--limit must be 1 or more", said)

    def test_outputs_that_cannot_be_written(self):
        self.add("made/c.wav", "made/c.notes.csv", "")
        words = ["--synthetic", str(self.root / "made")]
        for option in ("--json", "--reliability"):
            for path in (self.root, self.root / "none" / "file"):
                status, said, _ = self.refused(*words, option, str(path))
                self.assertEqual(status, 1)
                self.assertIn(f"evaluate: {path}: cannot be written", said)
        with mock.patch("importlib.util.find_spec", return_value=None):
            status, said, _ = self.refused(*words, "--reliability", str(self.root / "picture.png"))
        self.assertEqual(status, 1)
        self.assertIn("needs Matplotlib", said)
        self.assertFalse((self.root / "words").exists())  # Told before the work
        status, said, printed = self.refused(*words, "--json", "/dev/full")
        self.assertEqual(status, 1)
        self.assertIn("evaluate: /dev/full: cannot be written: No space left", said)
        self.assertIn("made (1)", printed)

    @unittest.skipUnless(importlib.util.find_spec("matplotlib"), "no Matplotlib")
    def test_pictures_of_an_unknown_kind(self):
        self.add("made/c.wav", "made/c.notes.csv", "")
        words = ["--synthetic", str(self.root / "made"), "--json", str(self.root / "report.json")]
        path = self.root / "picture.what"
        status, said, printed = self.refused(*words, "--reliability", str(path))
        self.assertEqual(status, 1)
        self.assertIn(f"evaluate: {path}: cannot be written", said)
        self.assertIn("made: expected calibration error", printed)
        self.assertTrue((self.root / "report.json").exists())

    def test_a_network_alone_takes_no_options_of_the_chain(self):
        told = (
            "--lookahead 0", "--threshold 0", "--gate -50", "--min-note 30", "--a4 442",
            "--interleave 4", "--follow", "--decided", "--model x", "--keep x", "--reliability x",
        )
        words = ["--checkpoint", str(self.root / "none"), "--synthetic", str(self.root)]
        for option in told:
            status, said, _ = self.refused(*words, *option.split())
            self.assertEqual(status, 2)
            self.assertIn(f"error: {option.split()[0]}: of the chain", said)

    def test_labels_without_sound(self):
        (self.root / "a.csv").write_text("onset,offset,midi\n", encoding="utf-8")
        with self.assertRaises(FileNotFoundError):
            evaluate.labelled(self.root)

    def test_runs_and_median(self):
        classes = np.array([0, 0, 5, 0, 0, 0, 7, 7, 7, 7, 9, 9, 9])
        smooth = evaluate.smooth(classes)
        self.assertEqual(smooth.tolist(), [0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 9, 9, 9])
        found = evaluate.runs(smooth, np.arange(13) * 0.5, 0.5)
        self.assertEqual(found.intervals.tolist(), [[2.75, 4.75], [4.75, 6.25]])
        self.assertEqual(found.midi.tolist(), [51, 53])


if __name__ == "__main__":
    unittest.main()
