#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Runs that were stopped or killed, and go on.

Needs NumPy and PyTorch; no recordings, no C code.
"""

import contextlib
import io
import json
import os
import pathlib
import signal
import sys
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "train"))
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Sums must come out the same twice

try:
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# pylint: disable=wrong-import-position
from neume_train import sources, train  # noqa: E402
from runs import Runs  # noqa: E402

torch.set_num_threads(1)
STEPS = 4  # Of an epoch


class Killed(Exception):
    """What stands for SIGKILL."""


class Resuming(Runs):
    """The second half of a run."""

    def told(self, name):
        """The reports of a run, but for the time that it took."""
        return [{**report, "minutes": 0} for report in self.log(name)]

    def again(self, name, **more):
        """Go on with a run to its end."""
        trainer = self.trainer(name, **more)
        trainer.load()
        self.assertTrue(self.run_it(trainer))
        return trainer

    def stopped(self, name, epoch, step, **more):
        """A run that is told to stop in a step of an epoch, both from 0; whether it came
        to its end."""
        trainer = self.trainer(name, **more)
        take = trainer.train_step

        def train_step(*words):
            trainer.stop = (trainer.epoch, trainer.step) == (epoch, step)
            return take(*words)

        with mock.patch.object(trainer, "train_step", train_step):
            return self.run_it(trainer)

    def test_a_stop_at_the_end_of_an_epoch_loses_no_report(self):
        self.assertTrue(self.run_it(self.trainer("whole", epochs=3)))
        self.assertFalse(self.stopped("first", 0, STEPS - 1, epochs=3))
        self.assertEqual(self.told("first"), self.told("whole")[:1])
        self.again("first", epochs=3)
        self.assertEqual(self.told("first"), self.told("whole"))
        # At the very end there is nothing left to go on with
        self.assertTrue(self.stopped("last", 2, STEPS - 1, epochs=3))
        self.assertEqual(self.told("last"), self.told("whole"))

    def test_a_stop_within_an_epoch_is_no_report(self):
        self.assertFalse(self.stopped("part", 1, 1))
        self.assertEqual([report["epoch"] for report in self.log("part")], [1])

    def test_a_killed_run_tells_of_each_epoch_once(self):
        self.assertTrue(self.run_it(self.trainer("whole", epochs=3)))
        for what, epoch in (("save", 2), ("write_log", 2), ("save", 3), ("write_log", 3)):
            name = f"{what}-{epoch}"
            trainer = self.trainer(name, epochs=3)
            method = getattr(trainer, what)

            def dies(trainer=trainer, method=method, epoch=epoch):
                if trainer.epoch == epoch:
                    raise Killed
                method()

            with mock.patch.object(trainer, what, dies), self.assertRaises(Killed):
                self.run_it(trainer)
            self.again(name, epochs=3)
            self.assertEqual(self.told(name), self.told("whole"), name)

    def test_the_log_of_an_older_checkpoint_stays(self):
        self.assertTrue(self.run_it(self.trainer("run")))
        before = self.log("run")
        path = self.root / "run" / train.CHECKPOINT
        state = torch.load(path)
        del state["log"]
        torch.save(state, path)
        later = {**before[-1], "epoch": 3}  # Written, but then not saved
        with open(self.root / "run" / train.LOG, "a", encoding="utf-8") as file:
            file.write(json.dumps(later) + "\n")
        self.again("run", epochs=3)
        found = self.log("run")
        self.assertEqual(found[:2], before)
        self.assertEqual([report["epoch"] for report in found], [1, 2, 3])

    def test_a_fresh_run_has_a_log_of_its_own(self):
        words = ["--data", str(self.data), "--out", str(self.root / "run")]
        words += ["--layers", str(self.root / "layers.json"), "--threads", "1"]
        kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        for more, wanted in (["1"], [1]), (["2"], [1, 2]), (["1", "--fresh"], [1]):
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(train.main([*words, "--epochs", *more]), 0)
            self.assertEqual([report["epoch"] for report in self.log("run")], wanted)
        for number, handler in kept.items():
            signal.signal(number, handler)

    def test_all_commits_and_runs_before_are_told(self):
        self.assertTrue(self.run_it(self.trainer("first", epochs=1)))
        start = ("--start", str(self.root / "first"))
        with mock.patch.object(train, "commit", return_value="a"):
            trainer = self.trainer("second", *start)
        trainer.save()
        with mock.patch.object(sources, "commit", return_value="b"):
            trainer = self.again("second")  # Without --start: the checkpoint knows
        state = torch.load(trainer.path)
        self.assertEqual(state["commit"], "a, b")
        self.assertEqual([run["epochs"] for run in state["lineage"]], [1])


if __name__ == "__main__":
    unittest.main()
