# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Bands that accompany a voice, composed at random: events for fluid.Fluid.

Whatever a band plays is non-voice, its leads above all: they play what a
voice might sing.  Patches that imitate voices are left out.
"""

import numpy as np

from . import native

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
VOICES = {52, 53, 54, 85, 91}  # Choir aahs, voice oohs, synth voice, ...
EFFECTS = set(range(119, 128))
MELODIC = [p for p in range(112) if p not in VOICES]
SOLOISTS = (
    [64, 65, 66, 67, 73, 40, 42, 56, 68, 71, 80, 81, 82, 84, 87, 22, 21, 74]
    + [75, 76, 77, 78, 79, 110, 111, 104, 26, 27, 29, 30, 59, 60, 69, 70, 41]
    + [57, 61, 72, 16, 17, 18, 48, 11, 0, 4, 24, 25, 83, 86]
)
COMPING = (
    list(range(0, 8)) * 2
    + list(range(24, 32)) * 2
    + [16, 17, 18, 19, 21, 11, 12, 46, 44, 45, 48, 49, 50, 51, 61, 62, 63]
    + [88, 89, 90, 92, 93, 94, 95, 99, 55, 105, 106, 107, 15, 13]
)
BASSES = list(range(32, 40)) * 3 + [43, 58, 87, 70]
KITS = (0, 8, 16, 24, 25, 32, 40, 48)
DRUMS = 9
CHORDS = {
    "major": [(0, 4, 7), (2, 5, 9), (4, 7, 11), (5, 9, 0), (7, 11, 2), (9, 0, 4)],
    "minor": [(0, 3, 7), (3, 7, 10), (5, 8, 0), (7, 10, 2), (8, 0, 3), (10, 2, 5)],
}


def pitch_classes(melody):
    """For how many seconds `melody` is on each pitch class, C first."""
    weights = np.zeros(12)
    for note in melody:
        weights[int(round(note.midi)) % 12] += note.offset - note.onset
    return weights


class Song:
    """Key, metre and one chord for each bar, fitted to the voice's melody."""

    def __init__(self, rng, melody, tempo, seconds, kept=False):
        weights = pitch_classes(melody)
        scores = {}
        for tonic in range(12):
            for mode, scale in (("major", MAJOR), ("minor", MINOR)):
                inside = weights[[(tonic + s) % 12 for s in scale]].sum()
                scores[tonic, mode] = (
                    inside
                    + 0.5 * weights[tonic]
                    + 0.05 * weights.sum() * rng.standard_normal()
                    + 1e-6 * rng.random()
                )
        self.tonic, self.mode = max(scores, key=scores.get)
        self.scale = MAJOR if self.mode == "major" else MINOR
        self.beat = 60 / tempo
        self.beats = int(rng.choice([4, 4, 4, 4, 4, 3]))
        early = rng.random() * self.beats  # Beats; a melody that is kept to them begins on one
        self.start = -self.beat * (int(early) if kept else early)
        self.bar = self.beat * self.beats
        self.seconds = seconds
        self.swing = rng.choice([0.0, rng.uniform(0.05, 0.16)], p=[0.75, 0.25])
        count = int(np.ceil((seconds - self.start) / self.bar))
        self.chords = [self._chord(rng, melody, b) for b in range(count)]

    def _chord(self, rng, melody, bar):
        low = self.start + bar * self.bar
        best, found = -1e9, None
        for chord in CHORDS[self.mode]:
            chord = [(self.tonic + c) % 12 for c in chord]
            score = 0.6 * rng.gumbel() * self.beat
            for note in melody:
                if int(round(note.midi)) % 12 in chord:
                    overlap = min(note.offset, low + self.bar) - max(note.onset, low)
                    score += max(overlap, 0)
            if score > best:
                best, found = score, chord
        if rng.random() < 0.2:  # A seventh on top
            root = found[0]
            ladder = sorted((self.tonic + s) % 12 for s in self.scale)
            near = [s for s in ladder if (s - root) % 12 in (10, 11)]
            found = found + near[:1]
        return found

    def at(self, time):
        """The chord in force at `time`, pitch classes from the root up."""
        bar = int((time - self.start) // self.bar)
        return self.chords[min(max(bar, 0), len(self.chords) - 1)]

    def grid(self, division):
        """Times of a grid of `division` steps to a beat, with their numbers."""
        step = self.beat / division
        for i in range(int((self.seconds - self.start) / step)):
            late = self.swing * self.beat if division == 2 and i % 2 else 0.0
            yield i, self.start + i * step + late

    def fit(self, number):
        """The note of the scale nearest to MIDI number `number`."""
        allowed = {(self.tonic + s) % 12 for s in self.scale}
        for distance in (0, 1, -1, 2, -2):
            if (number + distance) % 12 in allowed:
                return number + distance
        return number


class Player:
    """Writes one part's events onto one channel."""

    def __init__(self, rng, events, channel, program, volume, tuning):
        self.rng, self.events, self.channel = rng, events, channel
        self.loose = rng.uniform(0.002, 0.015)
        self.force = rng.uniform(60, 110)
        events += [
            (0, "program_change", channel, program),
            (0, "cc", channel, 7, int(volume)),
            (0, "pitch_wheel_sens", channel, 12),
        ]
        if channel != DRUMS:
            fine = int(np.clip(64 + tuning * 0.64, 0, 127))
            events += [
                (0, "cc", channel, 101, 0),
                (0, "cc", channel, 100, 1),
                (0, "cc", channel, 6, fine),
            ]

    def play(self, number, onset, offset, accent=0.0):
        """A note, a little early or late."""
        if offset <= 0 or not 0 <= number <= 127:
            return
        onset = max(onset + self.loose * self.rng.standard_normal(), 0)
        force = self.force + accent + 8 * self.rng.standard_normal()
        force = int(np.clip(force, 20, 127))
        self.events.append((onset, "noteon", self.channel, int(number), force))
        stop = max(offset, onset + 0.03)
        self.events.append((stop, "noteoff", self.channel, int(number)))

    def bend(self, times, semitones):
        """A pitch curve, within an octave either way."""
        values = np.clip(8192 + np.asarray(semitones) / 12 * 8192, 0, 16383)
        for time, value in zip(times, values.astype(int)):
            self.events.append((time, "pitch_bend", self.channel, int(value)))


def _drums(rng, song, player):
    steps = 4 * song.beats
    busy = rng.uniform(0.05, 0.3)
    kick = (rng.random(steps) < busy) | (np.arange(steps) % 8 == 0)
    snare = (np.arange(steps) % 8 == 4) | (rng.random(steps) < busy / 4)
    every = int(rng.choice([1, 2, 4]))
    hat, ride = rng.choice([42, 44, 46, 54, 70, 69]), rng.random() < 0.25
    back = int(rng.choice([38, 40, 37, 39, 38]))
    extra = int(rng.choice([0, 0, 56, 60, 62, 63, 64, 75, 76, 67]))
    pattern = rng.random(steps) < 0.25
    for i, time in song.grid(4):
        at = i % steps
        if kick[at]:
            player.play(36 if rng.random() < 0.9 else 35, time, time + 0.1, 8)
        if snare[at]:
            player.play(back, time, time + 0.1, 6 if at % 8 == 4 else -25)
        if at % every == 0:
            player.play(51 if ride else hat, time, time + 0.1, -12 + 8 * (at % 4 == 0))
        if extra and pattern[at]:
            player.play(extra, time, time + 0.1, -10)
        if at == 0 and rng.random() < 0.12:
            player.play(49, time, time + 1.0, 5)
        if i // steps % 4 == 3 and at >= steps - 4 and rng.random() < 0.5:
            player.play(int(rng.choice([41, 43, 45, 47, 48, 50])), time, time + 0.1)


def _bass(rng, song, player):
    style = rng.choice(["whole", "quarter", "eighth", "syncopated", "walking"])
    low = int(rng.integers(26, 36))
    division = {"eighth": 2, "syncopated": 2}.get(style, 1)
    pattern = rng.random(song.beats * 2) < 0.55
    pattern[0] = True
    for i, time in song.grid(division):
        at = i % (song.beats * division)
        chord = song.at(time + 0.01)
        pick = chord[0]
        if style == "whole" and at:
            continue
        if style == "syncopated" and not pattern[at]:
            continue
        if style == "walking" or rng.random() < 0.15:
            pick = chord[int(rng.integers(len(chord)))]
        length = song.bar if style == "whole" else song.beat / division
        number = low + (pick - low) % 12
        player.play(number, time, time + length * rng.uniform(0.7, 1.0))


def _comp(rng, song, player):
    style = rng.choice(["hold", "strum", "chop", "offbeat", "arpeggio", "tremolo"])
    low = int(rng.integers(45, 66))
    order = rng.permutation(8)
    division = int(rng.choice([1, 2, 2, 4]))
    swap = rng.random() < 0.5
    pattern = rng.random(song.beats * division) < 0.6
    for i, time in song.grid(division):
        at = i % (song.beats * division)
        chord = sorted(low + (c - low) % 12 for c in song.at(time + 0.01))
        step = song.beat / division
        if style == "hold":
            if at == 0:
                for number in chord:
                    player.play(number, time, time + song.bar * 0.98)
        elif style == "arpeggio":
            ladder = chord + [chord[0] + 12]
            at = order[at % 8] if swap else at
            number = ladder[at % len(ladder)]
            player.play(number, time, time + step * rng.uniform(0.8, 2.5))
        elif style == "offbeat":
            if division == 1 or i % 2:
                for number in chord:
                    player.play(number, time, time + step * 0.5)
        elif style == "tremolo" or pattern[at]:
            spread = 0.012 if style == "strum" else 0.0
            length = step * (0.4 if style == "chop" else 0.95)
            for k, number in enumerate(chord):
                player.play(number, time + k * spread, time + length)


def _solo(rng, song, player, melody):
    """A melody with bends, vibrato and dynamics, as a soloist plays it."""
    rate, depth = rng.uniform(4, 7), rng.choice([0, rng.uniform(0.1, 0.7)])
    scoop = rng.choice([0.0, rng.uniform(0.5, 2.0)])
    for note in melody:
        number = int(round(note.midi))
        player.play(number, note.onset, note.offset, note.loudness * 3)
        if not depth and not scoop:
            continue
        time = np.arange(note.onset, note.offset, 0.02)
        since = time - note.onset
        curve = depth * np.clip((since - 0.2) / 0.2, 0, 1)
        curve = curve * np.sin(2 * np.pi * rate * since)
        if scoop and rng.random() < 0.4:
            curve = curve - scoop * np.exp(-since / 0.04)
        player.bend(time, curve)


def _gaps(melody, seconds, shortest=0.8):
    """Stretches in which the voice rests."""
    edges = [0.0] + [t for n in melody for t in (n.onset, n.offset)] + [seconds]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2]) if b - a > shortest]


def _lead_melody(rng, library, song, melody, tempo, programme):
    """What a lead instrument plays, and whether only while the voice rests."""
    low = int(rng.integers(50, 68))
    if programme in (42, 43, 57, 58, 70, 67, 32):
        low -= 10
    if programme in (72, 74, 78, 79, 9, 10):
        low += 10
    notes = library.melody(
        int(rng.integers(1 << 62)),
        low,
        low + int(rng.integers(9, 20)),
        tempo,
        rng.uniform(0.05, 0.4),
        rng.uniform(0.2, 0.95),
        song.seconds,
    )
    for note in notes:
        note.midi = song.fit(int(round(note.midi)))
    if not melody:
        return notes
    mode = rng.choice(["fills", "counter", "double"], p=[0.45, 0.35, 0.2])
    if mode == "double":
        shift = int(rng.choice([-12, 0, 12, 4, -5]))
        return [
            native.Note(n.onset, n.offset, n.midi + shift, n.loudness)
            for n in melody
        ]
    if mode == "fills":
        gaps = _gaps(melody, song.seconds)
        return [
            n for n in notes if any(a <= n.onset and n.offset <= b + 0.3 for a, b in gaps)
        ]
    return notes


def compose(rng, library, melody, tempo, seconds, kept=False):
    """A band for `melody` (empty: instruments alone), as fluid events; on the beats of one
    that is `kept` to them, counted from 0."""
    song = Song(rng, melody, tempo, seconds, kept)
    tuning = float(np.clip(rng.normal(0, 5), -20, 20))
    events = []
    channels = iter(c for c in range(16) if c != DRUMS)

    def player(programme, volume):
        return Player(rng, events, next(channels), int(programme), volume, tuning)

    line = not melody and rng.random() < 0.25  # Nothing but one lead, as a flute by itself
    alone = line or rng.random() < 0.12  # One instrument only, as a pianist or guitarist
    if not alone and rng.random() < 0.7:
        kit = Player(rng, events, DRUMS, int(rng.choice(KITS)), rng.uniform(50, 115), 0)
        _drums(rng, song, kit)
    if not alone and rng.random() < 0.8:
        _bass(rng, song, player(rng.choice(BASSES), rng.uniform(60, 120)))
    accompany = 1 if alone else int(rng.choice([1, 2, 2, 3]))
    for _ in range(0 if line else accompany):
        programme = rng.choice(COMPING if rng.random() < 0.8 else MELODIC)
        _comp(rng, song, player(programme, rng.uniform(45, 110)))
    leads = int(rng.choice([0, 1, 2], p=[0.35, 0.5, 0.15]))
    if not melody:
        leads = 1 if line else max(leads, 1)
    for _ in range(leads):
        programme = int(rng.choice(SOLOISTS if rng.random() < 0.75 else MELODIC))
        line = _lead_melody(rng, library, song, melody, tempo, programme)
        _solo(rng, song, player(programme, rng.uniform(75, 127)), line)
    return events
