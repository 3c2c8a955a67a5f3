# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Checkpoints of runs, and what they tell."""

import os

import torch

from neume_train.sources import without_paths

CHECKPOINT = "checkpoint.pt"


def read(run, device="cpu"):
    """The checkpoint of a run: its folder or the file; ValueError if it is none."""
    path = os.path.join(run, CHECKPOINT) if os.path.isdir(run) else run
    with open(path, "rb") as file:
        try:
            state = torch.load(file, map_location=device)
        except Exception as error:  # Whatever a broken file raises
            raise ValueError(f"{path}: not a checkpoint: {error}") from error
    if not isinstance(state, dict) or state.get("format") != "neume-checkpoint-1":
        raise ValueError(f"{path}: not a checkpoint")
    return state


def story(state):
    """What a checkpoint's run was made with, for provenance."""
    return {
        "command": without_paths(state["command"]),
        "seed": state["args"]["seed"],
        "data": [
            {key: value for key, value in manifest.items() if key != "shards"}
            for manifest in state["manifests"]
        ],
        "commit": state["commit"],
        "clips": state["clips"],
        "clips_seen": state["seen"],
        "epochs": state["epoch"],
        "hours": round(state["seconds"] / 3600, 3),
        "torch": str(state["torch"]),
    }


def mean_state(states):
    """The mean of networks' numbers."""
    mean = {}
    for name, value in states[0].items():
        total = sum(state[name].double() for state in states)
        mean[name] = (total / len(states)).to(value.dtype)
    return mean


def join(lineages):
    """Runs of several lineages, each once, those before first."""
    runs = []
    for lineage in lineages:
        runs += [run for run in lineage if run not in runs]
    return runs
