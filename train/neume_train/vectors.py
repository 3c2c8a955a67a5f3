# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Test vectors for the streaming engine: small networks with random weights.

    python3 -m neume_train.vectors --out test/dsp/vectors

For each network NAME two safetensors files are written:

NAME.safetensors
    a weights file (doc/weights-format.md), its normalisation folded in;
NAME.vectors.safetensors
    metadata `format` = "neume-vectors-1", `weights` = the file above,
    `lookahead` = JSON array of look-aheads in frames, `frames` = T; tensors

    input      [T, stack * bands]
                              features, frame 0 first: a frame is a column of
                              networks.columns()
    output.L   [T - L, 40]    for each look-ahead L: row t is the
                              log-probabilities for frame t from a window of at
                              most 240 frames whose last frame is t + L, i.e.
                              frames max(0, t + L - 239) .. t + L
    silence.L  [40]           the same for a frame of endless silence, with L
                              more frames of silence after it

    and from a network that tells onsets, which has 41 outputs, the probabilities
    that a note has just begun, for the same frames:

    output.onset.L   [T - L]
    silence.onset.L  [1]

What stands before a window is silence, what stands after it is zeros at the
input of every layer.  Everything is computed by PyTorch in double precision
from the weights as stored.  On one machine the files follow from the seed; elsewhere
sums may be rounded otherwise.
"""

import argparse
import json
import os

import numpy as np
import torch

from neume_train import networks, tensors, weights
from neume_train.networks import conv, dense, pool


def cases():
    """name -> (bands, stack, frames, layer list)."""
    return {
        "reference": (64, 1, 48, networks.reference(0.25)),
        "reference-causal": (60, 1, 44, networks.reference(0.125, causal=True)),
        "live": (64, 4, 90, networks.live(0.25, context=160)),
        "odd-dilated": (
            23,
            1,
            60,
            [
                conv("a", 5, (3, 3), dilation=2, right=2),
                conv("b", 17, (2, 4), dilation=3, right=3, pad=(1, 0), act="relu"),
                pool(3),
                conv("c", 1, (4, 2), dilation=1, right=1, pad=(0, 2), act="linear"),
                conv("d", 33, (3, 5), dilation=1, right=1, slope=0.3),
                pool(2, "avg"),
                dense("hidden", 19, "relu"),
                dense("out", 40),
            ],
        ),
        "odd-even": (
            17,
            1,
            50,
            [
                pool(2, "avg"),
                conv("a", 1, (2, 2), right=1, pad=(0, 0)),
                conv("b", 33, (5, 6), right=5, pad=(4, 3), act="relu"),
                conv("c", 5, (1, 4), dilation=2, right=4, act="linear"),
                dense("hidden1", 33, "leaky_relu", 0.2),
                dense("hidden2", 7, "relu"),
                dense("out", 40),
            ],
        ),
        "odd-dense": (8, 1, 40, [dense("hidden", 17, "leaky_relu"), dense("out", 40)]),
        "odd-column": (
            13,
            1,
            45,
            [
                conv("tall", 33, ("all", 2), pad=(0, 0)),
                conv("left", 16, (1, 3), dilation=3),
                conv("right", 15, (3, 3), right=2, pad=(2, 0), act="relu"),
                dense("squeeze", 16, "relu"),
                conv("after", 31, (1, 2), dilation=2, right=2),
                dense("out", 40),
            ],
        ),
        "odd-context": (
            10,
            1,
            300,
            [
                conv("a", 3, (3, 2), right=0),
                pool(4),
                conv("b", 6, (2, 3), dilation=79, right=79, pad=(0, 0), act="relu"),
                conv("c", 4, (1, 2), dilation=80, right=0),
                dense("out", 40),
            ],
        ),
        "stacked": (
            14,
            4,
            50,
            [
                conv("local", 6, (3, 2)),
                pool(2),
                conv("column", 17, ("all", 1), pad=(0, 0)),
                conv("context", 9, (1, 3), dilation=2, right=2, act="relu"),
                dense("out", 40),
            ],
        ),
        "onsets": (
            9,
            2,
            40,
            [
                conv("local", 5, (3, 3), right=1),
                pool(2),
                conv("context", 8, ("all", 2), dilation=2, right=2, pad=(0, 0)),
                dense("out", 41),
            ],
        ),
    }


def front_end(bands, stack=1):
    """A valid, tiny front end; it leaves out `stack` where that is 1, the default."""
    fields = {
        "rate": 4096,
        "step": 512,
        "window": 512,
        "fft": 1024,
        "bands": bands,
        "low_hz": 60.0,
        "high_hz": 2000.0,
        "break_hz": 700.0,
        "floor": 1e-6,
        "scale": 0.1,
        "label_delay": 256,
    }
    return fields if stack == 1 else {**fields, "stack": stack}


def randomise(stack, x):
    """Random weights and statistics; activations for `x` are of order 1."""
    for module in stack.body.values():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.6, 1.4)
            torch.nn.init.normal_(module.bias, 0, 0.3)
            module.momentum = 1
        else:
            torch.nn.init.normal_(module.weight, 0, module.weight[0].numel() ** -0.5)
            if module.bias is not None:
                torch.nn.init.normal_(module.bias, 0, 0.3)
    with torch.no_grad():
        stack.train()(x)
        for module in stack.body.values():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean += 0.2 * torch.randn_like(module.running_mean)
                module.running_var *= torch.empty_like(module.running_var).uniform_(0.7, 1.4)
        last = list(stack.body.values())[-1]
        last.weight *= 1.5 / stack.eval()(x).std(1).mean()


def features(frames, bands, rng):
    """Something like log-mel frames: silence, ridges that move, noise."""
    x = np.abs(rng.normal(0, 0.3, (frames, bands)))
    row = np.arange(bands)
    for _ in range(3):
        centre = np.cumsum(rng.normal(0, 0.7, frames)) + rng.uniform(0, bands)
        x += 1.5 * np.exp(-0.5 * (row - np.mod(centre, bands)[:, None]) ** 2)
    x[rng.uniform(size=frames) < 0.1] = 0
    return x.astype(np.float32)


def window_logits(stack, x, lookahead):
    """[frames - lookahead, outputs] for the windows of output.L."""
    rows = []
    with torch.no_grad():
        for t in range(len(x) - lookahead):
            last = t + lookahead
            first = max(0, last - networks.CONTEXT + 1)
            rows.append(stack(x[None, first : last + 1])[0, t - first])
    return torch.stack(rows)


def answers(name, lookahead, logits):
    """Tensors NAME.L and, where onsets are told, NAME.onset.L from the logits."""
    classes, onset = logits[..., : networks.CLASSES], logits[..., networks.CLASSES :]
    arrays = {f"{name}.{lookahead}": torch.log_softmax(classes, -1).numpy()}
    if onset.numel():
        arrays[f"{name}.onset.{lookahead}"] = torch.sigmoid(onset).reshape(-1).numpy()
    return arrays


def make(name, seed):
    """The network of the case `name`, and its input, [frames, stack * bands]."""
    bands, channels, frames, layers = cases()[name]
    torch.manual_seed(seed)
    stack = networks.Stack(networks.resolve(layers, bands), bands, stack=channels)
    x = features(frames * channels, bands, np.random.default_rng(seed))
    x = networks.columns(x, channels - 1, channels, channels)
    randomise(stack, torch.from_numpy(x[None]))
    return stack, x


def write(folder, name, seed):
    """Both files of the case `name`."""
    stack, x = make(name, seed)
    bands = stack.bands
    path = os.path.join(folder, f"{name}.safetensors")
    provenance = {"command": f"neume_train.vectors --seed {seed}", "seed": seed, "data": "random"}
    provenance["commit"] = ""
    weights.save(path, f"test-{name}", "test", front_end(bands, stack.stack), stack, provenance)

    stack, _, _ = weights.load(path)
    stack = stack.double()
    right = stack.right
    lookaheads = sorted({0, min(1, right), right // 2, right})
    arrays = {"input": x}
    silence = np.zeros((networks.CONTEXT, x.shape[1]))
    for lookahead in lookaheads:
        logits = window_logits(stack, torch.tensor(x).double(), lookahead)
        arrays.update(answers("output", lookahead, logits))
        quiet = torch.tensor(silence)[None]
        with torch.no_grad():
            logits = stack(quiet)[0, networks.CONTEXT - 1 - lookahead]
        arrays.update(answers("silence", lookahead, logits))
    metadata = {
        "format": "neume-vectors-1",
        "weights": f"{name}.safetensors",
        "lookahead": json.dumps(lookaheads),
        "frames": str(len(x)),
    }
    vectors = os.path.join(folder, f"{name}.vectors.safetensors")
    tensors.write(vectors, arrays, metadata)
    spread = arrays["output.0"].max(1)
    size = os.path.getsize(path) + os.path.getsize(vectors)
    print(
        f"{name}: {stack.stack} x {bands} bands, {len(x)} frames, left {stack.left}, right {right}, "
        f"{stack.macs} multiply-adds, look-aheads {lookaheads}, "
        f"best class {spread.min():.2f}..{spread.max():.2f}, {size / 1e3:.0f} kB"
    )
    return size


def main():
    parser = argparse.ArgumentParser(description="Write test vectors for the engine.")
    parser.add_argument("--out", required=True, help="folder")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    os.makedirs(args.out, exist_ok=True)
    total = sum(write(args.out, name, args.seed) for name in cases())
    print(f"{total / 1e3:.0f} kB in all")


if __name__ == "__main__":
    main()
