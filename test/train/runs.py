# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Runs of training on a made-up set, for its tests."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import numpy as np

from neume_train import export, networks, train, vectors, weights

BANDS = 24
TINY = [
    networks.conv("local", 6, (3, 3)),
    networks.pool(2),
    networks.conv("column", 24, ("all", 1), pad=(0, 0)),
    networks.conv("context", 24, (1, 3), dilation=2, right=2),
    networks.dense("dense", 40),
]


class Runs(unittest.TestCase):
    """Runs on a made-up set: a ridge whose place is the class."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.data = self.root / "clips"
        self.data.mkdir()
        (self.root / "layers.json").write_text(json.dumps(TINY), encoding="utf-8")
        for number in range(2):
            self.shard(number)

    def shard(self, number, clips=10):
        """Write one file of clips."""
        rng = np.random.default_rng(number)
        labels = rng.integers(0, 6, (clips, 60)).repeat(16, 1)
        features = np.abs(rng.normal(0, 0.1, (clips, 960, BANDS)))
        features += (np.arange(BANDS) == 4 * labels[..., None] - 2) * 1.0
        np.savez(
            self.data / f"shard-{number:05}.npz",
            features=features.astype(np.float16),
            labels=labels.astype(np.uint8),
        )
        manifest = {"shards": number + 1, "step": 128, "front_end": vectors.front_end(BANDS)}
        (self.data / "dataset.json").write_text(json.dumps(manifest), encoding="utf-8")

    def trainer(self, name, *words, epochs=2):
        """A Trainer of the run `name`."""
        out = self.root / name
        out.mkdir(exist_ok=True)
        words = ["--data", str(self.data), "--out", str(out), *words]
        words += ["--layers", str(self.root / "layers.json"), "--epochs", str(epochs)]
        words += ["--batch", "4", "--precision", "float32", "--lr", "0.01", "--ema", "0.9"]
        return train.Trainer(train.parse(words))

    @staticmethod
    def run_it(trainer):
        """Run, without words; whether it came to its end."""
        with contextlib.redirect_stdout(io.StringIO()):
            return trainer.run()

    def log(self, name):
        """The reports of the run `name`."""
        lines = (self.root / name / "log.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def weights_of(self, name):
        """A weights file of the run `name`."""
        stack, state = export.load_checkpoint(str(self.root / name))
        path = str(self.root / f"{name}.safetensors")
        details = export.provenance(stack, [state], "")
        weights.save(path, name, "1", state["front_end"], stack, details)
        return path
