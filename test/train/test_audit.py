#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""What the pitch that is heard says of labels: ceiling and audit.

Needs NumPy, SciPy, soundfile and mir_eval; no recordings, no PyTorch.
"""

import importlib.util
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


if __name__ == "__main__":
    unittest.main()
