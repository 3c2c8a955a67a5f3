# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Melodies out of speech, and the same voices speaking.

Recorded speakers and the distribution's speech synthesisers (Flite,
eSpeak NG) read random syllables.  Sung, their vowels are stretched to the
notes and their pitch is laid on the melody, consonants keep their time; the
formants stay, so that a low voice sings low.  Spoken, they are no voice.  A
network that hears both cannot tell singing from speech by the speaker and has
to listen to the pitch.

The pitch is changed by pitch-synchronous overlap-add: Moulines & Charpentier,
"Pitch-synchronous waveform processing techniques for text-to-speech synthesis
using diphones", Speech Communication 9 (1990).
"""

import dataclasses
import hashlib
import os
import shutil
import subprocess
import tempfile

import numpy as np
import soundfile
from scipy import ndimage, signal

from . import effects, native, pitch, splices, syllables

CACHE_VERSION = 6
SPOKEN = 90.0  # Seconds that are heard of a recorded speaker
UTTERANCES = {"flite": 10, "espeak": 2}  # Of each voice
SHARES = {"recorded": 0.6, "flite": 0.28, "espeak": 0.12}  # Of what is sung
DOWN, UP = 4, 14  # Semitones that a talker's pitch is moved at most
UNVOICED = 0.005  # Seconds between grains where there is no pitch
EDGE = 0.03  # Seconds of a vowel that its neighbours may change
CLEAR = 0.9  # How alike the periods of a vowel must be
GRID = 0.002  # Seconds between points of a melody line
KEPT = 0.7  # Of a note, what the next one's consonant leaves of it at least

FLITE = ("kal", "kal16", "awb", "rms", "slt")
LANGUAGES = (
    "en-us en-gb-x-rp en-gb-scotland de fr-fr it es pt-br pl sv nl fi hu tr cs ro "
    "id sw eo la"
).split()
VARIANTS = (
    "male1 male2 male3 male4 male5 male6 male7 male8 female1 female2 female3 "
    "female4 female5 klatt klatt2 klatt3 klatt4 klatt5 klatt6 grandpa grandma "
    "croak Alex Andy Annie Antonio Belinda Benjamin Boris David Denis Diogo Gene "
    "Gustave Henrique Jacky Lee Linda Marcelo Mario Max Michael Michel Miguel Mike "
    "Pablo Paul Pedro Quincy Rob Steph norbert sandro shelby travis victor"
).split()

_ONSETS = (
    "b d f g h k l m n p r s t v w z sh ch j br dr fl gr kl pr st tr sp sk pl "
    "l m n r y"
).split() + [""] * 4
_VOWELS = "a a a e e i i o o u u ai au ei oa".split()
_CODAS = [""] * 12 + "n m l r s t k ng st nt".split()


@dataclasses.dataclass
class Utterance:
    """Some speech; times in seconds from its start."""

    audio: np.ndarray  # float32 at the bank's rate, RMS 0.1
    marks: np.ndarray  # Where grains may be cut: one to a period
    period: np.ndarray  # Seconds of the period there; 0: unvoiced
    nuclei: np.ndarray  # [n, 4]: start of the consonant, of its voice, of the
    # vowel, and end of the vowel
    midi: float = 0.0  # Median pitch


FIELDS = dataclasses.fields(Utterance)


class Talkers:
    """Every voice that can be had here, in memory.

    `recorded` are speakers: arrays of samples at `rate`.  Of the synthesisers in
    `kinds`, those that are not installed are done without.
    """

    def __init__(self, recorded, rate, cache=None, kinds=("flite", "espeak")):
        self.rate = rate
        self.voices = {}
        said = [*_spoken(recorded, rate, cache), *_read_aloud(rate, cache, kinds)]
        for kind, name, found in said:
            if len(found.nuclei) >= 3:
                self.voices.setdefault(kind, {}).setdefault(name, []).append(found)

    def __bool__(self):
        return bool(self.voices)

    def choose(self, rng):
        """A voice at random: its kind and its name."""
        kinds = sorted(self.voices)
        share = np.array([SHARES[kind] for kind in kinds])
        kind = str(rng.choice(kinds, p=share / share.sum()))
        return kind, str(rng.choice(sorted(self.voices[kind])))

    def range(self, voice):
        """Lowest and highest MIDI number that suit `voice`."""
        middle = np.median([u.midi for u in self.voices[voice[0]][voice[1]]])
        return (
            int(max(native.MIDI_MIN, np.ceil(middle - DOWN))),
            int(min(native.MIDI_MAX, np.floor(middle + UP))),
        )

    def speak(self, rng, count):
        """`count` samples of someone talking, with pauses, RMS about 0.1."""
        kind, name = self.choose(rng)
        said = self.voices[kind][name]
        speed = _formants(rng)
        out = np.zeros(count, np.float32)
        at = int(rng.uniform(0, 0.5) * self.rate)
        while at < count:
            audio = said[rng.integers(len(said))].audio
            piece = _faster(audio, speed)[: count - at]
            out[at : at + len(piece)] += piece
            at += len(piece) + int(rng.uniform(0.1, 1.5) * self.rate)
        return out

    def sing(self, rng, voice, melody, count, tuning=0.0):
        """Sing `melody`, `count` samples; returns the audio and the notes as
        really sung, the median of each one's pitch for its `midi`.

        A syllable begins with its consonant, which takes its time from the note
        before: where that is short, it is cut.  A note begins half way through what is
        voiced before its vowel.
        """
        manner = syllables._manner(rng)
        groups = list(syllables._groups(rng, melody, manner))
        if not groups:
            return np.zeros(count, np.float32), []
        source = self._script(rng, self.voices[voice[0]][voice[1]], len(groups))
        line = _lay_out(groups, source.nuclei)
        semitones = _melody_line(rng, line, manner, count / self.rate) + tuning / 100
        # Of how the voice spoke, so much is left in how it sings
        manner["spoken"] = rng.choice([0.0, rng.uniform(0.1, 0.8)], p=[0.35, 0.65])
        out = np.zeros(count + self.rate, np.float32)
        heard = np.full(len(semitones), np.nan)
        for run in _runs(rng, line, manner["through"]):
            self._render(rng, out, run, source, semitones, heard, manner)
        sung = []
        time = np.arange(len(heard)) * GRID
        voiced = ~np.isnan(heard)
        for syllable in line:
            if sung and syllable.unvoiced > 0.03:
                sung[-1].offset = min(sung[-1].offset, syllable.start)
            sung += syllables.as_sung(syllable.group, time[voiced], heard[voiced])
        return out[:count], sung

    def _script(self, rng, said, wanted):
        """Utterances, one after the other, of at least `wanted` syllables."""
        speed = _formants(rng)
        audio, marks, period, nuclei, base, have = [], [], [], [], 0.0, 0
        while have < wanted:
            part = said[rng.integers(len(said))]
            first = int(rng.integers(0, len(part.nuclei) - 2))
            audio.append(_faster(part.audio, speed))
            marks.append(base + part.marks / speed)
            period.append(part.period / speed)
            nuclei.append(base + part.nuclei[first:] / speed)
            base += len(audio[-1]) / self.rate
            have += len(nuclei[-1])
        parts = (audio, marks, period, nuclei)
        return Utterance(*[np.concatenate(part) for part in parts])

    def _render(self, rng, out, run, source, semitones, heard, manner):
        """Add a run of syllables, in one breath and on the line `semitones`, to `out`;
        `heard` becomes the pitch that they have."""
        release = manner["release"] * rng.uniform(0.6, 1.4)
        attack = rng.uniform(0.004, 0.03)
        start, last = run[0].start, run[-1]
        stop = last.stop if last.touched else last.stop + release / 2
        fade = 0.012 if last.touched else release
        time = np.arange(start, stop, 0.001)
        if len(time) < 20:
            return
        starts, onsets = np.array([(s.start, s.onset) for s in run]).T
        number = np.clip(np.searchsorted(starts, time, "right") - 1, 0, None)
        place = np.zeros(len(time))
        for own, syllable in enumerate(run):
            place[number == own] = np.interp(time[number == own], *syllable.knots())
        nearest = np.clip(np.searchsorted(source.marks, place), 1, len(source.marks) - 1)
        nearest -= place - source.marks[nearest - 1] < source.marks[nearest] - place
        voiced = source.period[nearest] > 0
        grid = np.arange(len(semitones)) * GRID
        line = np.interp(time, grid, semitones)
        for own in range(len(run)):
            here = number == own
            line[here] += manner["spoken"] * _spoken_line(source.period[nearest[here]])
        now = (grid >= start) & (grid < last.stop)
        heard[now] = np.interp(grid[now], time, np.where(voiced, line, np.nan))
        phase = np.cumsum(np.where(voiced, pitch.hertz(line), 1 / UNVOICED)) * 0.001
        wanted = np.arange(np.ceil(phase[0]), np.floor(phase[-1]))
        when = np.interp(wanted, phase, time)
        tick = np.searchsorted(time, when) - 1
        index = nearest[tick]
        # A vowel held long is made of its periods in no strict order.
        other = np.clip(index + rng.integers(-2, 3, len(index)), 0, len(source.marks) - 1)
        held = (when > onsets[number[tick]] + 0.05) & (source.period[other] > 0)
        index = np.where(held & (source.period[index] > 0), other, index)
        half = np.where(source.period[index] > 0, source.period[index], UNVOICED)
        spacing = np.diff(when, append=when[-1] + half[-1])
        gain = np.minimum(1, spacing / half)
        gain *= np.clip((when - start) / attack, 0.1, 1)
        gain *= np.clip((stop - when) / fade, 0, 1)
        piece, first = self._overlap_add(source, index, half, when, gain)
        inside = (np.arange(len(piece)) + first) / self.rate
        points, gains = [], []
        for syllable, level in zip(run, _levels(piece, inside, run)):
            ends = [note.onset for note in syllable.group[1:]] + [syllable.stop]
            for note, end in zip(syllable.group, ends):
                points += [note.onset + 0.03, max(note.onset + 0.03, end - 0.03)]
                gains += [note.loudness - 20 * np.log10(level / 0.1)] * 2
        piece *= 10 ** (np.interp(inside, points, gains) / 20)
        piece *= min(1.0, 0.6 / (np.abs(piece).max() + 1e-9))
        low, high = max(first, 0), min(first + len(piece), len(out))
        out[low:high] += piece[low - first : high - first]

    def _overlap_add(self, source, index, half, when, gain):
        """Grains of two periods, Hann windowed; the samples and where they begin."""
        reach = int(np.ceil(half.max() * self.rate)) + 1
        offset = np.arange(-reach, reach + 1)
        centre = np.round(source.marks[index] * self.rate).astype(np.int64)
        target = np.round(when * self.rate).astype(np.int64)
        grain = source.audio[np.clip(centre[:, None] + offset, 0, len(source.audio) - 1)]
        shape = np.clip(offset / (half[:, None] * self.rate), -1, 1)
        grain = grain * (0.5 + 0.5 * np.cos(np.pi * shape)) * gain[:, None]
        first = int(target[0]) - reach
        out = np.zeros(int(target[-1]) + reach + 1 - first)
        np.add.at(out, target[:, None] + offset - first, grain)
        return out.astype(np.float32), first


@dataclasses.dataclass
class _Syllable:
    """A vowel with its consonant, laid on the notes of `group`."""

    group: list
    begin: float  # In the source: where to start reading,
    lead: float  # what falls on the onset,
    first: float  # and the vowel
    last: float
    start: float  # In the song: when it starts
    unvoiced: float  # Seconds of consonant without a voice
    stop: float = 0.0  # When the vowel ends
    touched: bool = False  # Another syllable follows at once

    @property
    def onset(self):
        """When its first note begins."""
        return self.group[0].onset

    def knots(self):
        """Times in the song, and the source's times there.

        What a note is longer than its vowel, the vowel's middle holds."""
        vowel = min(self.onset + self.first - self.lead, self.stop - 0.01)
        vowel = max(vowel, self.onset + 1e-4)
        edge = 0.3 * min(self.last - self.first, max(self.stop - vowel, 1e-3))
        share = 0.3 * (self.last - self.first)
        return (
            [self.start, self.onset, vowel, vowel + edge, self.stop - edge, self.stop],
            [self.begin, self.lead, self.first, self.first + share, self.last - share, self.last],
        )


def _spoken_line(period):
    """How far a syllable's pitch strayed from its median as it was spoken, semitones;
    0 where it has no `period`."""
    stray = np.zeros(len(period))
    voiced = period > 0
    if voiced.any():
        number = pitch.midi(1 / period[voiced])
        stray[voiced] = np.clip(number - np.median(number), -2, 2)
    return stray


def _formants(rng):
    """A factor on the formants: another throat."""
    return 2 ** (float(np.clip(rng.normal(0, 1.2), -3, 3)) / 12)


def _faster(audio, speed):
    return splices.warp(audio, np.arange(int(len(audio) / speed) - 8) * speed)


def _lay_out(groups, nuclei):
    """Syllables in order of time, each with its place in the source."""
    line = []
    for group, (begin, voiced, first, last) in zip(groups, nuclei):
        lead = 0.5 * (voiced + first)
        earliest = 0.0
        if line:
            before = line[-1].group[-1]
            earliest = before.onset + max(0.08, KEPT * (before.offset - before.onset))
        ahead = min(lead - begin, max(group[0].onset - earliest, 0.0))
        unvoiced = max(0.0, ahead - (lead - voiced))
        line.append(
            _Syllable(group, lead - ahead, lead, first, last, group[0].onset - ahead, unvoiced)
        )
    for here, after in zip(line, line[1:] + [None]):
        here.stop = here.group[-1].offset
        if after and after.start - here.stop < 0.03:
            here.stop, here.touched = after.start, True
    return line


def _runs(rng, line, through):
    """Syllables of `line` in runs: those that touch are sung in one breath, mostly if
    `through` (0 to 1) is high."""
    run = []
    for syllable in line:
        if run and not (run[-1].touched and rng.random() < through):
            yield run
            run = []
        run.append(syllable)
    if run:
        yield run


def _levels(piece, time, run):
    """RMS of the vowel of each syllable of `run` in `piece`, but of none less than a
    twentieth of the loudest one's."""
    levels = []
    for syllable in run:
        vowel = piece[(time >= syllable.onset) & (time < syllable.stop)]
        levels.append(np.sqrt(np.mean(vowel**2)) if len(vowel) else 0.0)
    return np.maximum(levels, max(0.05 * max(levels), 1e-5))


def _melody_line(rng, line, manner, seconds):
    """Semitones every GRID seconds, through all syllables."""
    semitones = np.zeros(int((seconds + 1) / GRID))
    time = np.arange(len(semitones)) * GRID
    before = None
    for syllable in line:
        now = slice(int(syllable.start / GRID), None)
        until = time[now] < syllable.stop + 0.2
        near = before is not None and syllable.onset - before.offset < 0.12
        contour = syllables._contour(
            rng, time[now][until], syllable.group, manner, before if near else None
        )
        before = syllable.group[-1]
        semitones[now][until] = contour
    width = max(1, int(rng.uniform(0.02, 0.07) / GRID))
    return ndimage.uniform_filter1d(semitones, width)


# --- What the speech is made of


def _register(audio, rate):
    """MIDI number near which someone speaks: the highest of some registers in
    which the wave repeats itself as well as in any."""
    scores = []
    for centre in (40, 47, 54, 61, 68):
        _, clarity, _, level = pitch.track(audio[: 8 * rate], rate, centre, 4.0)
        loud = level > level.max() - 20
        scores.append(np.sort(clarity[loud])[loud.sum() // 3 :].mean())
    return (40, 47, 54, 61, 68)[np.flatnonzero(scores >= max(scores) - 0.03)[-1]]


def analyse(audio, rate):
    """The Utterance that `audio` is, or None if it is short or has hardly any pitch."""
    audio = np.asarray(audio, np.float32)
    if len(audio) < 3 * rate:
        return None
    audio = audio * (0.1 / (np.sqrt(np.mean(audio**2)) + 1e-9))
    midi, clarity, _, level = pitch.track(audio, rate, _register(audio, rate), 8.0)
    voiced = (clarity > 0.7) & (level > level.max() - 32)
    voiced = ndimage.binary_opening(ndimage.binary_closing(voiced, np.ones(3)), np.ones(3))
    if voiced.sum() < 100:
        return None
    median = float(np.median(midi[voiced]))
    midi = ndimage.median_filter(midi, 5)
    voiced &= np.abs(midi - median) < 9
    marks, period, alike = _marks(audio, rate, pitch.hertz(midi), voiced)
    nuclei = _single(_nuclei(audio, rate, voiced), syllables.changes(audio, rate))
    inside = [(marks >= n[2]) & (marks <= n[3]) & (period > 0) for n in nuclei]
    nuclei = nuclei[[i.sum() > 3 and alike[i].mean() > CLEAR for i in inside]]
    return Utterance(audio, marks, period, nuclei, median)


def _marks(audio, rate, hertz, voiced):
    """Seconds of a mark in each period, always at the same place in the wave,
    the period and how alike it is to the one before (up to 1); between voiced
    stretches every UNVOICED seconds, period 0."""
    low = signal.sosfiltfilt(signal.butter(2, 1200, fs=rate, output="sos"), audio)
    marks, period, alike = [], [], []
    at, end = 0.05, len(audio) / rate - 0.05
    while at < end:
        frame = int(at / pitch.HOP + 0.5)
        if not voiced[frame]:
            marks.append(at)
            period.append(0.0)
            alike.append(0.0)
            at += UNVOICED
            continue
        length = 1 / hertz[frame]
        if period and period[-1] > 0:
            shift, same = _shift(low, int(marks[-1] * rate), int(at * rate), length * rate)
            at += shift / rate
        else:
            same = 0.0
            first = int(at * rate)
            at += int(np.argmax(np.abs(low[first : first + int(length * rate)]))) / rate
        marks.append(at)
        period.append(length)
        alike.append(same)
        at += length
    return np.array(marks), np.array(period), np.array(alike)


def _shift(wave, before, here, length):
    """Samples from `here` to where the wave is most like it was at `before`, a
    period of `length` samples ago, within 15% of it; and how alike, up to 1."""
    half, reach = int(0.7 * length), int(0.15 * length)
    if min(before, here - reach) < half or here + reach + half >= len(wave):
        return 0, 0.0
    shape = wave[before - half : before + half]
    around = wave[here - half - reach : here + half + reach]
    match = np.correlate(around, shape, "valid")
    best = int(np.argmax(match))
    there = around[best : best + 2 * half]
    norm = np.linalg.norm(shape) * np.linalg.norm(there) + 1e-9
    return best - reach, float(match[best] / norm)


def _nuclei(audio, rate, voiced):
    """Vowels: peaks of the level between 250 and 2500 Hz where there is a voice."""
    band = signal.butter(2, (250, 2500), "bandpass", fs=rate, output="sos")
    power = ndimage.uniform_filter1d(signal.sosfiltfilt(band, audio) ** 2, int(0.03 * rate))
    level = 10 * np.log10(power[pitch.frames(len(power), rate)] + 1e-9)
    level = np.where(voiced, level, -60.0)
    peaks, _ = signal.find_peaks(level, height=-40, distance=8, prominence=2.5)
    nuclei, end = [], 0
    for number, peak in enumerate(peaks):
        high = peaks[number + 1] if number + 1 < len(peaks) else len(level) - 1
        first = last = peak
        while first > end and voiced[first - 1] and level[first - 1] > level[peak] - 6:
            first -= 1
        while last < high - 4 and voiced[last + 1] and level[last + 1] > level[peak] - 6:
            last += 1
        # What is before the softest moment belongs to the vowel before
        softest = end + int(np.argmin(level[end : first + 1]))
        sounding = first
        while sounding > softest and voiced[sounding - 1]:
            sounding -= 1
        begin = max(softest, first - 25)
        sounding = max(sounding, begin)
        end = last
        if last - first >= 4:
            nuclei.append((begin, sounding, first, last))
    return np.array(nuclei, float).reshape(-1, 4) * pitch.HOP


def _single(nuclei, changed):
    """Those of the `nuclei` in whose vowel nothing has `changed`: held, a second vowel or
    a consonant in it would sound like another note."""
    changed = changed[:, None] * pitch.HOP
    inside = (changed > nuclei[:, 2] + EDGE) & (changed < nuclei[:, 3] - EDGE)
    return nuclei[~inside.any(0)]


def _text(rng):
    """A sentence in no language."""
    words = []
    for _ in range(int(rng.integers(7, 12))):
        word = ""
        for _ in range(int(rng.choice([1, 2, 3, 4], p=[0.2, 0.4, 0.3, 0.1]))):
            word += str(rng.choice(_ONSETS)) + str(rng.choice(_VOWELS))
            word += str(rng.choice(_CODAS))
        words.append(word + str(rng.choice(["", "", "", ","])))
    return " ".join(words).strip(",") + str(rng.choice([".", ".", "?", "!"]))


def _commands(kinds):
    """(kind, name, command that reads its last word aloud into {out}); always
    the same ones."""
    rng = np.random.default_rng(2)
    if "flite" in kinds and shutil.which("flite"):
        for name in FLITE:
            for _ in range(UTTERANCES["flite"]):
                slow = f"duration_stretch={rng.uniform(0.85, 1.4):.2f}"
                yield "flite", name, ["flite", "-voice", name, "--setf", slow, "-o",
                                      "{out}", "-t", _text(rng)]
    if "espeak" in kinds and shutil.which("espeak-ng"):
        for number, variant in enumerate(VARIANTS):
            name = f"{LANGUAGES[number % len(LANGUAGES)]}+{variant}"
            for _ in range(UTTERANCES["espeak"]):
                height, speed = rng.integers(20, 80), rng.integers(110, 190)
                yield "espeak", name, ["espeak-ng", "-v", name, "-p", str(height), "-s",
                                       str(speed), "-w", "{out}", _text(rng)]


def _spoken(recorded, rate, cache):
    """(kind, name, Utterance) of speakers, SPOKEN seconds of each."""
    digest = hashlib.sha256(repr((CACHE_VERSION, rate, SPOKEN)).encode())
    parts = [np.asarray(audio[: int(SPOKEN * rate)], np.float32) for audio in recorded]
    for part in parts:
        digest.update(part.tobytes())
    said = [("recorded", str(number), lambda part=part: part) for number, part in enumerate(parts)]
    return _kept(said, rate, cache, digest)


def _read_aloud(rate, cache, kinds):
    """(kind, name, Utterance) of all that synthesisers say."""
    commands = list(_commands(kinds))
    digest = hashlib.sha256(repr((CACHE_VERSION, rate, commands)).encode())
    said = [
        (kind, name, lambda command=command: _utter(command, rate))
        for kind, name, command in commands
    ]
    return _kept(said, rate, cache, digest)


def _kept(said, rate, cache, digest):
    """(kind, name, Utterance) of `said`, each (kind, name, what gives its samples),
    from the cache or analysed; those without pitch are left out."""
    path = syllables.cache_folder(cache) / f"talkers-{digest.hexdigest()[:16]}.npz"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = {}
        for number, (_, _, samples) in enumerate(said):
            found = analyse(samples(), rate)
            if found is not None:
                found.audio = found.audio.astype(np.float16)
                for name, value in vars(found).items():
                    stored[f"{number} {name}"] = value
        partial = path.with_name(f"{path.stem}.{os.getpid()}.npz")
        np.savez(partial, **stored)
        os.replace(partial, path)
    with np.load(path) as stored:
        for number, (kind, name, _) in enumerate(said):
            if f"{number} audio" in stored:
                fields = {f.name: stored[f"{number} {f.name}"] for f in FIELDS}
                fields["audio"] = fields["audio"].astype(np.float32)
                fields["midi"] = float(fields["midi"])
                yield kind, name, Utterance(**fields)


def _utter(command, rate):
    """What a synthesiser says: samples at `rate`, none if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "said.wav")
        done = subprocess.run(
            [out if word == "{out}" else word for word in command],
            capture_output=True,
            check=False,
        )
        if done.returncode or not os.path.exists(out):
            return np.zeros(0)
        audio, own = soundfile.read(out, dtype="float32", always_2d=True)
    return effects.resampled(audio[:, 0], own, rate)
