# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Turn a checkpoint into a weights file.

    python3 -m neume_train.export --run RUN --name live --out weights/live.safetensors
"""

import argparse
import datetime
import os
import subprocess

import torch

from neume_train import networks, weights
from neume_train.train import CHECKPOINT


def load_checkpoint(run, averaged=True):
    """(Stack in evaluation mode, checkpoint) of a run's folder or checkpoint file."""
    path = os.path.join(run, CHECKPOINT) if os.path.isdir(run) else run
    state = torch.load(path, map_location="cpu")
    if state.get("format") != "neume-checkpoint-1":
        raise ValueError(f"{path}: not a checkpoint")
    stack = networks.Stack(state["layers"], state["front_end"]["bands"])
    stack.load_state_dict(state["average" if averaged else "stack"])
    return stack.eval(), state


def commit():
    """The commit of this source tree, or an empty string."""
    here = os.path.dirname(os.path.abspath(__file__))
    command = ["git", "-C", here, "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def without_paths(command):
    """A command line whose --data and --out are names, not places."""
    words = command.split()
    for index in range(1, len(words)):
        if words[index - 1] in ("--data", "--out", "--layers"):
            words[index] = os.path.basename(words[index].rstrip("/"))
    return " ".join(words)


def provenance(stack, state):
    """Where the weights come from."""
    return {
        "command": without_paths(state["command"]),
        "seed": state["args"]["seed"],
        "data": [
            {key: value for key, value in manifest.items() if key != "shards"}
            for manifest in state["manifests"]
        ],
        "commit": commit(),
        "date": datetime.date.today().isoformat(),
        "parameters": sum(array.size for array in networks.fold(stack).values()),
        "macs": networks.macs(state["layers"], state["front_end"]["bands"]),
        "clips": state["clips"],
        "clips_seen": state["seen"],
        "epochs": state["epoch"],
        "hours": round(state["seconds"] / 3600, 3),
        "torch": str(state["torch"]),
    }


def main():
    parser = argparse.ArgumentParser(description="Write a weights file from a checkpoint.")
    parser.add_argument("--run", required=True, help="folder of the run, or a checkpoint")
    parser.add_argument("--out", required=True, help="weights file")
    parser.add_argument("--name", required=True, help="shown by hosts, such as live")
    parser.add_argument("--version", default="1", help="free text")
    parser.add_argument("--raw", action="store_true", help="last weights, not their average")
    args = parser.parse_args()
    stack, state = load_checkpoint(args.run, not args.raw)
    details = provenance(stack, state)
    weights.save(args.out, args.name, args.version, state["front_end"], stack, details)
    print(
        f"{args.out}: {details['parameters']} parameters, {details['macs'] / 1e6:.2f} M "
        f"multiply-adds per frame, {os.path.getsize(args.out) / 1e6:.2f} MB"
    )


if __name__ == "__main__":
    main()
