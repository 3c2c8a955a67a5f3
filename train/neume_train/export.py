# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Turn a checkpoint into a weights file.

    python3 -m neume_train.export --run RUN --name live --out weights/live.safetensors

Given more than one --run, it writes the mean of their weights: of runs that began
at one network, where the mean is often the better network (Wortsman et al., "Model
soups", ICML 2022).
"""

import argparse
import datetime
import os
import shlex
import sys

from neume_train import checkpoints, networks, systems, weights
from neume_train.checkpoints import join, mean_state, story
from neume_train.sources import commit, without_paths


def load_checkpoint(run, averaged=True):
    """(Stack in evaluation mode, checkpoint) of a run's folder or checkpoint file."""
    state = checkpoints.read(run)
    stack = systems.restore(state["layers"], state["front_end"])
    stack.load_state_dict(state["average" if averaged else "stack"])
    return stack.eval(), state


def mean_of(loaded):
    """The Stack whose weights are the mean of those of (Stack, checkpoint) pairs."""
    _, first = loaded[0]
    for _, state in loaded[1:]:
        if state["layers"] != first["layers"] or state["front_end"] != first["front_end"]:
            raise ValueError("the runs differ in their network or front end")
    mean = systems.restore(first["layers"], first["front_end"])
    mean.load_state_dict(mean_state([part.state_dict() for part, _ in loaded]))
    return mean.eval()


def brief(run):
    """What is told of an earlier run: of its clips, enough to make them again."""
    told = {key: value for key, value in run.items() if key not in ("after", "mean_of")}
    if isinstance(told.get("data"), list):
        told["data"] = [
            {key: data[key] for key in ("seed", "clips", "kind", "commit") if key in data}
            for data in told["data"]
        ]
    return told


def history(runs):
    """`runs` and all before them, each once, those before first.  A run's command names
    the ones that it starts from or is the mean of."""
    told = []
    for run in runs:
        before = history(run.get("after", []) + run.get("mean_of", []))
        told = join([told, before, [brief(run)]])
    return told


def provenance(stack, states, command):
    """Where the weights come from; `after` lists the runs before, the first first.
    Of several runs, `mean_of` lists these, and `command` made the mean."""
    stories = [story(state) for state in states]
    details = stories[0]
    if len(stories) > 1:
        details = {
            "command": command,
            "seed": [told["seed"] for told in stories],
            "data": "see mean_of",
            "commit": commit(),
            "mean_of": stories,
        }
    details["after"] = history(run for state in states for run in state["lineage"])
    return {
        **details,
        "date": datetime.date.today().isoformat(),
        "parameters": sum(array.size for array in networks.fold(stack).values()),
        "macs": stack.macs,
    }


def write(args, told):
    """Write the file that `args` ask for, with what is `told` of its doubt."""
    loaded = [load_checkpoint(run, not args.raw) for run in args.run]
    states = [state for _, state in loaded]
    if not isinstance(states[0]["layers"], list):
        raise ValueError("this network is for comparison; the plugin cannot play it")
    stack = mean_of(loaded)
    command = without_paths("python3 -m neume_train.export " + shlex.join(sys.argv[1:]))
    details = provenance(stack, states, command)
    front_end = states[0]["front_end"]
    weights.save(args.out, args.name, args.version, front_end, stack, details, told, args.half)
    print(
        f"{args.out}: {details['parameters']} parameters, {details['macs'] / 1e6:.2f} M "
        f"multiply-adds per frame, {os.path.getsize(args.out) / 1e6:.2f} MB"
    )


def main():
    parser = argparse.ArgumentParser(description="Write a weights file from a checkpoint.")
    parser.add_argument("--run", required=True, action="append",
        help="folder of the run, or a checkpoint; may be given again")
    parser.add_argument("--out", required=True, help="weights file")
    parser.add_argument("--name", required=True, help="shown by hosts, such as live")
    parser.add_argument("--version", default="1", help="free text")
    weights.add_doubt(parser, default=[])
    parser.add_argument("--raw", action="store_true", help="last weights, not their average")
    parser.add_argument("--half", action="store_true", help="half precision: half the size")
    args = parser.parse_args()
    try:
        told = weights.doubt(args.doubt, args.onset)
    except ValueError as error:
        parser.error(str(error))
    try:
        write(args, told)
    except (OSError, ValueError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
