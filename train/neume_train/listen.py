# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Clips to judge by ear and eye: WAV, labels as CSV, and a picture."""

import csv
import json
import pathlib

import matplotlib
import numpy as np
import soundfile

from . import clips, native, pitch

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # pylint: disable=wrong-import-position


def _picture(path, clip, features, times, front_end):
    """The log-mel picture with the notes drawn over it."""
    low, high = (
        np.log1p(f / front_end.break_hz)
        for f in (front_end.low_hz, front_end.high_hz)
    )

    def band(hz):
        place = (np.log1p(hz / front_end.break_hz) - low) / (high - low)
        return place * (front_end.bands + 1) - 1

    figure, axes = plt.subplots(2, 1, figsize=(18, 11))
    for axis, (first, last) in zip(axes, ((0, 15), (15, 30))):
        seen = (times >= first) & (times < last)
        axis.imshow(
            features[seen].T.astype(np.float32),
            origin="lower",
            aspect="auto",
            extent=(times[seen][0], times[seen][-1], 0, front_end.bands),
            cmap="magma",
        )
        for note in clip.notes:
            for k, style in ((1, "-"), (2, ":")):
                axis.plot(
                    [note.onset, note.offset],
                    [band(k * pitch.hertz(note.midi))] * 2,
                    style,
                    color="cyan",
                    linewidth=1.5,
                )
            axis.axvline(note.onset, color="lime", linewidth=0.4)
            axis.axvline(note.offset, color="red", linewidth=0.4)
        axis.set_xlim(first, last)
        axis.set_xlabel("s")
        axis.set_ylabel("band")
    axes[0].set_title(str(clip.what))
    figure.tight_layout()
    figure.savefig(path, dpi=60)
    plt.close(figure)


def write(maker, front_end, out, seed, count, meant=False):
    """Write clips 0..count-1 of a set to the folder `out`, with the notes as they
    were sung or, if `meant`, as the melody has them, and `clips.json`: what each is."""
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    kept = {f"clip-{index:05d}.wav" for index in range(count)}
    others = sorted(path.name for path in out.glob("clip-*.wav") if path.name not in kept)
    if others:
        raise ValueError(f"{out}: holds clips of another set, such as {others[0]}")
    what = {}
    for index in range(count):
        clip = maker.make(seed, index)
        notes = clip.meant if meant else clip.notes
        stem = out / f"clip-{index:05d}"
        soundfile.write(f"{stem}.wav", clip.audio, clips.RATE)
        with open(f"{stem}.notes.csv", "w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["onset", "offset", "midi"])
            for note in notes:
                number = min(max(round(note.midi), native.MIDI_MIN), native.MIDI_MAX)
                writer.writerow([f"{note.onset:.4f}", f"{note.offset:.4f}", number])
        step = native.STEP // 8
        features, times = maker.native.features(
            clip.audio, clips.RATE, front_end, step
        )
        _picture(f"{stem}.png", clip, features, times, front_end)
        print(f"{stem}.wav {clip.what}")
        what[stem.name] = clip.what
    with open(out / "clips.json", "w", encoding="utf-8") as stream:
        json.dump(what, stream, indent=1)
