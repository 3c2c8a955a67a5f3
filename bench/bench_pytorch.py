#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""A streaming pass against PyTorch on the whole window, one thread each.

    bench_pytorch.py --bench BUILD/bench/bench_cnn [WEIGHTS...]

Without weights files it makes networks with random weights: the reference
network at full and half width, symmetric and causal, and the shipped design.
Both sides compute the newest column of the same network with the same weights:
the engine from the columns that it kept, PyTorch from all 240 frames of the
window.  Prints a Markdown table; times are the least of several, since other
processes disturb.
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


def window_seconds(path, seconds):
    """(name, least time) that PyTorch takes for the window."""
    stack, _, metadata = weights.load(path)
    x = torch.randn(1, networks.CONTEXT, stack.stack * stack.bands).abs()
    best = float("inf")
    with torch.inference_mode():
        stack(x)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            start = time.perf_counter()
            stack(x)
            best = min(best, time.perf_counter() - start)
    return metadata["name"], best


def engine_rows(bench, path):
    """(look-ahead, kernels, seconds, seconds with cold caches) of bench_cnn."""
    text = subprocess.run([bench, path], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        yield int(cells[1]), cells[2], float(cells[4]) * 1e-6, float(cells[5]) * 1e-6


def main():
    parser = argparse.ArgumentParser(description="The streaming engine against PyTorch.")
    parser.add_argument("weights", nargs="*", help="weights files")
    parser.add_argument("--bench", required=True, help="the program bench_cnn")
    parser.add_argument("--seconds", type=float, default=3.0, help="time for PyTorch, each")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"PyTorch {torch.__version__}, window of {networks.CONTEXT} frames\n")
    print("| network | look-ahead | kernels | window, ms | pass, ms | ratio | ratio, cold |")
    print("|---|--:|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for path in args.weights or make(folder):
            name, window = window_seconds(path, args.seconds)
            for lookahead, kernels, warm, cold in engine_rows(args.bench, path):
                print(
                    f"| {name} | {lookahead} | {kernels} | {window * 1e3:.1f} | {warm * 1e3:.3f} "
                    f"| {window / warm:.0f} | {window / cold:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
