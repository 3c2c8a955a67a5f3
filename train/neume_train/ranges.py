# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Numbers of a command line that lie within limits."""

import argparse


def between(kind, least, most):
    """A type of argparse: numbers of `kind` from `least` to `most`."""

    def read(text):
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}, is {text}")
        return value

    read.__name__ = kind.__name__  # As argparse calls it where there is no number
    return read
