#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Command lines of training: what they refuse, and what they say of it.

Needs NumPy and PyTorch; no recordings, no C code.
"""

import contextlib
import io
import os
import pathlib
import sys
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "train"))
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Sums must come out the same twice

try:
    import numpy as np
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# pylint: disable=wrong-import-position
from neume_train import export, tensors, train, weights  # noqa: E402
from runs import BANDS, Runs  # noqa: E402

torch.set_num_threads(1)


class Commands(Runs):
    """train and export as they are called."""

    def call(self, module, *words):
        """(Exit status, errors) of a command."""
        words = [str(word) for word in words]
        said, status = io.StringIO(), None
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            with mock.patch.object(sys, "argv", [module.__name__, *words]):
                try:
                    status = module.main()
                except SystemExit as error:
                    status = error.code
        return status, said.getvalue()

    def fails(self, pattern, module, *words):
        """A command that ends with status 1 and one line."""
        status, said = self.call(module, *words)
        self.assertEqual((status, said.count("\n")), (1, 1), said)
        self.assertRegex(said, pattern)

    def test_numbers_out_of_range_are_refused(self):
        words = ("--data", self.data, "--out", self.root / "run", "--hours", "1")
        for number in ("epochs -1", "epoch-clips -1", "hours -1", "hours nan", "hours inf",
                       "seed -1", "threads -1", "batch 0", "batch -4", "lr -1", "lr nan",
                       "warmup -0.1", "warmup 1.1", "weight-decay -1", "clip -1", "ema -0.1",
                       "ema 1.1", "dropout -0.1", "dropout 2", "smoothing -0.1", "smoothing 2",
                       "balance -1", "mixup -1", "edge -0.1", "edge 1.1", "underlay -0.1",
                       "underlay 1.1", "gain-db -1", "tilt-db nan", "mask-bands -1",
                       "save-minutes -1", "taught 2", "width 0", "width -1", "label-delay -1"):
            option, value = number.split()
            status, said = self.call(train, *words, f"--{option}", value)
            with self.subTest(number):
                self.assertEqual(status, 2)
                self.assertIn(f"argument --{option}: must be from", said)

    def test_all_of_the_training_may_be_warmup(self):
        trainer = self.trainer("warm", "--warmup", "1", epochs=1)
        self.assertTrue(self.run_it(trainer))
        rate = [group["lr"] for group in trainer.optimiser.param_groups]
        np.testing.assert_allclose(rate, (0.05 + 0.95 * 0.75) * trainer.args.lr)

    def test_what_cannot_be_read_is_named(self):
        words = ("--epochs", "1", "--out", self.root / "run")
        self.fails("^train: .*none/dataset.json", train, *words, "--data", self.root / "none")
        words += ("--data", self.data, "--layers", self.root / "layers.json")
        path = self.root / "front_end.json"
        for content, wanted in (
            ('{"bands": 24, "bandz": 3}', "no parameter bandz; there are window, fft, bands"),
            ('{"bands": "24"}', "bands is '24', must be int"),
            ('{"bands": 24.5}', "bands is 24.5, must be int"),
            ("[24]", "must be a JSON object"),
            ("{", "no JSON"),
        ):
            path.write_text(content, encoding="utf-8")
            self.fails(f"^train: {path}: {wanted}", train, *words, "--front-end", path)
        (self.root / "run" / train.CHECKPOINT).write_bytes(b"garbage")
        self.fails(r"^train: .*run/checkpoint.pt: not a checkpoint", train, *words)
        self.fails("checkpoint", train, *words, "--fresh", "--start", self.root / "run")
        words = ("--out", self.root / "x", "--name", "x", "--run")
        self.fails("^export: .*run/checkpoint.pt: not a", export, *words, self.root / "run")
        self.fails("^export: .*none", export, *words, self.root / "none")
        self.trainer("cut").save()
        path = self.root / "cut" / train.CHECKPOINT
        path.write_bytes(path.read_bytes()[:5000])
        self.fails("^export: .*cut/checkpoint.pt: not a", export, *words, path)
        torch.save([1], self.root / "list.pt")
        self.fails("^export: .*list.pt: not a", export, *words, self.root / "list.pt")

    def test_an_export_is_what_was_asked_for(self):
        trainer = self.trainer("run", epochs=1)
        self.assertTrue(self.run_it(trainer))
        path = self.root / "x.safetensors"
        words = ("--run", self.root / "run", "--out", path, "--name")
        x = torch.rand(1, 50, BANDS)
        for more, stack in (([], trainer.average.stack), (["--raw"], trainer.stack)):
            self.assertEqual(self.call(export, *words, "n" * 63, *more), (0, ""))
            with torch.no_grad():
                away = (weights.load(path)[0](x) - stack.eval()(x)).abs().max()
                other = (trainer.average.stack(x) - trainer.stack.eval()(x)).abs().max()
            self.assertLess(away, 1e-3 * other)
        for more, kind in (([], np.float32), (["--half"], np.float16)):
            self.assertEqual(self.call(export, *words, "x", "--version", "v" * 31, *more), (0, ""))
            arrays, _ = tensors.read(path)
            self.assertEqual({array.dtype for array in arrays.values()}, {np.dtype(kind)})

    def test_names_that_the_plugin_refuses_are_refused(self):
        self.assertTrue(self.run_it(self.trainer("run", epochs=1)))
        path = self.root / "x.safetensors"
        words = ("--run", self.root / "run", "--out", path, "--name")
        for name, version, wanted in (
            (32 * "é", "1", "name: is 64 bytes long, must be 1 to 63"),
            ("", "1", "name: is 0 bytes long, must be 1 to 63"),
            ("x", 32 * "1", "version: is 32 bytes long, must be 1 to 31"),
            ("x\ny", "1", "name: has a control character"),
        ):
            self.fails(f"^export: {wanted}", export, *words, name, "--version", version)
        self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
