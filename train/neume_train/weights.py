# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Weights files: doc/weights-format.md written and read."""

import hashlib
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


def origin(path, metadata):
    """What later runs say of the file that they start from: enough to know it by."""
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    details = json.loads(metadata["provenance"])
    kept = {key: details[key] for key in ("command", "seed", "commit") if key in details}
    return {"weights": metadata["name"], "sha256": digest, **kept}


def load(path):
    """(folded Stack in evaluation mode, front end, metadata) of a file."""
    arrays, metadata = tensors.read(path)
    if metadata.get("format") != "neume-1":
        raise ValueError(f"{path}: not a Neume weights file")
    front_end = json.loads(metadata["front_end"])
    layers = json.loads(metadata["layers"])
    stack = networks.unfold(layers, front_end["bands"], arrays, front_end.get("stack", 1))
    return stack, front_end, metadata
