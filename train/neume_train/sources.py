# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Which sources are at work, and on what they were called."""

import os
import shlex
import subprocess

# Options that name folders and files
PATHS = ("--data", "--out", "--layers", "--front-end", "--start", "--run", "--teacher")


def commit():
    """The commit of this source tree, "-dirty" after it if files differ from that; an
    empty string where nobody knows."""
    here = os.path.dirname(os.path.abspath(__file__))
    command = ["git", "-C", here, "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def commits(old):
    """The commits that made what `old` describes, with what is at work now."""
    before, now = old.get("commit") or "", commit()
    if not now or now in before.split(", "):
        return before
    return f"{before}, {now}" if before else now


def without_paths(command):
    """A command line whose folders and files are names, not places."""
    words = shlex.split(command)
    for index, word in enumerate(words):
        option, equals, path = word.partition("=")
        if equals and option in PATHS:
            words[index] = f"{option}={os.path.basename(path.rstrip('/'))}"
        elif words[index - 1] in PATHS:
            words[index] = os.path.basename(word.rstrip("/"))
    return shlex.join(words)
