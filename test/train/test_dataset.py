#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Sets of clips on disk: what a folder may hold, and what makes it.

Needs the library (NEUME_NATIVE), NumPy and SciPy; no recordings, no PyTorch.
"""

import contextlib
import functools
import io
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

# pylint: disable=wrong-import-position
from neume_train import clips, dataset, sources  # noqa: E402


class Sets(unittest.TestCase):
    """Folders of clips, all of one singer."""

    def setUp(self):
        alone = functools.partial(clips.Maker, only="solo")
        alone.KINDS = clips.Maker.KINDS
        maker = mock.patch.object(dataset.clips, "Maker", alone)
        maker.start()
        self.addCleanup(maker.stop)

    def test_a_part_that_comes_last_is_listed(self):
        with tempfile.TemporaryDirectory() as folder:
            other, here = (pathlib.Path(folder) / name for name in ("other", "here"))
            dataset.generate(other, 2, seed=2, shard=1, rank=1, ranks=2)

            def progress(*_):  # Looked for before, never after
                shutil.copy(other / "shard-00001.npz", here)

            made = dataset.generate(here, 2, seed=2, shard=1, rank=0, ranks=2, progress=progress)
            self.assertEqual(made["clips"], 2)
            self.assertEqual(json.loads((here / "dataset.json").read_text()), made)

    def test_a_set_is_of_one_kind(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "dataset.json"
            for kind, others in (("other", (None, "held")), (None, ("other",))):
                path.unlink(missing_ok=True)
                dataset.generate(folder, 1, seed=2, kind=kind)
                told = path.read_bytes()
                for more in others:
                    with self.assertRaisesRegex(ValueError, rf"kind: {kind}, asked for: {more}\)"):
                        dataset.generate(folder, 2, seed=2, kind=more)
                self.assertEqual(path.read_bytes(), told)

    def test_commits_are_those_that_made_the_clips(self):
        with tempfile.TemporaryDirectory() as folder:
            told = []
            for clips_wanted, now in ((2, "a"), (4, "b"), (4, "c"), (6, "b")):
                with mock.patch.object(sources, "commit", side_effect=[now]):
                    manifest = dataset.generate(folder, clips_wanted, seed=2, shard=1)
                told.append(manifest["commit"])
            self.assertEqual(told, ["a", "a, b", "a, b", "a, b"])

    def refused(self, *words):
        """(Exit status, errors) of a command that makes nothing."""
        status, said = None, io.StringIO()
        with tempfile.TemporaryDirectory() as folder:
            words = ["dataset", "--out", folder, "--clips", "1", *words]
            with mock.patch.object(sys, "argv", words), contextlib.redirect_stderr(said):
                try:
                    status = dataset.main()
                except SystemExit as error:
                    status = error.code
            self.assertEqual(os.listdir(folder), [])
        return status, said.getvalue()

    def test_folders_that_are_not_there_are_refused(self):
        for name in ("--sounds", "--data"):
            status, said = self.refused(name, "/not/there")
            self.assertEqual(status, 2)
            self.assertIn(f"{name}: no folder /not/there", said)

    def test_numbers_out_of_range_are_refused(self):
        for name in ("--clips", "--shard", "--jobs", "--listen"):
            for value in ("0", "-1"):
                status, said = self.refused(name, value)
                self.assertEqual(status, 2)
                self.assertIn(f"argument {name}: must be from 1 to", said)
        for name in ("--seed", "--label-delay"):
            self.assertIn(f"argument {name}: must be from 0 to", self.refused(name, "-1")[1])

    def test_a_front_end_that_is_none_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.json"
            path.write_text('{"window": 512, "bandz": 3}', encoding="utf-8")
            status, said = self.refused("--front-end", str(path))
        self.assertEqual((status, said.count("\n")), (1, 1))
        self.assertIn(f"dataset: {path}: no parameter bandz", said)


if __name__ == "__main__":
    unittest.main()
