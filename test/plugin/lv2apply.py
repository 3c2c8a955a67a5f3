#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC

"""What lv2apply renders is what `neume transcribe --decided` writes down.

lv2apply.py NEUME SINGER: a synthetic voice sings, lv2apply renders it with the
monitor tone alone, and the tone's pitches and times must be those of the note
list.  With the monitor off, the audio must come out as it went in.  LV2_PATH
leads to the plugin.
"""

import csv
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    import soundfile
except ImportError as missing:
    print(missing)
    sys.exit(77)

URI = "urn:neume:voice-to-midi"
RAMP = 0.005  # Seconds that the tone takes to rise and to fall


def render(source, target, **controls):
    """Run a file through lv2apply."""
    command = ["lv2apply", "-i", source, "-o", target]
    for symbol, value in controls.items():
        command += ["-c", symbol, str(value)]
    subprocess.run([*command, URI], check=True)


def read_notes(path):
    """Onset, offset and MIDI number of each note of a list."""
    with open(path, newline="", encoding="utf-8") as file:
        return [
            (float(row["onset"]), float(row["offset"]), round(float(row["midi"])))
            for row in csv.DictReader(file)
        ]


def pitch(sound, rate):
    """MIDI number, with fraction, of the strongest partial: the fundamental."""
    size = 1 << 18
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    hertz = np.argmax(power[1:]) + 1
    return 69 + 12 * np.log2(hertz * rate / size / 440)


def tones(sound, rate):
    """Stretches in which the tone sounds: first and last sample, and pitch.

    A new note is a new stretch, even without a gap: at its start the old one
    fades, and the zero crossings change their distance.
    """
    loud = np.abs(sound) > 1e-4
    near = int(0.01 * rate)  # Longer than half a period of the lowest note
    heard = np.convolve(loud, np.ones(near), "same") > 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], heard, [0]))))
    return list(zip(edges[::2], edges[1::2]))


def check(name, neume, folder, source):
    """Compare the tone that lv2apply renders with the notes of a file."""
    dry, wet = folder / f"{name}-dry.wav", folder / f"{name}-wet.wav"
    render(source, dry)
    render(source, wet, monitor=1)

    before, rate = soundfile.read(source, dtype="float32")
    after, _ = soundfile.read(dry, dtype="float32")
    assert len(after) == len(before), "the audio has another length"
    assert np.array_equal(after, before), "the audio has changed"

    command = [neume, "transcribe", "--decided", "--quiet", "--notes", folder, source]
    subprocess.run(command, check=True)
    notes = read_notes(folder / f"{Path(source).stem}.notes.csv")
    sound, _ = soundfile.read(wet)
    assert len(notes) > 5, f"only {len(notes)} notes"
    assert len(sound) == len(before)

    # Note times speak of the singer, tones of the moment of decision: where
    # notes are dated by that, the delay is one and the same for the whole file
    stretches = tones(sound, rate)
    assert stretches, "no tone is heard"
    delay = stretches[0][0] / rate - notes[0][0]
    assert 0 < delay < 0.25, f"the tone comes {delay:.3f} s after the voice"

    covered = np.zeros(len(sound), bool)
    worst = 0.0
    for onset, offset, midi in notes:
        first = int((onset + delay) * rate)
        last = min(int((offset + delay) * rate), len(sound))
        covered[max(0, first - int(0.01 * rate)) : last + int(0.02 * rate)] = True
        middle = sound[first + int(2 * RAMP * rate) : last - int(RAMP * rate)]
        if len(middle) > 0.03 * rate:
            worst = max(worst, abs(pitch(middle, rate) - midi))
    stray = np.abs(sound[~covered]).max(initial=0.0)
    print(
        f"{name}: {len(notes)} notes, tone {delay * 1000:.0f} ms after the voice,"
        f" at most {worst:.2f} semitones off, {stray:.5f} outside of notes"
    )
    assert worst < 0.4, "the tone has another pitch"
    assert stray < 1e-3, "a tone sounds where there is no note"


def main():
    """Check one phrase and one random melody."""
    neume, singer = sys.argv[1:]
    if not shutil.which("lv2apply"):
        print("no lv2apply")
        sys.exit(77)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for song, options in {
            "phrase": ["--scale", "--seconds", "12"],
            "melody": ["--seed", "7", "--seconds", "12", "--rate", "44100"],
        }.items():
            source = folder / f"{song}.wav"
            subprocess.run([singer, *options, source], check=True)
            # As floats, since whole numbers are rounded at each conversion
            sound, rate = soundfile.read(source, dtype="float32")
            soundfile.write(source, sound, rate, subtype="FLOAT")
            check(song, neume, folder, source)


if __name__ == "__main__":
    main()
