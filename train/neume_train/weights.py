# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Weights files: doc/weights-format.md written and read."""

import json

from neume_train import networks, tensors


def save(path, name, version, front_end, stack, provenance):
    """Write `stack` (networks.Stack), its normalisation folded in."""
    metadata = {
        "format": "neume-1",
        "name": name,
        "version": version,
        "front_end": json.dumps({"rate": 4096, "step": 512, **front_end}),
        "labels": json.dumps({"classes": networks.CLASSES, "midi_min": networks.MIDI_MIN}),
        "layers": json.dumps(stack.layers),
        "provenance": json.dumps(provenance),
    }
    tensors.write(path, networks.fold(stack), metadata)


def load(path):
    """(folded Stack in evaluation mode, front end, metadata) of a file."""
    arrays, metadata = tensors.read(path)
    if metadata.get("format") != "neume-1":
        raise ValueError(f"{path}: not a Neume weights file")
    front_end = json.loads(metadata["front_end"])
    layers = json.loads(metadata["layers"])
    stack = networks.unfold(layers, front_end["bands"], arrays, front_end.get("stack", 1))
    return stack, front_end, metadata
