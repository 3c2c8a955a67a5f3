#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC

"""Ardour records the notes of a sung phrase, and its export has them too.

ardour.py SINGER SAME SCRIPT: a phrase is put on a track of a new session, the
plugin on that track, and what the plugin sends is recorded on a MIDI track
while the session plays.  Then the session is exported, with nothing but the
plugin's tone.  Both must have the notes that the command finds; SAME compares.
SCRIPT is ardour.lua.  LV2_PATH leads to the plugin.
"""

import csv
import os
import shutil
import signal
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

LUA = "ardour7-lua"
EXPORT = "ardour7-export"
SECONDS = 12  # Of the phrase
TAIL = 1.5  # Seconds more that the session lasts
FADE = 0.005  # Seconds that the tone takes to end
PATIENCE = 60  # Seconds of which no program needs more

# What Ardour is to think that the processor has: SSE2, and a way to take
# denormals for zero.  Where it finds AVX-512, Ardour 7.3 mixes and copies with
# loops that write up to seven samples past the end of a buffer that is aligned
# in an unlucky way (x86_avx512f_mix_buffers_no_gain and its like).  How those of
# an export are aligned is up to malloc, so that now and then one broke the heap,
# with the plugin or without.
FPU = "15"


def run(*command, show=False):
    """Run a program, but not for ever; what it says is shown if it fails."""
    with subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if show or process.returncode:
        print(said, end="", flush=True)
    if process.returncode:
        sys.exit(f"{command[0]} has failed: {process.returncode}")
    return said


def lua(script, *words):
    """Run the script in Ardour, which has no exit status of its own."""
    said = run(LUA, script, *words)
    if "done" not in said.splitlines():
        print(said)
        sys.exit(f"{words[0]}: the script has failed")


def fill(session, phrase):
    """Overwrite the silence that the session has recorded with the phrase.

    The interpreter has no way to import a file; a track that has recorded
    something needs none.
    """
    (recorded,) = session.glob("interchange/*/audiofiles/*.wav")
    sound, rate = soundfile.read(phrase, dtype="float32")
    with soundfile.SoundFile(recorded, "r+") as file:
        assert file.samplerate == rate and file.channels == 1
        assert file.subtype == "FLOAT" and file.frames >= len(sound)
        file.seek(0)
        file.write(sound)


def tone_notes(path):
    """The notes of the tone: onset, offset and MIDI number of each.

    The tone crosses zero upwards once in a period.  Notes of one pitch without
    a gap between them are one.
    """
    sound, rate = soundfile.read(path, always_2d=True)
    sound = sound[:, 0]
    heard = np.flatnonzero(np.abs(sound) > 1e-6)
    assert heard.size, "the export is silent"
    gaps = np.flatnonzero(np.diff(heard) > 0.005 * rate)
    firsts = heard[np.concatenate(([0], gaps + 1))]
    lasts = heard[np.concatenate((gaps, [heard.size - 1]))]

    notes = []
    for first, last in zip(firsts, lasts):
        x = sound[first : last + 1]
        k = np.flatnonzero((x[:-1] <= 0) & (x[1:] > 0))
        crossings = (first + k + x[k] / (x[k] - x[k + 1])) / rate
        pitch = 69 + 12 * np.log2(1 / np.diff(crossings) / 440)
        whole = np.round(pitch).astype(int)
        # At least three periods, else it is a glide from one note to another
        edges = np.concatenate(([0], np.flatnonzero(np.diff(whole)) + 1, [len(whole)]))
        steady = [
            (crossings[a], crossings[b], whole[a])
            for a, b in zip(edges, edges[1:])
            if b - a > 2
        ]
        assert steady, f"no pitch at {first / rate:.3f} s"
        bounds = (
            [first / rate]
            + [(a[1] + b[0]) / 2 for a, b in zip(steady, steady[1:])]
            + [last / rate - FADE]
        )
        notes += [(a, b, n[2]) for a, b, n in zip(bounds, bounds[1:], steady)]
    return notes


def melody(path):
    """The pitches of a list of notes, as the tone tells them."""
    pitches, end = [], 0.0
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            pitch, onset = round(float(row["midi"])), float(row["onset"])
            if not pitches or pitch != pitches[-1] or onset - end >= 0.01:
                pitches.append(pitch)
            end = float(row["offset"])
    return pitches


def main():
    """Record, then export, and compare both with the command."""
    singer, same, script = sys.argv[1:]
    # Whoever ends this ends the programs that it runs, too
    for number in signal.SIGHUP, signal.SIGTERM:
        signal.signal(number, lambda *_: sys.exit("ended"))
    if not shutil.which(LUA) or not shutil.which(EXPORT):
        print("no Ardour")
        sys.exit(77)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable in "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME":
            os.environ[variable] = name
        os.environ["LC_ALL"] = "C"
        for variable in "DISPLAY", "WAYLAND_DISPLAY":
            os.environ.pop(variable, None)
        os.environ["ARDOUR_FPU_FLAGS"] = FPU
        phrase, session = folder / "phrase.wav", folder / "session"
        run(singer, "--scale", "--seconds", SECONDS, phrase)

        lua(script, "record", session, SECONDS + TAIL)
        fill(session, phrase)
        taken = folder / "taken.csv"
        lua(script, "take", session, SECONDS + TAIL, taken)
        print("Recorded:", flush=True)
        # A tick of Ardour's is 12.5 samples at its tempo, 120 a minute
        run(same, phrase, taken, 0.3, 13, show=True)

        export, exported = folder / "export.wav", folder / "exported.csv"
        run(EXPORT, "-b", "float", "-o", export, session, "neume")
        with open(exported, "w", encoding="utf-8") as file:
            file.write("onset,offset,midi\n")
            for onset, offset, midi in tone_notes(export):
                file.write(f"{onset:.6f},{offset:.6f},{midi}\n")
        print("Exported:", flush=True)
        run(same, "--tone", phrase, exported, 15, 2, show=True)
        if melody(taken) != melody(exported):
            sys.exit("what was exported is not what was recorded")


if __name__ == "__main__":
    main()
