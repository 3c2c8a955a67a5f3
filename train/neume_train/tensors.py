# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Safetensors files of F32 and F16 arrays: header length, JSON header, bytes."""

import json
import os
import struct

import numpy as np


TYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}


def pack(tensors, metadata):
    """Bytes of a file with `tensors` (name to array) and `metadata` (str to str).

    Arrays of float16 are kept as such, all others in F32.

    The header is padded with spaces so that the tensors start at a multiple
    of 8 bytes.
    """
    header = {"__metadata__": dict(metadata)}
    for key, value in header["__metadata__"].items():
        if not isinstance(value, str):
            raise TypeError(f"metadata {key} is not a string")
    blobs = []
    offset = 0
    for name, array in tensors.items():
        shape = list(np.shape(array))
        kind = "F16" if np.asarray(array).dtype == np.float16 else "F32"
        blob = np.ascontiguousarray(array, dtype=TYPES[kind]).tobytes()
        header[name] = {
            "dtype": kind,
            "shape": shape,
            "data_offsets": [offset, offset + len(blob)],
        }
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(blobs)


def unpack(data):
    """(tensors, metadata) of a file's bytes, tensors as precise as they are there;
    ValueError where it is broken."""
    if len(data) < 8:
        raise ValueError("shorter than its header length")
    (size,) = struct.unpack("<Q", data[:8])
    if size > len(data) - 8:
        raise ValueError("header reaches past the end")
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    body = memoryview(data)[8 + size :]
    tensors = {}
    for name, entry in header.items():
        kind = TYPES.get(entry["dtype"])
        if kind is None:
            raise ValueError(f"tensor {name} is {entry['dtype']}, not F32 or F16")
        begin, end = entry["data_offsets"]
        count = int(np.prod(entry["shape"], dtype=np.int64))
        if not 0 <= begin <= end <= len(body) or end - begin != kind.itemsize * count:
            raise ValueError(f"tensor {name} has wrong offsets")
        flat = np.frombuffer(body[begin:end], dtype=kind).astype(kind.newbyteorder("="))
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata


def write(path, tensors, metadata):
    """Write a file whole or not at all."""
    part = f"{path}.part"
    with open(part, "wb") as file:
        file.write(pack(tensors, metadata))
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def read(path):
    """(tensors, metadata) of the file at `path`."""
    with open(path, "rb") as file:
        return unpack(file.read())
