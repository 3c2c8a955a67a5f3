# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Which sources are at work."""

import os
import subprocess


def commit():
    """The commit of this source tree, "-dirty" after it if files differ from that; an
    empty string where nobody knows."""
    here = os.path.dirname(os.path.abspath(__file__))
    command = ["git", "-C", here, "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
