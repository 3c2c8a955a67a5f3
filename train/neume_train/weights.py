# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Weights files: doc/weights-format.md written and read.

    python3 -m neume_train.weights FILE [--doubt MS [MS]] [--onset MS] [--floor POWER]

writes into a file how much later than its label point its network becomes sure of a
change, without look-ahead and, if that differs, with; and how long after an onset the
middle of what it tells of one lies.  What is not given, and all else in it, stays as it
was: where the file tells of a look-ahead, `--doubt MS MS` changes that too.

`--floor` is the power that counts as silence.  A network that was trained with many gains
hears the same with another one, as if all were so much louder; its provenance tells what
it was trained with.
"""

import argparse
import hashlib
import json
import re
import sys

import numpy as np

from neume_train import native, networks, tensors

DOUBT_MAX = 1000  # Milliseconds, as dsp/model.h has it
FLOORS = (1e-15, 1.0)  # As dsp/logmel.h has it
TEXT_MAX = {"name": 63, "version": 31}  # Bytes of UTF-8, as there


def doubt(milliseconds, onset=None):
    """Metadata that tell of a network's doubt: none, the same always, or without and
    with look-ahead; and of an onset, None where that is not known.  ValueError if it
    cannot be so."""
    given = [*milliseconds, *([] if onset is None else [onset])]
    if len(milliseconds) > 2 or not all(0 <= ms <= DOUBT_MAX for ms in given):
        raise ValueError(f"a doubt is one or two numbers, an onset one, from 0 to {DOUBT_MAX}")
    if onset is not None and not milliseconds:
        raise ValueError("--onset needs --doubt")
    told = dict(zip(("ms", "ahead_ms"), milliseconds))
    if onset is not None:
        told["onset_ms"] = onset
    return {"doubt": json.dumps(told)} if told else {}


def add_doubt(parser, **more):
    """Give `parser` the options --doubt and --onset."""
    parser.add_argument("--doubt", type=float, nargs="+", metavar="MS",
        help="ms from the label point until the network is sure of a change, without and,"
        " if that differs, with look-ahead", **more)
    parser.add_argument("--onset", type=float, metavar="MS",
        help="ms from an onset to the middle of what the network tells of it")


def halved(arrays):
    """`arrays` (name to array) in half precision; ValueError where one does not fit."""
    with np.errstate(over="ignore"):
        result = {name: array.astype(np.float16) for name, array in arrays.items()}
    for name, array in result.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name}: has values beyond half precision")
    return result


def save(path, name, version, front_end, stack, provenance, told=None, half=False):
    """Write `stack` (networks.Stack), its normalisation folded in, perhaps in half
    precision; `told` is what doubt() returns."""
    for what, text in (("name", name), ("version", version)):
        count = len(text.encode())
        if not 1 <= count <= TEXT_MAX[what]:
            raise ValueError(f"{what}: is {count} bytes long, must be 1 to {TEXT_MAX[what]}")
        if re.search("[\0-\x1f\x7f-\x9f]", text):
            raise ValueError(f"{what}: has a control character")
    arrays = networks.fold(stack)
    metadata = {
        "format": "neume-1",
        "name": name,
        "version": version,
        "front_end": json.dumps({"rate": 4096, "step": 512, **front_end}),
        "labels": json.dumps({"classes": networks.CLASSES, "midi_min": native.MIDI_MIN}),
        "layers": json.dumps(stack.layers),
        **(told or {}),
        "provenance": json.dumps(provenance),
    }
    tensors.write(path, halved(arrays) if half else arrays, metadata)


def origin(path, metadata):
    """What later runs say of the file that they start from: enough to know it by."""
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    details = json.loads(metadata["provenance"])
    kept = {key: details[key] for key in ("command", "seed", "commit") if key in details}
    return {"weights": metadata.get("name", ""), "sha256": digest, **kept}


def read(path):
    """(tensors, metadata) of a file."""
    arrays, metadata = tensors.read(path)
    if metadata.get("format") != "neume-1":
        raise ValueError(f"{path}: not a Neume weights file")
    for name, kind in (("front_end", dict), ("layers", list), ("provenance", dict)):
        try:
            whole = isinstance(json.loads(metadata[name]), kind)
        except (KeyError, ValueError):
            whole = False
        if not whole:
            raise ValueError(f"{path}: {name} is missing or not what it should be")
    return arrays, metadata


def load(path):
    """(folded Stack in evaluation mode, front end, metadata) of a file."""
    arrays, metadata = read(path)
    front_end = json.loads(metadata["front_end"])
    layers = json.loads(metadata["layers"])
    stack = networks.unfold(layers, front_end["bands"], arrays, front_end.get("stack", 1))
    return stack, front_end, metadata


def changed_doubt(metadata, milliseconds, onset):
    """Metadata of a file's doubt; what is None stays as it was."""
    told = json.loads(metadata.get("doubt", "{}"))
    given = [told["ms"]] if milliseconds is None and "ms" in told else milliseconds or []
    if len(given) == 1 and "ahead_ms" in told:
        given = [*given, told["ahead_ms"]]
    return doubt(given, told.get("onset_ms") if onset is None else onset)


def changed_floor(metadata, floor):
    """Metadata of a file whose front end gets another floor."""
    if not FLOORS[0] <= floor <= FLOORS[1]:
        raise ValueError(f"--floor: must be from {FLOORS[0]:g} to {FLOORS[1]:g}, is {floor:g}")
    front_end, provenance = (json.loads(metadata[name]) for name in ("front_end", "provenance"))
    provenance.setdefault("trained_with_floor", front_end["floor"])
    return {
        "front_end": json.dumps({**front_end, "floor": floor}),
        "provenance": json.dumps(provenance),
    }


def main():
    """The command."""
    parser = argparse.ArgumentParser(
        description="Write a network's doubt, or its floor, into its file; what is not given "
        "stays as it was."
    )
    parser.add_argument("file", help="weights file")
    add_doubt(parser)
    parser.add_argument("--floor", type=float, metavar="POWER",
        help="power that counts as silence, re full scale")
    args = parser.parse_args()
    if args.doubt is args.onset is args.floor is None:
        parser.error("say what to write: --doubt, --onset or --floor")
    try:
        arrays, metadata = read(args.file)
        if args.doubt is not None or args.onset is not None:
            metadata.update(changed_doubt(metadata, args.doubt, args.onset))
        if args.floor is not None:
            metadata.update(changed_floor(metadata, args.floor))
        tensors.write(args.file, arrays, metadata)
    except (OSError, ValueError) as error:
        print(f"weights: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
