# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""The report's figures, from counts of frames that add up over batches and processes."""


def measure(truth, found):
    """Counts behind the report, from class indices of the same shape."""
    voiced, heard = truth > 0, found > 0
    both = voiced & heard
    return {
        "frames": truth.numel(),
        "right": int((truth == found).sum()),
        "voiced": int(voiced.sum()),
        "voiced_right": int((voiced & (truth == found)).sum()),
        "heard": int(both.sum()),
        "near": int((both & ((truth - found).abs() <= 1)).sum()),
        "silent": int((~voiced).sum()),
        "silent_right": int((~voiced & ~heard).sum()),
    }


def shares(counts):
    """The report's figures from summed counts."""

    def share(part, whole):
        return counts[part] / counts[whole] if counts[whole] else float("nan")

    return {
        "accuracy": share("right", "frames"),
        "voiced": share("voiced_right", "voiced"),
        "nonvoiced": share("silent_right", "silent"),
        "recall": share("heard", "voiced"),
        "within_semitone": share("near", "heard"),
    }
