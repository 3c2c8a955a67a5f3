#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""A network scored alone, and the conditions that recordings are put under.

Needs the library (NEUME_NATIVE), NumPy, SciPy, mir_eval and soundfile, and PyTorch for
some; no recordings.
"""

import argparse
import contextlib
import importlib.util
import io
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))
os.environ["CUDA_VISIBLE_DEVICES"] = ""

try:
    import mir_eval  # noqa: F401  pylint: disable=unused-import
    import numpy as np
    import soundfile
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# pylint: disable=wrong-import-position
from neume_train import conditions, evaluate, native  # noqa: E402

RATE = 8192


def tones(notes, seconds):
    """Sines, one to a note, without a gap in the phase."""
    time = np.arange(int(seconds * RATE)) / RATE
    hertz, loud = np.zeros(len(time)), np.zeros(len(time))
    for onset, offset, midi in notes:
        inside = (time >= onset) & (time < offset)
        hertz[inside], loud[inside] = 440 * 2 ** ((midi - 69) / 12), 0.3
    return (loud * np.sin(2 * np.pi * np.cumsum(hertz) / RATE)).astype(np.float32)


def write_notes(path, notes):
    """A file of labels."""
    rows = [f"{onset},{offset},{midi}\n" for onset, offset, midi in notes]
    path.write_text("onset,offset,midi\n" + "".join(rows), encoding="utf-8")


def lateness(front_end):
    """Seconds from a change of tone to the label point of the frame whose window holds as
    much of the new tone as of the old one."""
    n = np.arange(front_end.window)
    rise, fall = front_end.rise, front_end.window - front_end.rise
    part = np.where(n < rise, n / rise, (front_end.window - n) / fall)
    mass = np.cumsum(0.5 - 0.5 * np.cos(np.pi * part))
    half = front_end.window - np.searchsorted(mass, mass[-1] / 2)
    return (half - front_end.label_delay) / native.RATE


class Conditions(unittest.TestCase):
    """The same recordings under music, or at another level."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        # Sung at 0.3, and what is not sung louder
        notes = [(0.5, 1.25, 60), (1.5, 2.75, 64)]
        self.voice = tones(notes, 3)
        self.voice[: RATE // 4] = 0.9
        self.level = 0.3 / np.sqrt(2)
        self.music = 0.05 * np.random.default_rng(1).standard_normal(2 * RATE)
        for folder in ("solo/one", "nonvoice/music"):
            (self.root / folder).mkdir(parents=True)
        soundfile.write(self.root / "solo/one/a.wav", self.voice, RATE, subtype="FLOAT")
        write_notes(self.root / "solo/one/a.csv", notes)
        soundfile.write(self.root / "nonvoice/music/m.wav", self.music, RATE, subtype="FLOAT")

    def build(self, **options):
        """Folders of conditions, by what their names end in."""
        given = {"data": self.root, "set": "solo", "out": str(self.root / "out"),
                 "music": [], "peak": [], "unheard": False, **options}
        folders = conditions.build(argparse.Namespace(**given))
        return {pathlib.Path(folder).name.split("_", 1)[1]: folder for folder in folders}

    def test_music_lies_so_many_decibels_under_the_voice(self):
        heard = {}
        for name, folder in self.build(music=[10, 0, -10]).items():
            audio, rate = soundfile.read(pathlib.Path(folder) / "one_a.wav")
            self.assertEqual((rate, len(audio)), (RATE, len(self.voice)))
            self.assertAlmostEqual(np.abs(audio).max(), 10 ** (-3 / 20), 3)
            both = np.stack([self.voice, np.resize(self.music, len(audio))], 1)
            (voice, music), rest, *_ = np.linalg.lstsq(both, audio, rcond=None)
            self.assertLess(rest[0], 1e-6)
            music = music * np.sqrt(np.mean(both[:, 1] ** 2))
            heard[name] = 20 * np.log10(voice * self.level / music)
            self.assertTrue((pathlib.Path(folder) / "one_a.csv").is_file())
        self.assertEqual(sorted(heard), ["music_-10dB", "music_0dB", "music_10dB"])
        for name, decibels in heard.items():
            self.assertAlmostEqual(decibels, float(name[6:-2]), 1)

    def test_a_peak_is_what_it_is_told(self):
        for name, folder in self.build(peak=[-40, 0]).items():
            audio, _ = soundfile.read(pathlib.Path(folder) / "one_a.wav")
            wanted = 10 ** (float(name[5:-2]) / 20)
            self.assertAlmostEqual(np.abs(audio).max() / wanted, 1, 4)
            np.testing.assert_allclose(audio, self.voice * wanted / 0.9, atol=1e-4 * wanted)


    def test_music_goes_on_from_piece_to_piece(self):
        rng = np.random.default_rng(2)
        heard = "other.wav", "shearer_cant_stop_it.wav"
        music = [rng.standard_normal(8 * RATE) for _ in heard]
        (self.root / "nonvoice/music/m.wav").unlink()
        for name, piece in zip(heard, music):
            soundfile.write(self.root / "nonvoice/music" / name, piece, RATE, subtype="FLOAT")
        folder = self.root / "solo/one"
        for name in ("b.wav", "b.csv", "c.wav", "c.csv"):
            shutil.copyfile(folder / f"a{name[1:]}", folder / name)
        for unheard, order in ((False, (0, 1, 0)), (True, (1, 1, 1))):
            (folder,) = self.build(music=[0], unheard=unheard).values()
            for number, (name, piece) in enumerate(zip("abc", order)):
                audio, _ = soundfile.read(pathlib.Path(folder) / f"one_{name}.wav")
                place = number * len(self.voice)
                wanted = np.take(music[piece], np.arange(place, place + len(audio)), mode="wrap")
                both = np.stack([self.voice, wanted], 1)
                rest = np.linalg.lstsq(both, audio, rcond=None)[1]
                self.assertLess(rest[0], 1e-6, (unheard, name))

    def test_misspelt_sets_and_nothing_to_write_are_told(self):
        words = ["--data", str(self.root), "--out", str(self.root / "out"), "--set"]
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(conditions.main([*words, "solo/none", "--peak", "0"]), 1)
            with self.assertRaises(SystemExit) as left:
                conditions.main([*words, "solo/one"])
        self.assertIn(f"{self.root / 'solo/none'}: no recordings", said.getvalue())
        self.assertEqual(left.exception.code, 2)
        self.assertIn("nothing to write", said.getvalue())


@unittest.skipUnless(importlib.util.find_spec("torch"), "no PyTorch")
class Network(unittest.TestCase):
    """A network without the chain, here one that tells which band is loudest."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def save(self, front_end, ahead):
        """Write such a network, which waits for `ahead` frames that it does not need."""
        # pylint: disable=import-outside-toplevel
        import torch

        from neume_train import networks, weights

        mel = np.log1p(np.array([front_end.low_hz, front_end.high_hz]) / front_end.break_hz)
        centres = front_end.break_hz * np.expm1(np.linspace(*mel, front_end.bands + 2))[1:-1]
        layers = [
            networks.conv("wait", 1, (1, 1 + 2 * ahead), right=ahead, act="linear"),
            networks.dense("tell", 40),
        ]
        stack = networks.Stack(layers, front_end.bands, stack=front_end.stack)
        wait, tell = stack.body["wait"], stack.body["tell"]
        with torch.no_grad():
            for value in (wait.weight, tell.weight, tell.bias):
                value.zero_()
            wait.weight[:, 0, :, ahead] = 1  # The newest frame of a column
            tell.bias[0] = 0.5  # What is softer is silence
            for number in range(1, 40):
                hertz = 440 * 2 ** ((number + 44 - 69) / 12)
                tell.weight[number, np.argmin(np.abs(centres - hertz))] = 1
        path = str(self.root / "net.safetensors")
        weights.save(path, "net", "1", vars(front_end), stack.eval(), {})
        return path

    def test_notes_are_told_when_they_sound(self):
        edges = 0.5 + np.cumsum(np.random.default_rng(1).uniform(0.4, 0.7, 21))
        notes = list(zip(edges, edges[1:], 5 * [60, 69, 64, 76]))
        path = self.root / "a.wav"
        soundfile.write(path, tones(notes, edges[-1] + 0.5), RATE, subtype="FLOAT")
        for front_end in (native.FrontEnd(), native.LIVE):
            for ahead, given in ((0, 1), (3, 1), (3, 2)):
                options = argparse.Namespace(
                    checkpoint=given * [self.save(front_end, ahead)], jobs=1, library=None
                )
                network = evaluate.Network(options)
                # Columns are 125 ms apart, the two steps of the median 31.25 ms
                self.assertAlmostEqual(network.what["lookahead"], 125 * ahead + 62.5)
                ((_, found, _),) = network([evaluate.Recording("a", path, None)], "")
                self.assertEqual(found.midi.tolist(), [midi for _, _, midi in notes])
                late = found.intervals[1:, 0] - edges[1:-1]
                with self.subTest(front_end=front_end, ahead=ahead, given=given):
                    self.assertLess(abs(late.mean() - lateness(front_end)), 0.008)
                    self.assertLess(np.ptp(late), 0.05)


if __name__ == "__main__":
    unittest.main()
