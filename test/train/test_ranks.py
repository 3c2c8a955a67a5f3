#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Several processes that train one network.

Needs NumPy and PyTorch; no recordings, no C code.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "train"))
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Sums must come out the same twice

try:
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# pylint: disable=wrong-import-position
from neume_train import train  # noqa: E402
from runs import Runs  # noqa: E402

torch.set_num_threads(1)

# Trains, then tells by its exit status whether it has left a thread behind.
ALONE_AT_THE_END = """
import os, sys
from neume_train import train
before = set(os.listdir("/proc/self/task"))
failed = train.main()
left = set(os.listdir("/proc/self/task")) - before
sys.exit(f"{len(left)} threads are left" if left else failed)
"""
# Trains, and prints the clips of each step; the first process is told to stop in the last
# step of the first epoch.
STOPPED = """
import json, os, signal, sys
from neume_train import shards, train
first, heard = os.environ["RANK"] == "0", []
alone, step = shards.Clips.alone, train.Trainer.train_step
def watched(self, keys):
    heard.append(keys)
    return alone(self, keys)
def stopped(self, *words):
    loss = step(self, *words)
    if first and (self.epoch, self.step) == (0, 4):
        os.kill(os.getpid(), signal.SIGTERM)
    return loss
shards.Clips.alone, train.Trainer.train_step = watched, stopped
status = train.main()
print(json.dumps(heard))
sys.exit(status)
"""


class Ranks(Runs):
    """Processes as torchrun starts them."""

    def together(self, count, code, name, *words):
        """Exit status, output and errors of `count` processes that run `code`."""
        (self.root / name).mkdir(exist_ok=True)
        words = [sys.executable, "-c", code, "--data", str(self.data), *words]
        words += ["--out", str(self.root / name), "--layers", str(self.root / "layers.json")]
        words += ["--batch", "4", "--precision", "float32", "--lr", "0.01", "--ema", "0.9"]
        words += ["--threads", "1"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        where = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "GLOO_SOCKET_IFNAME": "lo"}
        where |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # No other threads
        started = [
            subprocess.Popen(
                words,
                cwd=ROOT / "train",
                # What torchrun sets
                env={**os.environ, **where, "RANK": str(rank), "WORLD_SIZE": str(count)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in range(count)
        ]
        done = [process.communicate(timeout=300) for process in started]
        return [(process.returncode, *said) for process, said in zip(started, done)]

    def test_two_processes_then_one(self):
        for count, epochs in ((2, 6), (1, 8)):
            done = self.together(count, ALONE_AT_THE_END, "both", "--epochs", str(epochs))
            for status, _, errors in done:
                self.assertEqual(status, 0, errors[-2000:])
            self.assertIn("finished", done[0][1])
            self.assertEqual([said for _, said, _ in done[1:]], [""] * (count - 1))
            # All score the network that is kept
            trainer = self.trainer("both")
            trainer.load()
            self.assertAlmostEqual(trainer.evaluate()["loss"], self.log("both")[-1]["loss"], 5)
        self.assertIn("going on from epoch 6, step 0", done[0][1])
        log = self.log("both")
        self.assertEqual([entry["epoch"] for entry in log], list(range(1, 9)))
        epoch = len(trainer.clips.train) // 4 * 4
        self.assertEqual([entry["seen"] for entry in log], list(range(epoch, 9 * epoch, epoch)))
        self.assertLess(log[-1]["train_loss"], 0.7 * log[0]["train_loss"])

    def test_two_processes_train_as_one_does(self):
        words = ("--no-augment", "--dropout", "0", "--keep-norm")
        one = self.trainer("one", *words)
        self.assertTrue(self.run_it(one))
        heard = []
        # Told to stop as an epoch ends, all of them end it, and later go on
        for wanted in (3, 0):
            done = self.together(2, STOPPED, "two", *words, "--epochs", "2")
            for status, _, errors in done:
                self.assertEqual(status, wanted, errors[-2000:])
            heard += zip(*(json.loads(said.splitlines()[-1]) for _, said, _ in done))
        # Each has clips of its own, together those of one process
        for epoch in range(2):
            one.epoch = epoch
            order = one.order()[0]
            for step in range(4):
                batch = [list(one.clips.train[i]) for i in order[4 * step : 4 * step + 4]]
                first, second = heard[4 * epoch + step]
                self.assertEqual([first, second], [batch[0::2], batch[1::2]])
        state = torch.load(self.root / "two" / train.CHECKPOINT)
        for name, value in one.stack.state_dict().items():
            torch.testing.assert_close(state["stack"][name], value, atol=1e-4, rtol=1e-3)
        for mine, theirs in zip(self.log("one"), self.log("two")):
            self.assertEqual(mine["seen"], theirs["seen"])
            self.assertAlmostEqual(mine["loss"], theirs["loss"], 4)


if __name__ == "__main__":
    unittest.main()
