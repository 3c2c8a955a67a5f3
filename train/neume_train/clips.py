# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Thirty seconds of sound with every sung note known.

A clip follows from (seed, index) and from the data present, nothing else.
"""

import dataclasses
import pathlib
import sys

import numpy as np

from . import bands, effects, fluid, native, pitch, splices, syllables, tones
from .recordings import Recordings
from .syllables import Syllables
from .talkers import Talkers

RATE = 8192  # Hz, twice the analysis rate
SECONDS = 30.0
COUNT = int(RATE * SECONDS)
LINE_SECONDS = 0.2  # Longest gap that a solo's line goes through, see on_line()


@dataclasses.dataclass
class Clip:
    """A clip and its truth."""

    audio: np.ndarray  # float32 [COUNT]
    notes: list  # native.Note, in order, without overlap
    what: dict  # What it was made of, for a listener
    f0: np.ndarray = None  # Hz per sample where the C singer leads, else None
    meant: list = dataclasses.field(default_factory=list)  # notes, as written
    apart: list = dataclasses.field(default_factory=list)  # notes, repeated ones after a gap
    mixed: list = dataclasses.field(default_factory=list)  # notes, were music laid under it

    @property
    def is_music(self):
        """Whether it is instruments and nobody sings."""
        return self.what["kind"] == "instruments"

    @property
    def alone(self):
        """Whether it is sung only as long as nothing else sounds: see tones."""
        return self.what["kind"] == "tones"


@dataclasses.dataclass
class _Lead:
    """The lead voice: its sound, its notes and how to sing along."""

    audio: np.ndarray
    sung: list  # Its notes, with the median pitch of each
    tempo: float = 120.0
    tuning: float = 0.0
    f0: np.ndarray = None
    beat: tuple = None  # In a band, see Maker._beat()

    @property
    def notes(self):
        """The notes that are meant."""
        return [
            native.Note(n.onset, n.offset, round(n.midi - self.tuning / 100), n.loudness)
            for n in self.sung
        ]


class Maker:
    """Makes clips; one to a process.

    `data` is the folder of real recordings or None, `sounds` one made by
    neume_train.sounds.  Parts of the data or a soundfont that are missing leave the
    rest to work: see `present`.  Syllables come up to `pace` times as fast as beats;
    without `voices`, nobody but the C singer sings.
    """

    KINDS = {
        "solo": 0.32, "tones": 0.05, "held": 0.03, "mix": 0.42, "instruments": 0.12, "other": 0.06,
    }

    HELD = 0.06  # Share of the mixes whose voice holds its notes for seconds

    # Of the singers, those who are talkers; of the bands, those that were recorded.
    # With the sounds of packages there is more of either than without.
    TALKERS = {False: 0.12, True: 0.34}
    RECORDED = {False: 0.15, True: 0.5}

    def __init__(
        self, data=None, library=None, cache=None, only=None, kind=None, pace=4.5, voices=True,
        sounds=None,
    ):
        self.native = library or native.load()
        self.syllables = self.recordings = self._fluid = self.talkers = None
        if data and syllables.files(data):
            self.syllables = Syllables(data, cache)
            if not self.syllables.singers:
                print(f"{data}: no syllable that can be sung", file=sys.stderr)
                self.syllables = None
        folders = [f for f in (data and pathlib.Path(data) / "nonvoice", sounds) if f]
        if folders:
            self.recordings = Recordings(folders, RATE)
        if not only:
            spoken = self.recordings.sounds["speech"] if self.recordings else []
            self.talkers = Talkers(spoken, RATE, cache)
        self.soundfont = bool(fluid.available())
        self.only = only  # "solo": clean C singers, for tests
        self.kind = kind  # One of KINDS, or None: each with its share
        self.pace, self.voices = pace, voices
        self.sounds = bool(sounds)
        self._alone = {"solo": self._voice, "held": self._held, "tones": self._tones}

    @property
    def present(self):
        """What clips are made from here."""
        return {
            "singer": True,
            "syllables": self.syllables is not None,
            "recordings": self.recordings is not None,
            "sounds": self.sounds,
            "talkers": sorted(self.talkers.voices) if self.talkers else [],
            "soundfont": self.soundfont,
        }

    def make(self, seed, index):
        """Clip `index` of the set `seed`."""
        rng = np.random.default_rng([seed, index])
        if self.only == "solo":
            lead = self._c_lead(rng)
            return Clip(lead.audio, lead.sung, {"kind": "clean"}, lead.f0, lead.notes)
        kind = self.kind or rng.choice(list(self.KINDS), p=list(self.KINDS.values()))
        what = {"kind": str(kind)}
        if kind in ("solo", "held", "tones"):
            lead = self._alone[kind](rng, what)
            audio = self._solo(rng, lead, what)
            apart = mixed = lead.sung
            if kind != "tones":  # Which have no consonants
                apart, lead.sung = on_line(lead.sung, same=False), on_line(lead.sung)
        elif kind == "mix":
            held = rng.random() < self.HELD
            beat = None if held else self._beat(rng)
            lead = self._held(rng, what) if held else self._voice(rng, what, 0.45, beat)
            audio = self._mix(rng, lead, what)
            apart = mixed = lead.sung
        else:
            lead = _Lead(np.zeros(COUNT, np.float32), [], rng.uniform(60, 180))
            apart = mixed = []
            if kind == "instruments":
                audio = self._band(rng, lead, what)
            else:
                audio = self._other(rng, what)
        audio = self._chain(rng, audio, lead.notes, what)
        return Clip(audio, lead.sung, what, lead.f0, lead.notes, apart, mixed)

    # --- Voices

    def _voice(self, rng, what, pause=0.2, beat=None):
        """A singer, alone, or with `beat` (see _beat()) one of a band."""
        draw = rng.random()
        if not self.voices:
            draw = 1.0
        if self.talkers and draw < self.TALKERS[self.sounds]:
            lead = self._talker_lead(rng, pause, what, beat)
        elif self.syllables and draw < self.TALKERS[self.sounds] + 0.48:
            lead = self._syllable_lead(rng, pause, what, beat)
        else:
            lead = self._c_lead(rng, pause, beat=beat)
            what["voice"] = "c"
        what["tuning"] = round(lead.tuning, 1)
        return lead

    def _held(self, rng, what):
        """Notes held for many seconds, as over a drone or to play a pad."""
        what["voice"] = "c"
        lead = self._c_lead(rng, tempo=float(rng.uniform(20, 50)))
        lead.tempo *= 3  # Of a band under it
        what["tuning"] = round(lead.tuning, 1)
        return lead

    def _tones(self, rng, what):
        """A melody on a plain tone; some as slow as somebody who tries a plugin."""
        what["voice"] = "tone"
        slow = float(rng.uniform(30, 70)) if rng.random() < 0.4 else None
        low = int(rng.integers(native.MIDI_MIN, native.MIDI_MAX - 6))
        high = min(low + int(rng.integers(5, 25)), native.MIDI_MAX)
        notes, tempo = self._melody(rng, low, high, 0.2, slow)
        tuning = self._tuning(rng)
        what["tuning"] = round(tuning, 1)
        audio, semitones = tones.sing(rng, notes, RATE, COUNT, tuning)
        sung = syllables.as_sung(
            notes, np.flatnonzero(semitones > 0) / RATE, semitones[semitones > 0]
        )
        return _Lead(audio, sung, tempo, tuning)

    @staticmethod
    def _beat(rng):
        """How one sings with a band: syllables to a beat at most, and how loosely they keep to
        the beats, which drums and chords fall on too, in seconds; None of who does not."""
        loose = float(rng.uniform(0.005, 0.04)) if rng.random() < 0.8 else None
        return float(rng.choice([1, 1.5, 2, 3, 4], p=[0.15, 0.15, 0.35, 0.2, 0.15])), loose

    def _melody(self, rng, low, high, pause=0.0, tempo=None, beat=None):
        """A melody, at times with a long rest in it, and its tempo."""
        pace = 1.0
        if beat:
            tempo, pace = float(rng.uniform(60, 160)), beat[0]
            while tempo * pace > 280:
                pace /= 2
        elif tempo is None:
            tempo = float(rng.uniform(60, 180))
            # Words come faster than beats: songs have two to four syllables a second
            pace = rng.uniform(1, self.pace) if rng.random() < 0.75 else 1.0
        notes = self.native.melody(
            int(rng.integers(1 << 62)),
            int(low),
            int(high),
            min(400.0, tempo * pace),
            float(rng.choice([rng.uniform(0.05, 0.3), rng.uniform(0.25, 0.65)])),
            float(rng.uniform(0.2, 0.98)),
            SECONDS,
        )
        if rng.random() < pause:
            start, length = rng.uniform(-5, SECONDS - 2), rng.uniform(4, 14)
            notes = [
                n for n in notes if n.offset < start or n.onset > start + length
            ]
        notes = [
            n
            for n in notes
            if native.MIDI_MIN <= round(n.midi) <= native.MIDI_MAX
        ]
        if beat and beat[1] is not None:
            notes = on_beat(rng, notes, 15 / tempo / pace, beat[1])
        self._repeat(rng, notes)
        return self._dynamics(rng, notes), tempo

    @staticmethod
    def _repeat(rng, notes):
        """Sing some of `notes` on the pitch of the one before, as words do."""
        share = rng.uniform(0, 0.18)
        for before, note in zip(notes, notes[1:]):
            if note.onset - before.offset < 0.3 and rng.random() < share:
                note.midi = before.midi

    @staticmethod
    def _dynamics(rng, notes):
        """`notes` louder high than low, as voices are, and uneven."""
        slope, spread = rng.uniform(0, 1.2), rng.uniform(0, 4)  # dB
        middle = np.median([n.midi for n in notes]) if notes else 0
        for note in notes:
            change = slope * (note.midi - middle) + rng.normal(0, spread)
            note.loudness = float(np.clip(note.loudness + change, -24, 12))
        return notes

    @staticmethod
    def _register(rng):
        """Lowest and highest MIDI number of a melody for some singer."""
        centre = rng.choice([54, 65, 71, 50, 77], p=[0.34, 0.34, 0.1, 0.17, 0.05])
        centre = centre + rng.normal(0, 3)
        if rng.random() < 0.25:  # The edges must be learned too
            centre = rng.uniform(46, 82)
        width = rng.uniform(3, 9)
        low = int(np.clip(round(centre - width), native.MIDI_MIN, 78))
        high = int(np.clip(round(centre + width), low + 4, native.MIDI_MAX))
        return low, high

    @staticmethod
    def _tuning(rng, with_band=False):
        """How far a singer is off, in cents: half of them anything, since one who
        sings alone has nothing to be in tune with."""
        if not with_band and rng.random() < 0.5:
            return float(rng.uniform(-50, 50))
        return float(np.clip(rng.normal(0, 12), -50, 50))

    @staticmethod
    def _missed(rng, notes):
        """`notes` with pitches a little off, as a singer hits them."""
        spread = rng.uniform(0, 0.2)
        return [
            native.Note(n.onset, n.offset, n.midi + rng.normal(0, spread), n.loudness)
            for n in notes
        ]

    def _c_lead(self, rng, pause=0.0, tempo=None, beat=None):
        low, high = self._register(rng)
        notes, tempo = self._melody(rng, low, high, pause, tempo, beat)
        tuning = self._tuning(rng, beat is not None)
        # Some sing nearly as straight as an instrument plays, some waver
        unsteady = float(
            rng.choice([2 * rng.uniform(0, 0.5) ** 2, 1.0, rng.uniform(1, 2)], p=[0.3, 0.25, 0.45])
        )
        # To play a synthesiser, one sings on vowels, often on a single one
        words = float(rng.random() < (0.25 if unsteady < 0.5 else 0.95))
        vowels = 1.0 if words else float(rng.random() < 0.5)
        late = float(syllables.late(rng)) if unsteady >= 0.5 else 0.0
        audio, f0 = self.native.sing(
            int(rng.integers(1 << 62)), (low + high) / 2, tuning, notes, RATE, COUNT,
            unsteady, words, vowels, late,
        )
        time = 8 * np.flatnonzero(f0[::8] > 0)
        sung = syllables.as_sung(notes, time / RATE, pitch.midi(f0[time]))
        return _Lead(audio, sung, tempo, tuning, f0, beat=beat)

    def _syllable_lead(self, rng, pause, what, beat):
        names = sorted(self.syllables.singers)
        share = [len(self.syllables.singers[n]) ** 0.5 for n in names]
        singer = str(rng.choice(names, p=np.array(share) / sum(share)))
        low, high = self._part(rng, *self.syllables.range(singer))
        notes, tempo = self._melody(rng, low, high, pause, beat=beat)
        tuning = self._tuning(rng, beat is not None)
        audio, sung = self.syllables.sing(
            rng, singer, self._missed(rng, notes), RATE, COUNT, tuning
        )
        what["voice"] = singer
        return _Lead(audio, sung, tempo, tuning, beat=beat)

    def _talker_lead(self, rng, pause, what, beat):
        voice = self.talkers.choose(rng)
        low, high = self._part(rng, *self.talkers.range(voice))
        notes, tempo = self._melody(rng, low, high, pause, beat=beat)
        tuning = self._tuning(rng, beat is not None)
        audio, sung = self.talkers.sing(rng, voice, self._missed(rng, notes), COUNT, tuning)
        what["voice"] = "/".join(voice)
        return _Lead(audio, sung, tempo, tuning, beat=beat)

    @staticmethod
    def _part(rng, low, high):
        """The part of a singer's range that a melody keeps to."""
        span = int(rng.integers(5, 15))
        if high - low > span:
            low = int(rng.integers(low, high - span + 1))
            high = low + span
        return low, high

    def _along(self, rng, lead, shift, level):
        """A second voice along with the lead: `shift` semitones of the scale
        away, `level` dB against it."""
        late = rng.normal(0, 0.02)
        scale = bands.Song(rng, lead.notes, lead.tempo, SECONDS)
        notes = []
        for note in lead.notes:
            number = int(round(note.midi)) + shift
            if shift % 12:
                number = scale.fit(number)
            onset = max(note.onset + late, notes[-1].offset if notes else 0.0)
            offset = note.offset + late
            if offset > onset + 0.05 and 36 <= number <= 88:
                notes.append(native.Note(onset, offset, number, note.loudness))
        if not notes:
            return 0.0
        centre = float(np.mean([n.midi for n in notes]))
        tuning = lead.tuning + float(rng.normal(0, 8))
        audio, _ = self.native.sing(
            int(rng.integers(1 << 62)), centre, tuning, notes, RATE, COUNT
        )
        gain = effects.active_rms(lead.audio, RATE) / effects.active_rms(audio, RATE)
        return audio * gain * effects.decibels(level)

    @staticmethod
    def _again(rng, audio):
        """`audio` sung another time, as singers double themselves: a little later or
        earlier, which wanders, and so a little off in pitch."""
        time = np.arange(0, SECONDS + 1, 0.5)
        wander = np.cumsum(rng.normal(0, 0.004, len(time)))
        wander += rng.uniform(-0.03, 0.03) - wander.mean()
        late = np.interp(np.arange(COUNT) / RATE, time, np.clip(wander, -0.06, 0.06))
        return splices.warp(audio, np.arange(COUNT) - late * RATE)

    # --- What is not the voice

    def _band(self, rng, lead, what):
        """Instruments at an RMS of 0.1."""
        recorded = self.recordings and self.recordings.has("music")
        kept = lead.beat is not None and lead.beat[1] is not None
        if recorded and (not self.soundfont or rng.random() < self.RECORDED[self.sounds]):
            what["band"] = "recorded"
            melody = bands.pitch_classes(lead.notes) if kept and lead.notes else None
            audio = self.recordings.excerpt(rng, "music", COUNT, 6.0, melody)
        elif self.soundfont:
            what["band"] = "soundfont"
            if self._fluid is None:
                self._fluid = fluid.Fluid(RATE)
            events = bands.compose(rng, self.native, lead.notes, lead.tempo, SECONDS, kept)
            audio = self._fluid.render(events, COUNT)
        else:
            what["band"] = "none"
            audio = effects.hum(rng, COUNT, RATE)
        audio = audio * (0.1 / effects.rms(audio))
        if rng.random() < 0.5:
            audio = effects.equalise(rng, audio, RATE)
        if rng.random() < 0.4:
            audio = effects.reverb(audio, effects.room(rng, RATE), rng.uniform(-30, -6))
        return audio

    def _noise(self, rng):
        """Some steady noise of RMS 1."""
        draw = rng.random()
        if draw < 0.3 and self.recordings and self.recordings.has("noise"):
            audio = self.recordings.excerpt(rng, "noise", COUNT, 3.0)
            return audio / effects.rms(audio)
        if draw < 0.5:
            return effects.hum(rng, COUNT, RATE)
        return effects.noise(rng, COUNT)

    def _speech(self, rng):
        """Someone talks, RMS 0.1; silence if nobody can."""
        if self.talkers and rng.random() < 0.6:
            audio = self.talkers.speak(rng, COUNT)
            return audio * (0.1 / effects.rms(audio))
        if not (self.recordings and self.recordings.has("speech")):
            return np.zeros(COUNT, np.float32)
        audio = self.recordings.excerpt(rng, "speech", COUNT, 3.0)
        return audio * (0.1 / effects.rms(audio))

    def _other(self, rng, what):
        """Speech, noise or next to nothing."""
        draw = rng.random()
        if draw < 0.6:
            what["other"] = "speech"
            return self._speech(rng)
        what["other"] = "noise"
        audio = 0.05 * self._noise(rng)
        if rng.random() < 0.5:
            audio = audio + effects.clicks(rng, COUNT, RATE)
        return audio.astype(np.float32)

    # --- Putting together

    def _wet(self, rng, audio, what, share, highest):
        """The voice in its room."""
        if rng.random() < share:
            wet = float(rng.uniform(-28, highest))
            what["wet"] = round(wet, 1)
            audio = effects.reverb(audio, effects.room(rng, RATE), wet)
        if rng.random() < 0.15:
            audio = effects.echo(rng, audio, RATE)
        return audio

    def _breaths(self, rng, lead):
        """Air drawn before phrases, where the singer is quiet."""
        audio = lead.audio.copy()
        level = effects.active_rms(audio, RATE) * effects.decibels(rng.uniform(-40, -16))
        for start, stop in bands._gaps(lead.notes, SECONDS, 0.3):
            if rng.random() < 0.5 and stop < SECONDS:
                length = int(min(rng.uniform(0.15, 0.5), stop - start - 0.05) * RATE)
                last = int((stop - 0.05) * RATE)
                swell = np.sin(np.linspace(0, np.pi, length))
                breath = effects.noise(rng, length) * swell * level
                audio[last - length : last] += breath.astype(np.float32)
        return audio

    def _insert(self, rng, audio, lead, sound):
        """`sound` where the voice rests for long, at a level of its own."""
        level = effects.active_rms(lead.audio, RATE) / effects.active_rms(sound, RATE)
        level *= effects.decibels(rng.uniform(-12, 3))
        out = audio.copy()
        for start, stop in bands._gaps(lead.notes, SECONDS, 1.5):
            low, high = int((start + 0.2) * RATE), int((stop - 0.1) * RATE)
            ramp = np.minimum(np.arange(high - low) / 400, 1)
            out[low:high] += sound[low:high] * level * ramp * ramp[::-1]
        return out

    def _solo(self, rng, lead, what):
        audio = lead.audio
        if what["voice"] not in ("c", "tone"):
            audio = self._breaths(rng, lead)
        if rng.random() < 0.3:
            audio = effects.compress(rng, audio, RATE)
        if rng.random() < 0.2:
            what["insert"] = "speech"
            audio = self._insert(rng, audio, lead, self._speech(rng))
        return self._wet(rng, audio, what, 0.6, -3)

    def _mix(self, rng, lead, what):
        audio = lead.audio
        if what["voice"] != "c":
            audio = self._breaths(rng, lead)
        if rng.random() < 0.7:
            audio = effects.compress(rng, audio, RATE)
        if rng.random() < 0.15:
            what["doubled"] = True
            audio = audio + self._along(rng, lead, 0, rng.uniform(-12, -3))
        if rng.random() < 0.15:
            what["twice"] = True  # The same singer again
            audio = audio + effects.decibels(rng.uniform(-9, 0)) * self._again(rng, audio)
        for _ in range(int(rng.choice([0, 1, 2], p=[0.72, 0.18, 0.1]))):
            what["backing"] = int(rng.choice([3, 4, -3, -4, 7, -12, 12]))
            audio = audio + self._along(rng, lead, what["backing"], rng.uniform(-18, -6))
        audio = self._wet(rng, audio, what, 0.85, -3)
        band = self._band(rng, lead, what)
        ratio = rng.normal(3, 4.5) if rng.random() < 0.8 else rng.uniform(-6, 25)
        ratio = float(np.clip(ratio, -6, 25))
        what["ratio"] = round(ratio, 1)
        voice = effects.active_rms(audio, RATE) if lead.notes else 0.1
        band = band * (voice / effects.active_rms(band, RATE))
        mix = audio + band * effects.decibels(-ratio)
        if rng.random() < 0.5:
            mix = effects.compress(rng, mix, RATE)
        return mix

    def _chain(self, rng, audio, notes, what):
        """Microphone, recorder and gain: the same for every kind."""
        if rng.random() < 0.7:
            audio = effects.equalise(rng, audio, RATE)
        if rng.random() < 0.08:
            what["narrow"] = True
            audio = effects.narrow(rng, audio, RATE)
        if rng.random() < 0.2:
            audio = effects.clip(rng, audio)
        if rng.random() < 0.75:
            floor = float(-80 + 55 * rng.beta(1.3, 2.0))
            what["floor"] = round(floor, 1)
            level = effects.active_rms(audio, RATE) * effects.decibels(floor)
            audio = audio + self._noise(rng) * level
        if rng.random() < 0.08:
            peak = np.abs(audio).max()
            audio = audio + effects.clicks(rng, COUNT, RATE) * peak * rng.uniform(0.05, 0.7)
        if rng.random() < 0.08:
            audio = self._mute(rng, audio, notes)
        low = -50 if rng.random() < 0.5 else -15
        gain = float(rng.uniform(low, 0))
        what["peak"] = round(gain, 1)
        peak = np.abs(audio).max() + 1e-9
        return (audio * (effects.decibels(gain) / peak)).astype(np.float32)

    @staticmethod
    def _mute(rng, audio, notes):
        """Digital silence while nobody sings."""
        out = audio.copy()
        for start, stop in bands._gaps(notes, SECONDS, 1.0):
            if rng.random() < 0.5:
                out[int((start + 0.15) * RATE) : int((stop - 0.15) * RATE)] = 0
        return out


def on_beat(rng, notes, step, loose):
    """`notes`, each begun at a multiple of `step` seconds, give or take `loose`; one that
    follows straight still does, and none lasts less than 0.08 s."""
    result = []
    for last, note in zip([None, *notes], notes):
        onset = step * round(note.onset / step) + loose * rng.standard_normal()
        onset = max(onset, result[-1].onset + 0.08 if result else 0.0)
        if result and (note.onset - last.offset < 0.005 or result[-1].offset > onset):
            result[-1].offset = onset
        if onset + 0.08 < SECONDS:
            offset = onset + max(note.offset - note.onset, 0.08)
            result.append(native.Note(onset, min(offset, SECONDS), note.midi, note.loudness))
    return result


def on_line(notes, same=True):
    """`notes`, each up to the next one where only a consonant lies between them, and
    that one is not the `same` unless that is to count too.

    A score has no rest there, and a synthesiser that stops for it chatters.  (Of a
    voice in a band, references end a note with the voice.)
    """
    result = [native.Note(n.onset, n.offset, n.midi, n.loudness) for n in notes]
    for note, after in zip(result, result[1:]):
        repeated = round(after.midi) == round(note.midi)
        if after.onset - note.offset <= LINE_SECONDS and (same or not repeated):
            note.offset = after.onset
    return result


def labels(notes, times):
    """Class in force at each of `times` (seconds): uint8, 0 is non-voice.

    A note holds on [onset, offset) and is the semitone nearest to its pitch; what
    is sung beyond the range counts as the note at its end.
    """
    if not notes:
        return np.zeros(len(times), np.uint8)
    onsets = np.array([n.onset for n in notes])
    offsets = np.array([n.offset for n in notes])
    numbers = np.clip([round(n.midi) for n in notes], native.MIDI_MIN, native.MIDI_MAX)
    classes = numbers - native.MIDI_MIN + 1
    at = np.searchsorted(onsets, times, "right") - 1
    inside = (at >= 0) & (times < offsets[np.maximum(at, 0)])
    return np.where(inside, classes[np.maximum(at, 0)], 0).astype(np.uint8)


def begun(notes, times):
    """Whether a note's onset lies in the native.ONSET_SECONDS before each of `times`."""
    onsets = np.array([n.onset for n in notes])
    now, before = (
        np.searchsorted(onsets, times - ago, "right") for ago in (0.0, native.ONSET_SECONDS)
    )
    return now > before


def labels_and_onsets(notes, times):
    """labels(), plus native.ONSET where a note has just begun."""
    return labels(notes, times) + np.uint8(native.ONSET) * begun(notes, times)
