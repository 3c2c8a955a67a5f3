#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""The engine against PyTorch, one thread each.

    bench_pytorch.py --bench BUILD/bench/bench_cnn [WEIGHTS...]

Without weights files it makes networks with random weights: the reference
network at full and half width, symmetric and causal, and the shipped design.
Both sides run the same network with the same weights.  Prints a Markdown table:

- live, the newest column is asked for: the engine computes it from the columns
  that it kept, PyTorch from all 240 frames of the window;
- offline, all columns are, with all of the network's look-ahead: the engine takes
  several frames at once, PyTorch whole windows, one or eight at a time, whichever is
  quicker; microseconds are a frame's.

Times are the least of several, since other processes disturb.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "train"))

from neume_train import networks, vectors, weights

BANDS = 96


def make(folder):
    """Files with random weights."""
    for preset, width in [
        ("reference", 1.0),
        ("reference", 0.5),
        ("reference-causal", 1.0),
        ("reference-causal", 0.5),
        ("live", 1.0),
    ]:
        layers = networks.preset(preset, BANDS, width)
        stack = networks.Stack(layers, BANDS)
        name = f"{preset} x {width:g}"
        path = os.path.join(folder, f"{name}.safetensors")
        weights.save(path, name, "bench", vectors.front_end(BANDS), stack, {
            "command": "bench_pytorch.py", "seed": 0, "data": "random", "commit": ""})
        yield path


def windows_seconds(stack, windows, seconds):
    """Least time that PyTorch takes for so many windows at once."""
    x = torch.randn(windows, networks.CONTEXT, stack.stack * stack.bands).abs()
    best = float("inf")
    with torch.inference_mode():
        stack(x)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            start = time.perf_counter()
            stack(x)
            best = min(best, time.perf_counter() - start)
    return best


def engine_rows(bench, path):
    """(look-ahead, kernels, frames at once, seconds a frame) of bench_cnn."""
    text = subprocess.run([bench, path], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        yield int(cells[1]), cells[2], int(cells[3]), float(cells[5]) * 1e-6


def main():
    parser = argparse.ArgumentParser(description="The engine against PyTorch.")
    parser.add_argument("weights", nargs="*", help="weights files")
    parser.add_argument("--bench", required=True, help="the program bench_cnn")
    parser.add_argument("--seconds", type=float, default=3.0, help="time for PyTorch, each")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"PyTorch {torch.__version__}, windows of {networks.CONTEXT} frames\n")
    print("| network | look-ahead | kernels | at once | PyTorch, us | Neume, us | ratio |")
    print("|---|--:|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for path in args.weights or make(folder):
            stack, _, metadata = weights.load(path)
            window = windows_seconds(stack, 1, args.seconds)
            frame = min(window, windows_seconds(stack, 8, args.seconds) / 8) / networks.CONTEXT
            rows = list(engine_rows(args.bench, path))
            full = max(row[0] for row in rows)
            for lookahead, kernels, at_once, own in rows:
                if at_once > 1 and lookahead < full:
                    continue  # PyTorch would need a window for each column
                other = window if at_once == 1 else frame
                print(
                    f"| {metadata['name']} | {lookahead} | {kernels} | {at_once} "
                    f"| {other * 1e6:.0f} | {own * 1e6:.1f} | {other / own:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
