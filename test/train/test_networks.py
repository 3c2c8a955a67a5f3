#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Networks, weights files and test vectors.

Needs NumPy and PyTorch; no recordings, no C code.
"""

import contextlib
import io
import json
import os
import pathlib
import struct
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "train"))
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Sums must come out the same twice

try:
    import numpy as np
    import torch
    from torch.nn import functional as F
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# pylint: disable=wrong-import-position
from neume_train import (  # noqa: E402
    networks,
    systems,
    tensors,
    vectors,
    weights,
)

torch.set_num_threads(1)

VECTORS = ROOT / "test" / "dsp" / "vectors"
BANDS = 24
TINY = [
    networks.conv("local", 6, (3, 3)),
    networks.pool(2),
    networks.conv("column", 24, ("all", 1), pad=(0, 0)),
    networks.conv("context", 24, (1, 3), dilation=2, right=2),
    networks.dense("dense", 40),
]


def random_stack(name, double=True):
    """(network with random weights and statistics, features [frames, stack * bands])."""
    stack, x = vectors.make(name, 7)
    x = torch.from_numpy(x)
    return (stack.double().eval(), x.double()) if double else (stack.eval(), x)


def outputs(stack, x, **options):
    """[frames, outputs] logits."""
    with torch.no_grad():
        return stack(x[None], **options)[0]


def literal(layers, arrays, x, stack=1, silence=300):
    """Logits [frames, outputs], as doc/weights-format.md says and no other way.

    `x` is [frames, stack * bands]; before it stand so many frames of zeros that the
    start, where the past is missing, is out of reach.
    """
    frames = len(x)
    x = np.concatenate([np.zeros((silence, x.shape[1])), x]).T
    x = x.reshape(stack, len(x) // stack, -1)
    for layer in layers:
        if layer["type"] == "conv":
            weight = arrays[layer["name"] + ".weight"].astype(float)
            below, above = layer["pad"]
            y = np.pad(x, ((0, 0), (below, above), (layer["left"], layer["right"])))
            rows = y.shape[1] - weight.shape[2] + 1
            x = np.zeros((len(weight), rows, x.shape[2]))
            for row in range(weight.shape[2]):
                for time in range(weight.shape[3]):
                    at = time * layer["dilation"]
                    part = y[:, row : row + rows, at : at + x.shape[2]]
                    x += np.einsum("oi,irt->ort", weight[:, :, row, time], part)
            x += arrays[layer["name"] + ".bias"][:, None, None]
        elif layer["type"] == "dense":
            column = x.reshape(-1, x.shape[2])
            x = arrays[layer["name"] + ".weight"].astype(float) @ column
            x = (x + arrays[layer["name"] + ".bias"][:, None])[:, None]
        else:
            size = layer["size"]
            rows = x.shape[1] // size
            x = x[:, : rows * size].reshape(len(x), rows, size, -1)
            x = x.max(2) if layer["type"] == "max_pool" else x.mean(2)
        if layer.get("activation") == "relu":
            x = np.maximum(x, 0)
        elif layer.get("activation") == "leaky_relu":
            x = np.where(x > 0, x, layer["slope"] * x)
    return x[:, 0].T[-frames:]


class Networks(unittest.TestCase):
    """What outputs depend on, and what they are."""

    def test_outputs_depend_on_their_reach_alone(self):
        for name in vectors.cases():
            stack, x = random_stack(name)
            before = outputs(stack, x)
            t = len(x) // 2
            for first, last, seen in (
                (t + stack.right + 1, len(x), False),
                (t + stack.right, t + stack.right + 1, True),
                (0, t - stack.left, False),
                (t - stack.left, t - stack.left + 1, True),
            ):
                if first < 0 or first >= last:
                    continue
                changed = x.clone()
                changed[first:last] += 5
                difference = (outputs(stack, changed)[t] - before[t]).abs().max()
                with self.subTest(name=name, first=first - t, last=last - t):
                    self.assertEqual(bool(difference > 0), seen)

    def test_shipped_designs_need_no_future(self):
        for name in ("live", "reference-causal"):
            left, right = networks.reach(networks.preset(name, 144))
            self.assertEqual(right, 0)
            self.assertLess(left, networks.CONTEXT)
        left, right = networks.reach(networks.preset("accurate", 144))
        self.assertEqual((left + right, right), (networks.reach(networks.live())[0] + 3, 3))

    def test_silence_stands_before_the_first_frame(self):
        for name in vectors.cases():
            stack, x = random_stack(name)
            for silence in (1, 3, 250):
                zeros = torch.zeros(silence, x.shape[1]).double()
                later = outputs(stack, torch.cat([zeros, x]))[silence:]
                with self.subTest(name=name, silence=silence):
                    self.assertLess((later - outputs(stack, x)).abs().max(), 1e-9)

    def test_history_is_the_past_of_the_rest(self):
        for name in ("live", "odd-dilated", "stacked"):
            stack, x = random_stack(name)
            whole = outputs(stack, x)[stack.left :]
            self.assertLess((outputs(stack, x, history=True) - whole).abs().max(), 1e-9)

    def test_folded_network_is_the_same(self):
        for name in vectors.cases():
            stack, x = random_stack(name)
            arrays = networks.fold(stack)
            folded = networks.unfold(stack.layers, stack.bands, arrays, stack.stack).double()
            difference = (outputs(folded, x) - outputs(stack, x)).abs().max()
            with self.subTest(name=name):
                self.assertLess(difference, 1e-5)  # Weights are rounded to float

    def test_settled_normalisation_is_that_of_playing(self):
        for name in ("live", "odd-dilated", "stacked"):
            stack, x = random_stack(name)
            wanted = outputs(stack, x)
            before = {key: value.clone() for key, value in stack.state_dict().items()}
            stack.train()
            stack.dropout.p = 0.0
            self.assertGreater((stack(x[None])[0] - wanted).abs().max(), 1e-3)
            stack.load_state_dict(before)
            stack.settled = True
            found = stack(x[None])[0]
            self.assertLess((found - wanted).abs().max(), 1e-9)
            for key, value in stack.state_dict().items():
                self.assertTrue(torch.equal(value, before[key]), key)
            found.square().mean().backward()  # What it trains is what it trained before
            self.assertTrue(all(p.grad.abs().max() > 0 for p in stack.parameters()))

    def test_outputs_are_as_the_format_says(self):
        for name in vectors.cases():
            stack, x = random_stack(name)
            arrays = networks.fold(stack)
            folded = networks.unfold(stack.layers, stack.bands, arrays, stack.stack).double()
            wanted = literal(stack.layers, arrays, x.numpy(), stack.stack)
            with self.subTest(name=name):
                self.assertLess(np.abs(outputs(folded, x).numpy() - wanted).max(), 1e-9)

    def test_pooling_and_its_gradient(self):
        x = torch.randn(2, 3, 11, 5, dtype=torch.double)
        for size in (2, 3):
            mine, theirs = (x.clone().requires_grad_() for _ in range(2))
            out = networks.MaxPool.apply(mine, size)
            wanted = F.max_pool2d(theirs, (size, 1))
            self.assertTrue(torch.equal(out, wanted))
            weight = torch.randn_like(wanted)
            (out * weight).sum().backward()
            (wanted * weight).sum().backward()
            self.assertTrue(torch.equal(mine.grad, theirs.grad))

    def test_multiply_adds(self):
        layers = networks.resolve(TINY, BANDS)
        rest = 24 * 6 * 12 + 24 * 24 * 3 + 24 * 40
        self.assertEqual(networks.macs(layers, BANDS), 24 * 6 * 9 + rest)
        self.assertEqual(networks.macs(layers, BANDS, 4), 4 * 24 * 6 * 9 + rest)

    def test_columns_end_with_their_newest_frame(self):
        frames = np.random.default_rng(1).normal(size=(30, 3))
        for first, step, stack in ((0, 4, 1), (0, 4, 4), (3, 4, 2), (7, 8, 4), (2, 8, 8)):
            wanted = []
            for end in range(first, 30, step):
                column = [end - j * step // stack for j in range(stack)]
                wanted.append([v for i in column for v in (frames[i] if i >= 0 else np.zeros(3))])
            with self.subTest(first=first, step=step, stack=stack):
                found = networks.columns(frames, first, step, stack)
                np.testing.assert_array_equal(found, wanted)

    def test_columns_have_whole_frames_between_theirs(self):
        for step, stack, serve in ((4, 8, "1, 2, 4"), (4, 3, "1, 2, 4"), (6, 4, "1, 2, 3, 6")):
            with self.assertRaisesRegex(ValueError, f"stack of {stack}: .* be {serve}$"):
                networks.columns(np.zeros((30, 3)), 0, step, stack)

    def test_onsets_are_told_beside_the_classes(self):
        stack, _ = random_stack("onsets")
        logits = torch.zeros(1, 3, 41, dtype=torch.double)
        logits[0, :, 7] = 5
        logits[..., 40] = torch.tensor([9.0, 2.0, -3.0])  # Never the answer
        begun = torch.tensor([[7 + networks.ONSET, 7, 8]])
        self.assertEqual(stack.answer(logits).tolist(), [[7, 7, 7]])

        named = np.log(np.exp(5) + 39) - np.mean([5, 5, 0])
        told = np.mean([np.log1p(np.exp(-9)), np.log1p(np.exp(2)), np.log1p(np.exp(-3))])
        self.assertAlmostEqual(float(stack.loss(logits, begun)), named + told)
        self.assertAlmostEqual(float(stack.loss(logits[..., :40], begun)), named)

    def test_another_network_is_adopted(self):
        """What is wider, looks ahead and has a layer more answers the same at first."""
        layers = [
            networks.conv("local", 6, (3, 3)),
            networks.conv("column", 24, ("all", 1), pad=(0, 0)),
            networks.dense("dense", 40),
        ]
        wider = [
            networks.conv("local", 8, (3, 4), right=1),
            networks.conv("column", 32, ("all", 1), pad=(0, 0)),
            networks.conv("context", 32, (1, 3), dilation=2, act="linear"),
            networks.dense("dense", 41),
        ]
        torch.manual_seed(3)
        layers, wider = (networks.resolve(one, BANDS) for one in (layers, wider))
        first = networks.Stack(layers, BANDS).eval()
        second = networks.Stack(wider, BANDS, stack=2)
        frames = torch.rand(4, 40, BANDS)
        older = torch.rand(4, 40, BANDS)
        both = torch.cat([frames, older], 2)
        networks.adopt(second, first.layers, networks.fold(first), both)
        with torch.no_grad():
            one = first(frames)[:, 5:]
            other = second.eval()(both)[:, 5:]
        taps = second.body["context"].weight[..., :-1]
        self.assertLess(float(taps.abs().max()), 0.05)
        self.assertGreater(float((one - other[..., :40]).abs().max()), 0)
        with torch.no_grad():
            taps.zero_()
            other = second(both)[:, 5:]
        torch.testing.assert_close(one, other[..., :40], atol=1e-4, rtol=1e-3)
        # What is new learns from the second step on: it is heard nowhere yet
        for name, old in (("local", 6), ("column", 24), ("dense", 40)):
            self.assertGreater(float(second.body[name].weight[old:].abs().min()), 0)
        self.assertGreater(float(other[..., 40].std()), 0)

    def test_broken_layer_lists_are_refused(self):
        good = networks.resolve(TINY, BANDS)
        for index, change in (
            (0, {"left": 1}),
            (0, {"kernel": [BANDS + 3, 3]}),
            (1, {"size": 2, "stride": 2}),
            (3, {"left": 3, "right": 1}),
            (3, {"name": "local"}),
            (4, {"out": 39}),
            (4, {"out": 42}),
        ):
            layers = [dict(layer) for layer in good]
            layers[index].update(change)
            with self.subTest(change=change), self.assertRaises(ValueError):
                networks.Stack(layers, BANDS)
        with self.assertRaisesRegex(ValueError, "more than 240"):
            networks.Stack(
                [networks.conv("a", 1, (1, 2), dilation=240), networks.dense("b", 40)], BANDS
            )


class Files(unittest.TestCase):
    """Safetensors and weights files."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "x.safetensors")

    def test_tensors_come_back(self):
        arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.float32([7])}
        tensors.write(self.path, arrays, {"k": "naïve"})
        back, metadata = tensors.read(self.path)
        self.assertEqual(metadata, {"k": "naïve"})
        self.assertEqual(list(back), ["a", "b"])
        for name, array in arrays.items():
            np.testing.assert_array_equal(back[name], array)

    def test_half_precision_is_kept(self):
        arrays = {"a": np.float16([1.5, -65504, 6e-8]), "b": np.float32([0.1])}
        tensors.write(self.path, arrays, {})
        back, _ = tensors.read(self.path)
        for name, array in arrays.items():
            self.assertEqual(back[name].dtype, array.dtype)
            np.testing.assert_array_equal(back[name], array)

        stack, x = random_stack("onsets", double=False)
        front_end = vectors.front_end(stack.bands, stack.stack)
        weights.save(self.path, "name", "1", front_end, stack, {}, half=True)
        back, _, _ = weights.load(self.path)
        whole = networks.fold(stack)
        for name, array in networks.fold(back).items():
            self.assertEqual(array.dtype, np.float32)
            np.testing.assert_allclose(array, whole[name], rtol=2**-11, atol=2**-25)
        away = (outputs(back, x) - outputs(stack, x)).abs().max().item()
        self.assertTrue(1e-6 < away < 0.02, away)
        with self.assertRaisesRegex(ValueError, "beyond half precision"):
            weights.halved({"w": np.float32([7e4])})

    def test_broken_files_are_refused(self):
        def packed(header, values=4):
            text = header if isinstance(header, bytes) else json.dumps(header).encode()
            return struct.pack("<Q", len(text)) + text + bytes(4 * values)

        def of(**changed):
            entry = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **changed}
            return packed({"__metadata__": {}, "a": entry})

        def two(first, second):
            entries = [{"dtype": "F32", "shape": [2], "data_offsets": x} for x in (first, second)]
            return packed({"__metadata__": {}, "a": entries[0], "b": entries[1]})

        self.assertEqual(tensors.unpack(of())[0]["a"].tolist(), [[0, 0], [0, 0]])
        self.assertEqual(list(tensors.unpack(two([8, 16], [0, 8]))[0]), ["a", "b"])
        whole = tensors.pack({"a": np.zeros(4)}, {})
        a_long_one = b"{" + b" " * (1 << 20) + b"}"
        for broken, why in (
            (b"", "shorter"),
            (whole[:7], "shorter"),
            (whole[:20], "exceeds the 12 bytes"),
            (whole[:-1], "do not lie in 15 bytes"),
            (whole + b"1234", "belong to no tensor"),
            (b"\xff" * 8 + whole[8:], "header length 18446744073709551615 exceeds"),
            (bytes(8) + whole[8:], "header length is 0"),
            (packed(a_long_one), "header length is 1048578"),
            (packed(b"[]"), "must begin with"),
            (packed(b"{ nonsense }"), "not JSON"),
            (packed(b'{"\xff": 1}'), "not JSON"),
            (packed(b'{"__metadata__": {}, "__metadata__": {}}', 0), "twice"),
            (packed(b'{"a": NaN}'), "NaN is no number"),
            (packed(b'{"a":' + b"[" * 100000), "not JSON"),
            (packed({}, 0), "__metadata__: missing"),
            (packed({"__metadata__": []}, 0), "no JSON object"),
            (packed({"__metadata__": {"k": 1}}, 0), "__metadata__.k: must be a string"),
            (packed({"__metadata__": {}, "a": 3}), "tensor 'a': must have"),
            (packed({"__metadata__": {}, "a": {"dtype": "F32"}}), "tensor 'a': must have"),
            (of(more=1), "no more"),
            (of(dtype="F64"), "is 'F64'"),
            (of(dtype=["F32"]), "must be 'F32'"),
            (of(shape=4), "at most 4 integers"),
            (of(shape=[1, 1, 1, 1, 4]), "at most 4 integers"),
            (of(shape=[2.0, 2]), "at most 4 integers"),
            (of(shape=["2", 2]), "at most 4 integers"),
            (of(shape=[True, 4]), "at most 4 integers"),
            (of(shape=[-2, -2]), "does not fit"),
            (of(shape=[0, 4]), "does not fit"),
            (of(shape=[1 << 32, 1 << 32]), "does not fit"),
            (of(shape=[10**4000] * 4), "does not fit"),
            (of(shape=[2, 3]), "hold 16 bytes, the shape needs 24"),
            (of(data_offsets=[0, 12]), "hold 12 bytes, the shape needs 16"),
            (of(data_offsets=7), "two integers"),
            (of(data_offsets=[0]), "two integers"),
            (of(data_offsets=[0, 8, 16]), "two integers"),
            (of(data_offsets=[0, None]), "two integers"),
            (of(data_offsets=[16, 0]), "do not lie"),
            (of(data_offsets=[-16, 0]), "do not lie"),
            (of(data_offsets=[16, 32]), "do not lie"),
            (of(shape=[1], data_offsets=[2, 6]), "not a multiple of 4"),
            (of(shape=[2], data_offsets=[8, 16]), "bytes 0 to 8 belong to no tensor"),
            (two([0, 8], [4, 12]), "tensor 'b' overlaps"),
            (two([0, 8], [0, 8]), "tensor 'b' overlaps"),
        ):
            pathlib.Path(self.path).write_bytes(broken)
            with self.subTest(why=why, broken=broken[:120]):
                with self.assertRaisesRegex(ValueError, why) as told:
                    tensors.read(self.path)
                self.assertIn(self.path, str(told.exception))
        with self.assertRaises(TypeError):
            tensors.pack({}, {"k": 1})

    def test_no_byte_can_break_the_reader(self):
        rng = np.random.default_rng(1)
        whole = tensors.pack({"a": np.zeros((2, 3)), "b": np.float16([1])}, {"k": "v"})
        refused = 0
        for _ in range(3000):
            broken = bytearray(whole)
            for place in rng.integers(0, len(whole) - 16, rng.integers(1, 4)):
                broken[place] = rng.choice(list(b'0123456789-.e{}[]",: ntf\\\0\xff'))
            try:
                tensors.unpack(bytes(broken))
            except ValueError:
                refused += 1
        self.assertGreater(refused, 2000)

    def test_a_network_comes_back(self):
        for name in ("odd-dilated", "stacked", "onsets"):
            stack, x = random_stack(name, double=False)
            front_end = vectors.front_end(stack.bands, stack.stack)
            weights.save(self.path, "name", "1", front_end, stack, {"seed": 7})
            back, front_end_back, metadata = weights.load(self.path)
            with self.subTest(name=name):
                self.assertEqual(front_end_back, front_end)
                self.assertEqual(metadata["name"], "name")
                self.assertEqual(json.loads(metadata["labels"]), {"classes": 40, "midi_min": 45})
                self.assertEqual(json.loads(metadata["layers"]), stack.layers)
                self.assertLess((outputs(back, x) - outputs(stack, x)).abs().max(), 1e-4)

    def test_metadata_that_is_damaged_is_named(self):
        stack, _ = random_stack("live")
        weights.save(self.path, "name", "1", {"bands": 64, "stack": 4}, stack, {"seed": 7})
        arrays, metadata = tensors.read(self.path)
        for name in ("front_end", "layers", "provenance"):
            for damaged in (None, "", "{", "3", '"x"'):
                broken = {key: value for key, value in metadata.items() if key != name}
                if damaged is not None:
                    broken[name] = damaged
                tensors.write(self.path, arrays, broken)
                with self.assertRaisesRegex(ValueError, f"x.safetensors: {name}"):
                    weights.load(self.path)

    def test_a_floor_is_written_into_a_file(self):
        def changed(*words):
            errors = io.StringIO()
            with mock.patch.object(
                sys, "argv", ["weights", self.path, *words]
            ), contextlib.redirect_stderr(errors):
                return weights.main(), errors.getvalue()

        stack, _ = random_stack("stacked", double=False)
        front_end = vectors.front_end(stack.bands, stack.stack)
        weights.save(self.path, "name", "1", front_end, stack, {"seed": 7})
        before, told = tensors.read(self.path)
        first = json.loads(told["front_end"])["floor"]
        for floor in (2e-11, 3e-11):
            self.assertEqual(changed("--floor", str(floor)), (0, ""))
            after, metadata = tensors.read(self.path)
            front_end = json.loads(metadata.pop("front_end"))
            self.assertEqual(front_end.pop("floor"), floor)
            self.assertNotIn("floor", front_end)
            provenance = json.loads(metadata.pop("provenance"))
            self.assertEqual(provenance.pop("trained_with_floor"), first)
            self.assertEqual(provenance, json.loads(told["provenance"]))
            for name, value in metadata.items():
                self.assertEqual(value, told[name])
            for name, array in before.items():
                np.testing.assert_array_equal(after[name], array)
        for floor in ("0", "2", "nan"):
            status, error = changed("--floor", floor)
            self.assertEqual(status, 1)
            self.assertIn("must be from 1e-15 to 1", error)
        with self.assertRaises(SystemExit):
            changed()

    def test_a_doubt_is_written_into_a_file(self):
        def write(*words):
            with mock.patch.object(sys, "argv", ["weights", self.path, "--doubt", *words]):
                with contextlib.redirect_stderr(io.StringIO()):
                    return weights.main()

        stack, _ = random_stack("stacked", double=False)
        front_end = vectors.front_end(stack.bands, stack.stack)
        weights.save(self.path, "name", "1", front_end, stack, {"seed": 7})
        before, said = tensors.read(self.path)
        self.assertNotIn("doubt", said)
        for words, wanted in (
            (["30"], {"ms": 30}),
            (["30", "10"], {"ms": 30, "ahead_ms": 10}),
            (["0"], {"ms": 0, "ahead_ms": 10}),  # What is not given stays
            (["30", "12", "--onset", "25.5"], {"ms": 30, "ahead_ms": 12, "onset_ms": 25.5}),
            (["20"], {"ms": 20, "ahead_ms": 12, "onset_ms": 25.5}),
            (["20", "--onset", "3"], {"ms": 20, "ahead_ms": 12, "onset_ms": 3}),
        ):
            self.assertEqual(write(*words), 0)
            after, metadata = tensors.read(self.path)
            self.assertEqual(json.loads(metadata.pop("doubt")), wanted)
            self.assertEqual(metadata, said)
            self.assertEqual(list(after), list(before))
            for name, array in before.items():
                self.assertEqual(after[name].tobytes(), array.tobytes())
        kept = pathlib.Path(self.path).read_bytes()
        for words in (["5", "--onset", "-1"], ["5", "--onset", "inf"], ["-1"], ["1001"], ["nan"], ["30", "inf"], ["1", "2", "3"]):
            self.assertEqual(write(*words), 1)
        self.assertEqual(pathlib.Path(self.path).read_bytes(), kept)
        tensors.write(self.path, before, {})
        self.assertEqual(write("30"), 1)


class Systems(unittest.TestCase):
    """What the networks are compared with."""

    def test_they_learn(self):
        torch.manual_seed(3)
        labels = torch.randint(0, 6, (2, 24)).repeat_interleave(10, 1)
        places = torch.arange(128) // 16
        features = (places == labels[..., None]).float() + 0.1 * torch.rand(2, 240, 128)
        # The dense layer over the clip has 92 M weights: a few steps must do
        for name, steps, rate, share in (("flat", 6, 0.0003, 0.5), ("joint", 40, 0.003, 0.9)):
            stack = systems.SYSTEMS[name](128, 0.05, dropout=0.0)
            optimiser = torch.optim.Adam(stack.parameters(), lr=rate)
            for _ in range(steps):
                loss = stack.loss(stack(features), labels)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            answers = stack.answer(stack(features))
            self.assertEqual(answers.shape, labels.shape)
            right = float((answers == labels).float().mean())
            with self.subTest(name=name):
                self.assertGreater(right, share)
                self.assertGreater(stack.macs, 0)
            again = systems.restore(stack.description, {"bands": 128})
            again.load_state_dict(stack.state_dict())

    def test_onsets_in_the_labels_are_not_theirs(self):
        labels = torch.randint(0, 40, (1, 240))
        for name, outputs in (("flat", 40), ("joint", 42)):
            stack = systems.SYSTEMS[name](64, 0.05)
            logits = torch.randn(1, 240, outputs)
            told = stack.loss(logits, labels + networks.ONSET)
            self.assertEqual(float(told), float(stack.loss(logits, labels)))

    def test_the_voice_has_two_ears(self):
        logits = torch.zeros(1, 3, 42)
        logits[..., 5] = 9.0  # Class 5, says the first
        logits[0, 1, 40] = 20.0  # No voice, says the second
        logits[0, 2, 0] = 12.0  # No voice, says the first, but not the second
        logits[0, 2, 41] = 20.0
        stack = systems.Joint(64, 0.05)
        self.assertEqual(stack.answer(logits).tolist(), [[5, 0, 5]])


class Vectors(unittest.TestCase):
    """The vectors that the engine is tested against."""

    def test_they_are_made_again(self):
        with tempfile.TemporaryDirectory() as folder:
            with contextlib.redirect_stdout(io.StringIO()):
                for name in vectors.cases():
                    vectors.write(folder, name, 1)
            made = sorted(path.name for path in pathlib.Path(folder).iterdir())
            self.assertEqual(made, sorted(path.name for path in VECTORS.glob("*.safetensors")))
            for name in made:
                arrays, metadata = tensors.read(os.path.join(folder, name))
                stored, stored_metadata = tensors.read(VECTORS / name)
                with self.subTest(name=name):
                    self.assertEqual(metadata, stored_metadata)
                    self.assertEqual(list(arrays), list(stored))
                    for key, array in arrays.items():
                        np.testing.assert_allclose(
                            array, stored[key], rtol=1e-5, atol=1e-5, err_msg=key
                        )

    def test_a_look_ahead_sees_no_further(self):
        for name in ("odd-dilated", "stacked", "onsets"):
            arrays, metadata = tensors.read(VECTORS / f"{name}.vectors.safetensors")
            folded, about = tensors.read(VECTORS / f"{name}.safetensors")
            layers, front_end = (json.loads(about[key]) for key in ("layers", "front_end"))
            frames = int(metadata["frames"])
            for lookahead in json.loads(metadata["lookahead"]):
                stored = arrays[f"output.{lookahead}"]
                self.assertEqual(stored.shape, (frames - lookahead, 40))
                for t in (0, 20, frames - lookahead - 1):
                    window = arrays["input"][: t + lookahead + 1].astype(float)
                    logits = literal(layers, folded, window, front_end.get("stack", 1))[t]
                    wanted = torch.log_softmax(torch.from_numpy(logits[:40]), 0).numpy()
                    np.testing.assert_allclose(stored[t], wanted, atol=1e-5)
                    if name == "onsets":
                        told = arrays[f"output.onset.{lookahead}"]
                        self.assertEqual(told.shape, (frames - lookahead,))
                        wanted = 1 / (1 + np.exp(-logits[40]))
                        np.testing.assert_allclose(told[t], wanted, atol=1e-5)


if __name__ == "__main__":
    unittest.main()
