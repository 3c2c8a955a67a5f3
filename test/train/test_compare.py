#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Of neume_train.compare: what is made, what is not made again, and the page.

Needs NumPy and PyTorch; trains and scores nothing.
"""

import io
import json
import pathlib
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

try:
    from neume_train import compare
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

try:
    import matplotlib
except ImportError:
    matplotlib = None


class Bench:
    """Stands in for the modules that compare calls; every network scores 0.5, but those
    named in `scores`."""

    def __init__(self, scores):
        self.calls = []
        self.singers = []
        self.scores = scores

    def make_clips(self, options, singers):
        """No clips, but what compare reads of them."""
        self.singers.append(singers)
        for folder in options.folders[singers].values():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "dataset.json").write_text('{"commit": "0123abc"}', encoding="utf-8")

    def call(self, module, *arguments):
        """What a module leaves behind."""
        given = dict(zip(map(str, arguments), map(str, arguments[1:])))
        self.calls.append((module, given))
        if module == "train":
            run = pathlib.Path(given["--out"])
            line = {"epoch": int(given["--epochs"]), "accuracy": 0.6, "minutes": 3.0}
            with open(run / "log.jsonl", "a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
        elif module == "export":
            pathlib.Path(given["--out"]).write_bytes(b"")
        else:
            path = pathlib.Path(given["--json"])
            value = self.scores.get(path.parent.name, 0.5)
            told = {name: {"mean": {"acc40": value}} for name in compare.SETS}
            told = {"sets": told, "parameters": 1000000, "macs": 2e6, "lookahead": 62.5}
            path.write_text(json.dumps(told), encoding="utf-8")

    def count(self, module):
        """How often a module was called."""
        return sum(name == module for name, _ in self.calls)


class Compare(unittest.TestCase):
    """The command."""

    def run_it(self, out, *options, scores=None):
        """(status, Bench, standard error) of the command."""
        bench, errors = Bench(scores or {}), io.StringIO()
        argv = ["compare", "--out", str(out), "--data", "nowhere", *options]
        with mock.patch.object(sys, "argv", argv), mock.patch.object(
            compare, "call", bench.call
        ), mock.patch.object(compare, "make_clips", bench.make_clips), redirect_stderr(
            errors
        ), redirect_stdout(io.StringIO()):
            status = compare.main()
        return status, bench, errors.getvalue()

    def test_once(self):
        """All is trained and scored once, on clips of all singers."""
        networks = len(compare.SYSTEMS) + 1 + len(compare.ABLATION)
        curves = sum(map(len, compare.LOOKAHEAD.values()))
        with tempfile.TemporaryDirectory() as out:
            status, bench, _ = self.run_it(out, "--at-once", "3")
            self.assertEqual(status, 0)
            self.assertEqual(sorted(bench.singers), sorted(compare.SINGERS))
            self.assertEqual(bench.count("train"), networks)
            self.assertEqual(bench.count("evaluate"), 1 + networks + curves)
            for module, given in bench.calls:
                if module == "train":
                    started = "--start" in given
                    self.assertEqual(given["--epochs"], "1" if started else "6")
            status, bench, _ = self.run_it(out)
            self.assertEqual((status, bench.calls, bench.singers), (0, [], []))

    def test_what_is_missing(self):
        """Only what is missing is made, and clips only for those who hear them."""
        with tempfile.TemporaryDirectory() as out:
            self.run_it(out)
            (pathlib.Path(out) / "runs" / "c-singer" / "log.jsonl").unlink()
            status, bench, _ = self.run_it(out)
            self.assertEqual((status, bench.singers, bench.count("train")), (0, ["c"], 1))

    def test_other_options(self):
        """What was made with other options is neither told nor overwritten."""
        with tempfile.TemporaryDirectory() as out:
            self.run_it(out)
            for option in ("--clips", "--epochs", "--choice-epochs", "--batch", "--seed"):
                status, bench, error = self.run_it(out, option, "3")
                self.assertEqual((status, bench.calls), (1, []))
                self.assertIn(f"{option} ", error)

    @unittest.skipUnless(matplotlib, "needs Matplotlib")
    def test_page(self):
        """Each network has its row; a choice is told by how it differs."""
        with tempfile.TemporaryDirectory() as out:
            doc = pathlib.Path(out) / "page"
            scores = {"constant-q": 0.25, "no-dropout": 0.53}
            status, _, _ = self.run_it(
                out, "--doc", str(doc), "--machine", "an abacus", scores=scores
            )
            self.assertEqual(status, 0)
            text = doc.with_suffix(".md").read_text(encoding="utf-8")
            for network in (*compare.SYSTEMS, *compare.ABLATION):
                self.assertIn(f"| {network.what} | ", text)
            self.assertIn("constant-Q | 1.00 M | 2.00 | 62 | 0.600 | 0.250 | 0.250 | 0.250 |", text)
            self.assertIn("| no dropout | 2.00 | +0.000 | +0.030 | +0.030 | +0.030 |", text)
            self.assertIn("hours in\nall, on an abacus.", text)
            self.assertIn("clips of commit 0123abc.", text)
            for plot in ("cost", "lookahead"):
                self.assertGreater(doc.with_name(f"page-{plot}.png").stat().st_size, 1000)


if __name__ == "__main__":
    unittest.main()
