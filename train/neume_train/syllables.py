# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Melodies out of recorded sung syllables.

A recording holds a string of syllables sung at one pitch.  Its pitch is
tracked once (and cached); its voiced stretches, cut where one syllable gives way to
the next, become units.  A sung note
reads a unit at the varying speed that gives the pitch wanted, which moves the
formants along and so makes other singers; a note that outlasts its unit loops
the unit's last vowel.  Touching notes often read a string on, through its own
consonants: each vowel but the last is brought to its length by leaving out some
of it, or by repeating some.
"""

import csv
import dataclasses
import hashlib
import os
import pathlib
import sys

import numpy as np
import soundfile
from scipy import ndimage, signal

from . import native, pitch, splices

CONTROL = 16  # Output samples per point of the pitch contour
REACH = 5.5  # Semitones that a unit is shifted at most
CACHE_VERSION = 3
CHANGE = 8.0  # dB by which the spectrum moves where a syllable ends or its vowel begins
VOWEL = 0.16  # Seconds that a vowel lasts at least; what is shorter is a voiced consonant
PAUSE = 0.2  # Seconds between two units, less than which they are of one breath
EDGE = 0.025  # Seconds kept of a vowel's begin and end
ORNAMENT = 0.11  # Seconds; a shorter note that touches the one before is mostly one,
ORNAMENTS = 0.85  # in this share sung on the same syllable
SHORTEST = 0.03  # Seconds of voice that are a note


def _syllables(start, stop, changed):
    """Syllables (begin, begin of the vowel, end), in steps of pitch.HOP, of the voiced
    stretch from `start` to `stop`, where the spectrum has `changed`, see changes()."""
    shortest = round(VOWEL / pitch.HOP)
    cuts = [start, *(c for c in changed if start + 3 < c < stop - 3), stop]
    begin = start
    for first, last in zip(cuts, cuts[1:]):
        if last - first < shortest:
            continue
        # Up to the change itself, less what it smears
        yield max(begin, first - shortest), first, last if last == stop else last - 2
        begin = last


@dataclasses.dataclass
class Unit:
    """A syllable of one recording, times in seconds within it.

    Its onset is where its voice begins, or the middle of a voiced consonant."""

    recording: int
    onset: float
    offset: float
    consonant: float  # Seconds of consonant before the onset
    voiced: bool  # Whether that has a pitch
    midi: float  # Median pitch
    rms: float
    vowel: float  # Where that begins, at or after the onset
    after: "Unit | None" = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def pause(self):
        """Seconds to the onset of the unit after it."""
        return self.after.onset - self.offset


def _bands(audio, rate):
    """Level of 15 bands from 100 Hz to 3.6 kHz, dB [15][steps of pitch.HOP]; 50 dB below
    the recording's loudest moment is silence."""
    size, points = round(0.032 * rate), 512
    places = pitch.frames(len(audio), rate)
    padded = np.pad(np.asarray(audio, np.float32), (size // 2, size))
    frames = padded[places[:, None] + np.arange(size)] * np.hanning(size).astype(np.float32)
    power = np.abs(np.fft.rfft(frames, points)).T ** 2
    edges = np.concatenate([np.linspace(100, 1000, 7), np.geomspace(1150, 3600, 9)])
    at = np.round(edges * points / rate).astype(int)
    bands = np.stack([power[a:b].sum(0) for a, b in zip(at, at[1:])])
    return 10 * np.log10(bands + power.sum(0).max() * 1e-5 + 1e-12)


def changes(audio, rate):
    """Steps of pitch.HOP where the spectrum is another one 10 to 50 ms later than it was
    10 to 50 ms before: edges of voiced consonants, and of vowels that follow a vowel."""
    mean = ndimage.uniform_filter1d(_bands(audio, rate), 4, axis=1, mode="nearest")
    # Four steps' mean stands at the third of them
    moved = np.sqrt(((np.roll(mean, -3, 1) - np.roll(mean, 2, 1)) ** 2).mean(0))
    return signal.find_peaks(moved, height=CHANGE, distance=3)[0]


def files(data):
    """Rows of the syllables of the folder `data` that are there, in order of file: `file`,
    `singer`, and `median_midi`, a number near which it is sung."""
    folder = pathlib.Path(data)
    path = folder / "sung_syllables.csv"
    if not path.is_file():
        return []
    with open(path, encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        if not {"file", "singer", "median_midi"} <= set(reader.fieldnames or []):
            raise ValueError(f"{path}: has no columns file, singer and median_midi")
        rows = [row for row in reader if (folder / row["file"]).is_file()]
    return sorted(rows, key=lambda row: row["file"])


class Syllables:
    """Every usable unit of every singer, with the audio in memory."""

    rate = 8000

    def __init__(self, data, cache=None):
        folder = pathlib.Path(data)
        rows = []
        self.audio, self.tracks, self.singers = [], [], {}
        for row in files(data):
            audio, rate = soundfile.read(folder / row["file"], dtype="int16")
            if rate != self.rate or audio.ndim != 1:
                raise ValueError(f"{row['file']}: must be 8 kHz mono")
            if len(audio) < SHORTEST * rate:
                print(f"{folder / row['file']}: left out: holds no note", file=sys.stderr)
                continue
            rows.append(row)
            self.audio.append(audio)
        if rows:
            self._measure(rows, _cache_file(rows, self.audio, cache))
        self.dropped = 0
        for number, row in enumerate(rows):
            units = self._units(number)
            self.dropped += not units
            self.singers.setdefault(row["singer"], []).extend(units)
        self.singers = {k: v for k, v in self.singers.items() if v}

    def _measure(self, rows, cache):
        """Pitch tracks, from the cache or anew."""
        if cache.is_file():
            with np.load(cache) as stored:
                flat, ends = stored["tracks"], stored["ends"]
            self.tracks = np.split(flat, ends[:-1], axis=1)
            return
        for audio, row in zip(self.audio, rows):
            found = pitch.track(
                audio.astype(np.float32) / 32768,
                self.rate,
                float(row["median_midi"]),
            )
            self.tracks.append(np.array(found, np.float32))
        cache.parent.mkdir(parents=True, exist_ok=True)
        partial = cache.with_name(f"{cache.stem}.{os.getpid()}.npz")
        np.savez(
            partial,
            tracks=np.concatenate(self.tracks, 1),
            ends=np.cumsum([t.shape[1] for t in self.tracks]),
        )
        os.replace(partial, cache)

    def _units(self, number):
        """Voiced stretches at a steady pitch of recording `number`."""
        midi, clarity, half, level = self.tracks[number]
        voiced = (clarity > 0.75) & (level > level.max() - 26)
        if voiced.sum() < 15:
            return []
        median = np.median(midi[voiced])
        if np.median(half[voiced]) > 0.9 * np.median(clarity[voiced]):
            return []  # The truth lies an octave above what was found
        voiced &= np.abs(midi - median) < 1.0
        voiced = ndimage.binary_closing(voiced, np.ones(3))
        labels, count = ndimage.label(voiced)
        loud = level > level.max() - 45
        audio = self.audio[number] / np.float32(32768)
        changed = changes(audio, self.rate)
        units = []
        for start, stop in (
            (s[0].start, s[0].stop) for s in ndimage.find_objects(labels, count)
        ):
            ahead = 0
            while ahead < 14 and start > ahead and loud[start - ahead - 1]:
                if voiced[start - ahead - 1]:
                    break
                ahead += 1
            ahead = ahead if 3 <= ahead < 14 else 0
            for begin, first, last in _syllables(start, stop, changed):
                # A voiced consonant is half of what is before, half of the note
                onset = (begin + first) // 2
                alone = onset == start
                piece = audio[int(onset * pitch.HOP * self.rate) : int(last * pitch.HOP * self.rate)]
                units.append(
                    Unit(
                        number,
                        onset * pitch.HOP,
                        (last - 1) * pitch.HOP,
                        (ahead if alone else onset - begin) * pitch.HOP,
                        not alone,
                        float(np.median(midi[onset:last])),
                        float(np.sqrt(np.mean(piece**2))),
                        first * pitch.HOP,
                    )
                )
        for unit, after in zip(units, units[1:]):
            if after.onset - unit.offset < PAUSE:
                unit.after = after
        return units

    def range(self, singer):
        """Lowest and highest MIDI number this singer can be brought to."""
        pitches = [u.midi for u in self.singers[singer]]
        low, high = np.percentile(pitches, [2, 98])
        return (
            max(native.MIDI_MIN, int(np.ceil(low - REACH + 0.5))),
            min(native.MIDI_MAX, int(np.floor(high + REACH - 0.5))),
        )

    def _choose(self, rng, units, number, seconds, through):
        """A unit near `number`, preferably long enough for the note, and that goes on to
        another one if that is to be sung `through`."""
        distance = np.array([abs(u.midi - number) for u in units])
        near = np.flatnonzero(distance <= max(REACH, distance.min() + 0.5))
        if through:
            ahead = np.array([i for i in near if units[i].after])
            near = ahead if len(ahead) else near
        picks = [units[i] for i in rng.choice(near, 4)]
        needed = [
            seconds * 2 ** ((number - u.midi) / 12) + 0.05 - (u.offset - u.onset)
            for u in picks
        ]
        return picks[int(np.argmin(np.maximum(needed, 0)))]

    def _strings(self, rng, units, groups, manner):
        """(notes, unit) of `groups`, in runs whose units are read in one go."""
        string = []
        for group in groups:
            unit = self._after(rng, string, group, manner) if string else None
            if unit is None:
                if string:
                    yield string
                string = []
                mean, seconds = np.mean([n.midi for n in group]), group[-1].offset - group[0].onset
                unit = self._choose(rng, units, mean, seconds, rng.random() < manner["through"])
            string.append((group, unit))
        if string:
            yield string

    @staticmethod
    def _after(rng, string, group, manner):
        """The unit on which the string may go on to sing `group`, or None."""
        last, unit = string[-1]
        after = unit.after
        if after is None or group[0].onset - last[-1].offset > 0.015:
            return None
        if rng.random() >= manner["through"]:
            return None
        if abs(np.mean([n.midi for n in group]) - after.midi) > REACH:
            return None
        if unit.offset - unit.vowel < 2 * EDGE + splices.FADE:
            return None
        speed = 2 ** ((np.mean([n.midi for n in last]) - unit.midi) / 12)
        least = unit.vowel - unit.onset + 2 * EDGE + splices.FADE + unit.pause * after.voiced
        room = group[0].onset - last[0].onset - unit.pause * (not after.voiced)
        return after if room > least / speed else None

    def sing(self, rng, singer, melody, rate, count, tuning=0.0):
        """Sing `melody`; returns the audio and the notes as really sung, the
        median of each one's pitch for its `midi`.

        A consonant takes its time from the note before it.
        """
        manner = _manner(rng)
        out = np.zeros(count + rate, np.float32)
        sung = []
        units = self.singers[singer]
        groups = _groups(rng, melody, manner)
        before = None
        for string in self._strings(rng, units, groups, manner):
            group, unit = string[0]
            seconds = group[-1].offset - group[0].onset
            touching = bool(sung) and group[0].onset - sung[-1].offset < 0.12
            consonant = unit.consonant
            inside = rng.random() < 0.35 and unit.offset - unit.onset > seconds + 0.3
            inside = inside and len(string) == 1
            if inside or group[0].onset < consonant + 0.05:
                consonant = 0.0
            if touching:
                room = sung[-1].offset - sung[-1].onset - 0.12
                wanted = sung[-1].offset - (group[0].onset - consonant)
                if wanted > room:
                    consonant, inside = 0.0, len(string) == 1
                elif wanted > 0:
                    _fade(out, sung[-1].offset - wanted, rate)
                    if not unit.voiced:
                        sung[-1].offset -= wanted
            time, heard = self._render(
                rng, out, string, rate, manner, consonant, inside, tuning,
                before if touching else None,
            )
            before = string[-1][0][-1]
            sung += as_sung(_notes(string), time, heard)
        return out[:count], sung

    def _render(
        self, rng, out, string, rate, manner, consonant, inside, tuning, before
    ):
        """Add a string of units, each sung over its group of notes, to `out`; returns
        its pitch in semitones, and when it has that."""
        groups = [group for group, _ in string]
        onsets = np.array([group[0].onset for group in groups])
        attack = rng.uniform(0.012, 0.04)
        release = manner["release"] * rng.uniform(0.6, 1.4)
        begin = onsets[0] - consonant
        end = groups[-1][-1].offset + release / 2
        first = int(round(begin * rate))
        length = min(int((end - begin) * rate), len(out) - first)
        if length <= 0 or first < 0:
            return np.zeros(0), np.zeros(0)
        time = begin + np.arange(0, length + CONTROL, CONTROL) / rate
        target = _contours(rng, time, groups, manner, before) + tuning / 100

        number = np.clip(np.searchsorted(onsets, time, "right") - 1, 0, None)
        shift = target - np.array([unit.midi for _, unit in string])[number]
        unvoiced = (time < onsets[0]) & (not string[0][1].voiced)
        for onset, (_, unit) in zip(onsets[1:], string):
            if not unit.after.voiced:
                unvoiced |= (time > onset - unit.pause) & (time < onset)
        # Integrate the speed twice: the second pass knows where the source
        # is and so how far it strays from its median there.
        grid = CONTROL / rate
        speed = np.where(unvoiced, 1.0, 2 ** (shift / 12))
        place = np.concatenate([[0], np.cumsum(speed[:-1]) * grid])
        spare = 0.0
        if inside:
            unit, group = string[0][1], groups[0]
            spare = unit.offset - unit.onset - (group[-1].offset - group[0].onset) * 1.3
        start = rng.uniform(0, max(spare, 0.0)) if inside and spare > 0 else 0.0
        source, residual = self._source(
            rng, [unit for _, unit in string], start - consonant, np.interp(onsets, time, place)
        )
        for _ in range(2):
            stray = np.interp(place, np.arange(len(residual)) * pitch.HOP, residual)
            flat = 2 ** ((shift - stray * manner["flatten"]) / 12)
            speed = np.where(unvoiced, 1.0, flat)
            place = np.concatenate([[0], np.cumsum(speed[:-1]) * grid])
        place = np.interp(
            np.arange(length), np.arange(len(place)) * CONTROL, place
        )
        place = np.minimum(place * self.rate, len(source) - 1)
        rms = np.sqrt(np.mean([unit.rms**2 for _, unit in string]))
        voice = splices.warp(source, place) / 32768 * (0.1 / max(rms, 1e-4))

        now = begin + np.arange(length) / rate
        points, gains = [], []
        for note in (n for group in groups for n in group):
            points += [note.onset + 0.03, max(note.onset + 0.03, note.offset - 0.03)]
            gains += [note.loudness] * 2
        gain = 10 ** (np.interp(now, points, gains) / 20)
        gain *= np.clip((now - begin) / (attack if inside else 0.008), 0, 1)
        gain *= np.clip((end - now) / release, 0, 1) ** 1.5
        out[first : first + length] += (voice * gain).astype(np.float32)
        return time, target + stray * (1 - manner["flatten"])

    def _source(self, rng, units, start, onsets):
        """What is read of the recording, from `start` seconds after the onset of the first
        of `units`, and its pitch less the unit's, every HOP seconds: every unit's onset
        stands where `onsets` (seconds) say, or within half a period or two; of the last
        one's vowel there are 12 s."""
        rate = self.rate
        audio = self.audio[units[0].recording].astype(np.float32)
        begin = int((units[0].onset + start) * rate)
        pieces, length = [], 0
        for unit, onset in zip(units[:-1], onsets[1:]):
            vowel = [int(t * rate) for t in (unit.vowel + EDGE, unit.offset - EDGE)]
            last = int(unit.after.onset * rate)
            wanted = int(onset * rate) - length
            period = rate / pitch.hertz(unit.midi)
            pieces += splices.fitted(rng, audio, rate, period, (begin, *vowel, last), wanted)
            length = sum(b - a for a, b in pieces)
            begin = last
        onset, last = (int(t * rate) for t in (units[-1].onset, units[-1].offset))
        period = rate / pitch.hertz(units[-1].midi)
        pieces += splices.held(rng, audio, rate, period, (begin, max(begin, onset), last))
        source, where = splices.spliced(audio, pieces, int(splices.FADE * rate))
        stray = self._stray(units)
        where = where[:: int(pitch.HOP * rate)] / rate / pitch.HOP
        return source, np.interp(where, np.arange(len(stray)), stray)

    def _stray(self, units):
        """Semitones from its unit's pitch at every HOP of the recording of `units`."""
        midi = self.tracks[units[0].recording][0]
        stray = np.zeros(len(midi))
        for unit in units:
            voiced = unit.after in units and unit.after.voiced
            last = unit.after.onset if voiced else unit.offset
            here = slice(round(unit.onset / pitch.HOP), round(last / pitch.HOP))
            off = np.clip(ndimage.median_filter(midi[here], 5) - unit.midi, -1, 1)
            stray[here] = ndimage.uniform_filter1d(off, 5)
        return stray


def _notes(string):
    """The notes of a string: one before an unvoiced consonant ends with the voice."""
    notes = list(string[0][0])
    for (_, unit), (group, after) in zip(string, string[1:]):
        if not after.voiced:
            notes = ended(notes, group[0].onset - unit.pause)
        notes += group
    return notes


def cache_folder(cache=None):
    """The folder for what is slow to make anew."""
    if cache is None:
        home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        cache = pathlib.Path(home) / "neume"
    return pathlib.Path(cache)


def _cache_file(rows, audio, cache):
    """Where the pitch tracks of these recordings, with this `audio`, are kept."""
    registers = [r["median_midi"] for r in rows]
    digest = hashlib.sha256(repr((CACHE_VERSION, registers)).encode())
    for samples in audio:
        digest.update(len(samples).to_bytes(8, "little"))
        digest.update(samples.tobytes())
    return cache_folder(cache) / f"syllables-{digest.hexdigest()[:16]}.npz"


def _manner(rng):
    """How this singer moves from note to note; semitones and seconds."""
    return {
        "vibrato_rate": rng.uniform(4.5, 7.0),
        "vibrato_depth": rng.choice(
            [0.0, rng.uniform(0.1, 0.45), rng.uniform(0.4, 1.6)], p=[0.2, 0.4, 0.4]
        ),
        # Half swing from the start: in a song at pace there is no other time
        "vibrato_delay": rng.choice([rng.uniform(0, 0.08), rng.uniform(0.08, 0.5)]),
        "drift": rng.uniform(0.02, 0.15),
        "scoop": rng.choice([0.0, rng.uniform(0.3, 2.5)], p=[0.3, 0.7]),
        "scoop_share": rng.uniform(0.1, 0.9),
        "scoop_time": rng.uniform(0.04, 0.35),
        "carry": rng.choice([0.0, rng.uniform(0.2, 1.0)], p=[0.3, 0.7]),
        "carry_time": rng.uniform(0.02, 0.14),
        "glide": rng.uniform(0.02, 0.12),
        "melisma": rng.uniform(0.1, 0.6),
        "flatten": rng.uniform(0.5, 1.0),
        "release": rng.uniform(0.02, 0.1),
        "dip": rng.choice([0.0, rng.uniform(0.2, 1.2)], p=[0.3, 0.7]),
        "late": late(rng),
        "late_time": rng.uniform(0.07, 0.24),
        "through": rng.choice([0.0, rng.uniform(0.4, 1.0)], p=[0.2, 0.8]),
    }


def _groups(rng, melody, manner):
    """Runs of touching notes that share one syllable, as ornaments do; a note on
    the pitch of the one before needs its own, or nobody could tell it from that."""
    group = []
    for note in melody:
        joined = group and note.onset - group[-1].offset < 0.015
        near = group and abs(note.midi - group[0].midi) <= 4
        same = group and round(note.midi) == round(group[-1].midi)
        share = manner["melisma"]
        if note.offset - note.onset < ORNAMENT:
            share = max(share, ORNAMENTS)
        if joined and near and not same and rng.random() < share:
            group.append(note)
            continue
        if group:
            yield group
        group = [note]
    if group:
        yield group


def as_sung(notes, time, semitones):
    """`notes` with the median of the pitch that was sung, where there is one."""
    sung = []
    for note in notes:
        inside = semitones[(time >= note.onset) & (time < note.offset)]
        midi = float(np.median(inside)) if len(inside) else note.midi
        sung.append(native.Note(note.onset, note.offset, midi, note.loudness))
    return sung


def ended(notes, moment):
    """`notes` as they are where the voice ends at `moment`: what is left of one for less
    than SHORTEST is none."""
    notes = list(notes)
    while notes and notes[-1].offset > moment:
        last = notes.pop()
        if moment - last.onset >= SHORTEST:
            notes.append(native.Note(last.onset, moment, last.midi, last.loudness))
            break
    return notes


def late(rng):
    """The share of rising notes to which some singer comes late, from below."""
    return rng.choice([0.0, rng.uniform(0.1, 0.85)], p=[0.35, 0.65])


def _below(rng, time, note, manner, rise):
    """How far below its pitch a late note is at each `time`: it begins near the pitch
    of the note before, where that is `rise` semitones lower (0: it is not), or on some
    lower one, stays there for a moment and slides up, before the half of the note is over."""
    depth = rng.uniform(0.6, 1.1) * rise if rise else rng.uniform(0.7, 3.0)
    length = note.offset - note.onset
    half = min(rng.uniform(0.015, 0.06), 0.15 * length)
    until = min(manner["late_time"] * rng.uniform(0.5, 1.5), 0.45 * length - half)
    there = np.clip((time - note.onset - until + half) / (2 * half), 0, 1)
    return depth * (0.5 + 0.5 * np.cos(np.pi * there))


def _contour(rng, time, group, manner, before=None):
    """Pitch in semitones at each `time`, through all notes of the group, which
    comes straight after the note `before`, if any."""
    target = np.full(len(time), group[0].midi, float)
    rise = group[0].midi - before.midi if before is not None else 0.0
    rise = rise if 0.5 < rise <= 7 else 0.0
    share = 1.0 if rise else 0.6 if before is None else 0.3
    is_late = rng.random() < share * manner["late"]
    if is_late:
        target -= _below(rng, time, group[0], manner, rise)
    elif before is not None:  # The voice is still on its way from there
        since = np.maximum(time - group[0].onset, 0)
        away = np.clip(before.midi - group[0].midi, -5, 5) * manner["carry"]
        target += away * np.exp(-since / (manner["carry_time"] * rng.uniform(0.6, 1.6)))
    glide = manner["glide"]
    for before, note in zip(group, group[1:]):
        ramp = np.clip((time - note.onset) / glide + 0.5, 0, 1)
        target += (note.midi - before.midi) * (0.5 - 0.5 * np.cos(np.pi * ramp))
    if not is_late and rng.random() < manner["scoop_share"]:
        depth = manner["scoop"] * rng.uniform(0.3, 1.2)
        since = np.maximum(time - group[0].onset, 0)
        target -= depth * np.exp(-since / (manner["scoop_time"] / 2))
    # A consonant narrows the mouth, and the pitch dips
    middle = group[0].onset + rng.uniform(-0.02, 0.03)
    width = rng.uniform(0.02, 0.05)
    dip = manner["dip"] * min(abs(rng.normal()), 2.5)
    target -= dip * np.exp(-(((time - middle) / width) ** 2))
    if rng.random() < 0.15:  # Lets the end fall
        left = np.clip(1 - (group[-1].offset - time) / 0.08, 0, 1)
        target -= rng.uniform(0.3, 1.5) * left**2
    onsets = np.array([n.onset for n in group])
    since = time - onsets[np.clip(np.searchsorted(onsets, time) - 1, 0, None)]
    growth = 0.12 if manner["vibrato_delay"] < 0.1 else 0.25
    swell = np.clip((since - manner["vibrato_delay"]) / growth, 0, 1)
    phase = 2 * np.pi * (manner["vibrato_rate"] * time + rng.random())
    target += manner["vibrato_depth"] * swell * np.sin(phase)
    noise = rng.standard_normal(len(time) // 64 + 4).cumsum()
    noise -= noise.mean()
    noise *= manner["drift"] / (noise.std() + 1e-9)
    target += np.interp(np.arange(len(time)), np.arange(len(noise)) * 64, noise)
    return target


def _contours(rng, time, groups, manner, before=None):
    """Pitch in semitones at each `time`, through all notes of all `groups`."""
    target = _contour(rng, time, groups[0], manner, before)
    for last, group in zip(groups, groups[1:]):
        there = np.clip((time - group[0].onset) / manner["glide"] + 0.5, 0, 1)
        own = _contour(rng, time, group, manner, last[-1])
        target += (own - target) * (0.5 - 0.5 * np.cos(np.pi * there))
    return target


def _fade(out, when, rate):
    """Silence what was sung from `when` on, over 10 ms."""
    first = max(int((when - 0.005) * rate), 0)
    length = min(int(0.01 * rate), len(out) - first)
    out[first : first + length] *= np.linspace(1, 0, length, dtype=np.float32)
    out[first + length :] = 0
