# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Safetensors files of F32 and F16 arrays: header length, JSON header, bytes.

What is broken is refused by the rules of dsp/safetensors.c.
"""

import json
import math
import os
import struct

import numpy as np


TYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}
AXES_MAX = 4
HEADER_MAX = 1 << 20  # Bytes


def pack(tensors, metadata):
    """Bytes of a file with `tensors` (name to array) and `metadata` (str to str).

    Arrays of float16 are kept as such, all others in F32, which come first, so that
    each starts at a multiple of its values' size.

    The header is padded with spaces so that the tensors start at a multiple
    of 8 bytes.
    """
    header = {"__metadata__": dict(metadata)}
    for key, value in header["__metadata__"].items():
        if not isinstance(value, str):
            raise TypeError(f"metadata {key} is not a string")
    blobs = []
    offset = 0
    kinds = {
        name: "F16" if np.asarray(array).dtype == np.float16 else "F32"
        for name, array in tensors.items()
    }
    for name in sorted(tensors, key=kinds.get, reverse=True):
        array, kind = tensors[name], kinds[name]
        shape = list(np.shape(array))
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


def _once(pairs):
    """A JSON object of the header; ValueError where a key stands in it twice."""
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _no_number(name):
    raise ValueError(f"{name} is no number")


def _read_header(data):
    """The header of a file's bytes, a dict, and where it ends."""
    if len(data) < 8:
        raise ValueError("shorter than its header length")
    (size,) = struct.unpack("<Q", data[:8])
    if size > len(data) - 8:
        raise ValueError(f"header length {size} exceeds the {len(data) - 8} bytes that follow")
    if not 2 <= size <= HEADER_MAX:
        raise ValueError(f"header length is {size}, must be 2 to {HEADER_MAX}")
    end = 8 + size
    if data[8:9] != b"{":
        raise ValueError("header: must begin with '{'")
    try:
        text = str(data[8:end], "utf-8")
        header = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"header: not JSON: {error}") from error
    return header, end


def _check_metadata(metadata):
    """ValueError unless `metadata` maps strings to strings."""
    if not isinstance(metadata, dict):
        raise ValueError("__metadata__: missing, or no JSON object")
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise ValueError(f"__metadata__.{key}: must be a string")


def _are_whole(values):
    """Whether `values` is a JSON array of integers."""
    return isinstance(values, list) and all(
        isinstance(value, int) and not isinstance(value, bool) for value in values
    )


def _check_tensor(name, entry, n_data):
    """What the header says of a tensor: its type, its shape, and where in the `n_data`
    bytes of data it begins and ends; ValueError where that can't be."""
    where = f"tensor {name!r}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{where}: must have dtype, shape and data_offsets, and no more")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in list(TYPES):
        raise ValueError(f"{where}.dtype: is {dtype!r}, must be 'F32' or 'F16'")
    kind = TYPES[dtype]
    if not _are_whole(shape) or len(shape) > AXES_MAX:
        raise ValueError(f"{where}.shape: must be an array of at most {AXES_MAX} integers")
    if not all(1 <= length <= n_data for length in shape):
        raise ValueError(f"{where}.shape: {shape} does not fit into {n_data} bytes of data")
    if not _are_whole(offsets) or len(offsets) != 2:
        raise ValueError(f"{where}.data_offsets: must be an array of two integers")
    begin, end = offsets
    if not 0 <= begin <= end <= n_data:
        raise ValueError(f"{where}.data_offsets: {offsets} do not lie in {n_data} bytes of data")
    if begin % kind.itemsize:
        raise ValueError(f"{where}.data_offsets: {begin} is not a multiple of {kind.itemsize}")
    wanted = kind.itemsize * math.prod(shape)
    if end - begin != wanted:
        raise ValueError(
            f"{where}.data_offsets: hold {end - begin} bytes, the shape needs {wanted}"
        )
    return kind, shape, begin, end


def _check_cover(spans, n_data):
    """ValueError unless `spans` (begin, end, name) fill the data from end to end."""
    before = 0
    for begin, end, name in [*sorted(spans), (n_data, n_data, None)]:
        if begin < before:
            raise ValueError(f"tensor {name!r} overlaps the one before it")
        if begin > before:
            raise ValueError(f"data bytes {before} to {begin} belong to no tensor")
        before = end


def unpack(data):
    """(tensors, metadata) of a file's bytes, tensors as precise as they are there;
    ValueError that says what is broken and why."""
    header, end = _read_header(data)
    metadata = header.pop("__metadata__", None)
    _check_metadata(metadata)
    body = memoryview(data)[end:]
    told = {name: _check_tensor(name, entry, len(body)) for name, entry in header.items()}
    _check_cover([(begin, end, name) for name, (_, _, begin, end) in told.items()], len(body))
    tensors = {}
    for name, (kind, shape, begin, end) in told.items():
        flat = np.frombuffer(body[begin:end], dtype=kind).astype(kind.newbyteorder("="))
        tensors[name] = flat.reshape(shape)
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
    """(tensors, metadata) of the file at `path`; ValueError, its name in it, where it
    is broken."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        return unpack(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
