# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Turn a checkpoint into a weights file.

    python3 -m neume_train.export --run RUN --name live --out weights/live.safetensors
"""

import argparse
import datetime
import os

import torch

from neume_train import networks, weights
from neume_train.train import CHECKPOINT, story


def load_checkpoint(run, averaged=True):
    """(Stack in evaluation mode, checkpoint) of a run's folder or checkpoint file."""
    path = os.path.join(run, CHECKPOINT) if os.path.isdir(run) else run
    state = torch.load(path, map_location="cpu")
    if state.get("format") != "neume-checkpoint-1":
        raise ValueError(f"{path}: not a checkpoint")
    stack = networks.Stack(state["layers"], state["front_end"]["bands"])
    stack.load_state_dict(state["average" if averaged else "stack"])
    return stack.eval(), state


def provenance(stack, state):
    """Where the weights come from; `after` lists the runs before, the first first."""
    return {
        **story(state),
        "after": state["lineage"],
        "date": datetime.date.today().isoformat(),
        "parameters": sum(array.size for array in networks.fold(stack).values()),
        "macs": networks.macs(state["layers"], state["front_end"]["bands"]),
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
