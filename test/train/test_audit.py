#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""What the pitch that is heard says of labels: ceiling and audit.

Needs NumPy, SciPy, soundfile and mir_eval; no recordings, no PyTorch.
"""

import contextlib
import importlib.util
import io
import json
import pathlib
import sys
import tempfile
import unittest

import numpy as np
import soundfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

from neume_train import pitch  # noqa: E402  pylint: disable=wrong-import-position

if not importlib.util.find_spec("mir_eval"):
    raise unittest.SkipTest("no mir_eval")

# pylint: disable=wrong-import-position
from neume_train import audit, ceiling, scoring  # noqa: E402


class Ceiling(unittest.TestCase):
    """What a listener who knows the notes can name."""

    def test_unsure_edges(self):
        true = scoring.notes([(0.5 * n, 0.5 * n + 0.4, 60 + n % 3) for n in range(200)])
        for seconds, low, high in ((0.0, 1.0, 1.0), (0.1, 0.5, 0.95)):
            found = ceiling.blurred(true, seconds, np.random.default_rng(1))
            self.assertLessEqual(np.abs(found.intervals - true.intervals).max(), seconds)
            scores = scoring.score(true, np.zeros((0, 2)), found, 100.0)
            self.assertTrue(low <= scores["acc40"] <= high, scores["acc40"])

    def test_who_waits_hears_more(self):
        rate = 8000
        time = np.arange(3 * rate) / rate
        # Three notes, a second each, that begin a tone low for a third of it
        number = 57 + 2 * (time // 1) - 2 * (time % 1 < 0.33)
        phase = 2 * np.pi * np.cumsum(pitch.hertz(number)) / rate
        tone = sum(np.sin(k * phase) / k for k in (1, 2, 3)).astype(np.float32)
        true = scoring.notes([(n, n + 1, 57 + 2 * n) for n in range(3)])
        rows = ceiling.listened(tone, rate, true)
        self.assertEqual(len(rows), 24)
        moment, *waited, whole = rows.mean(0)
        self.assertLess(abs(moment - 5 / 8), 0.05)
        self.assertTrue(all(a <= b for a, b in zip(waited, waited[1:] + [whole])))
        self.assertLess(waited[0], 0.4)
        self.assertEqual(whole, 1)
        seconds = ceiling.reached(tone, rate, true)
        self.assertLess(np.abs(seconds - 0.33).max(), 0.03)
        found = ceiling.low(tone, rate, true)  # Of the two that rise
        np.testing.assert_array_equal(found, np.ones((2, len(ceiling.AFTER))))
        early = scoring.notes([(0, 1.25, 57), (1.25, 2, 59), (2.23, 3, 61)])
        found = ceiling.low(tone, rate, early)  # The last comes after a rest
        np.testing.assert_array_equal(found, [[1, 1, 0, 0, 0]])
        elsewhere = scoring.notes([(0, 1, 70), (1, 1.2, 59)])  # Not sung, and too short
        self.assertTrue(np.isnan(ceiling.reached(tone, rate, elsewhere)).all())

class Audit(unittest.TestCase):
    """Whether labels name what sounds."""

    RATE = 8000

    def song(self, folder, name, labels):
        """Half a second each of A3, noise and B3, and a quarter of C4; `labels` for them."""
        rng = np.random.default_rng(1)
        parts = []
        for number, seconds in ((57, 0.5), (None, 0.5), (59, 0.5), (60, 0.25)):
            phase = 2 * np.pi * np.arange(int(seconds * self.RATE)) / self.RATE
            tone = rng.standard_normal(len(phase))
            if number:
                tone = sum(np.sin(k * pitch.hertz(number) * phase) / k for k in (1, 2, 3))
            parts.append(0.1 * tone)
        soundfile.write(folder / f"{name}.wav", np.concatenate(parts), self.RATE)
        edges = (0, 0.5, 1, 1.5, 1.74)
        rows = [f"{a},{b},{n}" for a, b, n in zip(edges, edges[1:], labels)]
        text = "\n".join(["onset,offset,midi", *rows])
        (folder / f"{name}.notes.csv").write_text(text, encoding="utf-8")

    def test_wrong_labels_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            self.song(folder, "one", (57, 57, 60, 60))
            self.song(folder, "two", (57, 57, 59, 60))
            everyone = audit.audit(folder)
            told = {"one": {"voice": "flite/kal"}, "two": {"voice": "yuki"}}
            (folder / "clips.json").write_text(json.dumps(told), encoding="utf-8")
            apart = audit.audit(folder)
        self.assertEqual([len(rows) for rows in everyone.values()], [8])
        self.assertEqual(list(apart), ["syllables", "talker"])
        for who, away in (("talker", (0, -1, 0)), ("syllables", (0, 0, 0))):
            seconds, share, found = apart[who].T
            np.testing.assert_allclose(seconds, (0.5, 0.5, 0.5, 0.24))
            np.testing.assert_allclose(found[[0, 2, 3]], away, atol=0.1)
            self.assertTrue((share[[0, 2, 3]] > 0.85).all() and share[1] < 0.3, share)
        shown = list(audit.lines("x", {"talker": apart["talker"][[0, 2, 3]]}))
        self.assertEqual(shown, [
            "| x, talker | 0.17 to 0.25 s | 1 | 1.00 | 1.00 | 1.00 |",
            "| x, talker | over 0.4 s | 2 | 1.00 | 1.00 | 0.50 |",
        ])

    def test_who_sings(self):
        for name, who in (
            ("c", "c"), ("tone", "tone"), ("recorded/3", "talker"), ("yuki", "syllables"),
        ):
            self.assertEqual(audit.voice({"voice": name}), who)
        self.assertEqual(audit.voice({"kind": "other"}), "nobody")


class Commands(unittest.TestCase):
    """Both commands."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "solo").mkdir()
        self.label("onset,offset,midi\n0.2,0.6,57\n0.6,1,59\n")
        time = np.arange(8000) / 8000
        tone = np.sin(2 * np.pi * np.where(time < 0.6, 220, 246.94) * time)
        soundfile.write(self.root / "solo/a.wav", tone, 8000)

    def label(self, text):
        """Write the labels."""
        (self.root / "solo/a.csv").write_text(text, encoding="utf-8")

    def call(self, command, *words):
        """What a command returns, prints and complains of."""
        with contextlib.redirect_stderr(io.StringIO()) as said:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                status = command.main([str(word) for word in words])
        return status, printed.getvalue(), said.getvalue()

    def test_they_tell(self):
        data = ("--data", self.root, "--sets", "solo")
        status, printed, _ = self.call(audit, *data, self.root / "solo")
        self.assertEqual((status, printed.count("| solo, all |")), (0, 2))
        status, printed, _ = self.call(ceiling, *data, "--edges", "0", "0.1")
        self.assertEqual((status, printed.count("| solo, 0")), (0, 2))
        status, printed, _ = self.call(ceiling, *data, "--arrive", self.root / "solo")
        self.assertEqual((status, printed.count("| solo |")), (0, 4))

    def test_misspelt_folders_are_told(self):
        data = ("--data", self.root, "--sets", "solo", "solo/none")
        for command, words in (
            (audit, (self.root / "solo/none",)), (audit, data), (ceiling, data),
            (ceiling, (*data, "--edges", "0.1")),
            (ceiling, (*data[:-1], "--arrive", self.root / "solo/none")),
        ):
            status, printed, said = self.call(command, *words)
            self.assertEqual((status, printed), (1, ""))
            self.assertIn(f"{self.root / 'solo/none'}: no recordings", said)

    def test_labels_without_notes_are_told(self):
        self.label("onset,offset,midi\n")
        status, _, said = self.call(ceiling, "--data", self.root, "--sets", "solo")
        self.assertEqual(status, 1)
        self.assertIn(f"{self.root / 'solo'}: no recording has notes", said)


if __name__ == "__main__":
    unittest.main()
