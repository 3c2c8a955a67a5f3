#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""What is done to clips before a network hears them.

Needs NumPy and PyTorch; no recordings, no C code.
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

try:
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# pylint: disable=wrong-import-position
from neume_train import shards, vectors  # noqa: E402

torch.set_num_threads(1)

BANDS = 24


class Augmentation(unittest.TestCase):
    """Gains, equalisers, masks, and sounds laid over each other."""

    def test_augmentation_is_a_gain_of_each_band(self):
        front_end = vectors.front_end(BANDS)
        x = torch.rand(5, 30, BANDS)
        x[:, 3] = 0
        generator = torch.Generator().manual_seed(1)
        y = shards.augment(x, front_end, generator, gain_db=12, tilt_db=0)
        self.assertEqual(float(y[:, 3].abs().max()), 0)
        x, y = (a[:, 4:].double() / front_end["scale"] for a in (x, y))
        gain = 10 * torch.log10(torch.expm1(y) / torch.expm1(x))
        clip = gain.median(2).values.median(1).values
        loud = x > 1  # Below, the power of a rounded feature is not exact
        self.assertLess(((gain - clip[:, None, None]).abs() * loud).max(), 1e-2)
        self.assertLess(clip.abs().max(), 12)
        self.assertGreater(clip.std(), 1)

    def test_the_equaliser_tilts_and_waves(self):
        front_end = vectors.front_end(BANDS)
        x = (0.5 + torch.rand(300, 4, BANDS)).double()
        generator = torch.Generator().manual_seed(1)
        y = shards.augment(x, front_end, generator, gain_db=0, tilt_db=6)
        x, y = (torch.expm1(part / front_end["scale"]) for part in (x, y))
        gain = 10 * torch.log10(y / x)
        torch.testing.assert_close(gain, gain[:, :1].expand(gain.shape))
        gain = gain[:, 0]
        self.assertTrue(6.5 < gain.max() <= 9 and -9 <= gain.min() < -6.5)
        position = torch.linspace(-1, 1, BANDS).double()
        tilt = gain @ position / position.square().sum()
        self.assertGreater(tilt.std(), 2)
        self.assertLess(tilt.mean().abs(), 1)
        wave = gain - tilt[:, None] * position
        self.assertTrue(0.5 < wave.std() < 2, wave.std())

    def test_bands_are_emptied(self):
        x = 0.5 + torch.rand(400, 4, 2 * BANDS)  # Two frames to a column
        generator = torch.Generator().manual_seed(1)
        front_end = vectors.front_end(BANDS)
        y = shards.augment(x, front_end, generator, gain_db=0, tilt_db=0, mask_bands=5)
        empty = (y == 0).reshape(400, -1, BANDS)
        torch.testing.assert_close(y, x * (y != 0), atol=1e-5, rtol=1e-4)
        self.assertTrue(bool((empty == empty[:, :1]).all()))
        empty = empty[:, 0]
        width = empty.sum(1)
        self.assertEqual(sorted(set(width.tolist())), list(range(6)))
        self.assertLess(abs(float((width > 0).float().mean()) - 0.5 * 5 / 6), 0.07)
        steps = torch.nn.functional.pad(empty.int(), (1, 1)).diff(dim=1)
        self.assertLessEqual(int((steps == 1).sum(1).max()), 1)  # Neighbours
        self.assertGreater(int(empty.any(0).sum()), BANDS - 2)

    def test_sounds_are_laid_over_each_other(self):
        front_end = vectors.front_end(BANDS)
        x, y = torch.rand(2, 200, 30, BANDS)
        x, y = x * torch.rand(200, 1, 1), 0.1 + 0.5 * y * torch.rand(200, 1, 1)
        for levels in ((), (-10, -10)):
            z = shards.overlay(x, y, front_end, torch.Generator().manual_seed(1), *levels)
            power = [torch.expm1(part.double() / front_end["scale"]) for part in (x, y, z)]
            added = power[2] - power[0]
            level = 10 * torch.log10(added.mean((1, 2)) / power[0].mean((1, 2)))
            if levels:
                self.assertLess((level + 10).abs().max(), 0.1)
            else:
                self.assertTrue(-20.1 < level.min() < -18 and -2 < level.max() < 0.1)
                self.assertLess(abs(level.mean() + 10), 1.5)
            # What is added is the other clip, louder or softer
            ratio = added / power[1]
            loud = power[0] < 10 * added  # Else what is left is rounding
            away = (ratio / ratio.median(2, True).values.median(1, True).values - 1).abs()
            self.assertGreater(loud.float().mean(), 0.3)
            self.assertLess((away * loud).max(), 0.01)


if __name__ == "__main__":
    unittest.main()
