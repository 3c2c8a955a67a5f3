# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""The C code that training shares with playing, by ctypes.

Features come from the chain's own resampler and log-mel code, notes from its
tracker and voices from the project's singer, all in the shared library `neume_native` that the build
makes in its train/ folder.  The library is looked for in a path given to
`load`, then in the environment variable NEUME_NATIVE (the library or the build
folder), then in the build folders beside the sources.
"""

import ctypes as C
import dataclasses
import functools
import json
import os
import pathlib

import numpy as np

RATE = 4096  # Analysis sample rate, Hz
STEP = 512  # Frame step of one context, samples
CONTEXT = 240  # Frames that one context holds
CLASSES = 40
MIDI_MIN = 45  # MIDI number of class 1
MIDI_MAX = 83  # MIDI number of class 39
ONSET = 128  # Added to a class in a label where a note has just begun
ONSET_SECONDS = 0.0625  # So long a note has just begun
MAX_NOTES = 4096


@dataclasses.dataclass(frozen=True)
class FrontEnd:
    """NeumeFrontEnd of dsp/logmel.h; the defaults are those of training."""

    window: int = 512
    fft: int = 1024
    bands: int = 144
    low_hz: float = 60.0
    high_hz: float = 1960.0
    break_hz: float = 700.0
    floor: float = 1e-9
    scale: float = 0.1
    label_delay: int = 256
    rise: int = 256
    stack: int = 1

    @classmethod
    def from_json(cls, path):
        """Read from a JSON object; what it does not name keeps its default."""
        try:
            given = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: no JSON: {error}") from error
        if not isinstance(given, dict):
            raise ValueError(f"{path}: must be a JSON object")
        kinds = {field.name: type(field.default) for field in dataclasses.fields(cls)}
        for name, value in given.items():
            if name not in kinds:
                raise ValueError(f"{path}: no parameter {name}; there are {', '.join(kinds)}")
            if type(value) not in (int, kinds[name]):
                raise ValueError(f"{path}: {name} is {value!r}, must be {kinds[name].__name__}")
        return cls(**given)


# Of the shipped networks: late in the window, four frames to a column, and ears for
# soft singing
LIVE = FrontEnd(label_delay=64, rise=448, stack=4, floor=2e-11)


class _FrontEnd(C.Structure):
    _fields_ = [(n, C.c_uint32) for n in ("window", "fft", "bands")]
    _fields_ += [
        (n, C.c_float)
        for n in ("low_hz", "high_hz", "break_hz", "floor", "scale")
    ]
    _fields_ += [(n, C.c_uint32) for n in ("label_delay", "rise", "stack")]


class Note(C.Structure):
    """SynthNote of synth/singer.h: seconds, MIDI number, dB."""

    _fields_ = [
        (n, C.c_double) for n in ("onset", "offset", "midi", "loudness")
    ]

    def __repr__(self):
        return f"Note({self.onset:.3f}, {self.offset:.3f}, {self.midi:g})"


class _Melody(C.Structure):
    _fields_ = [
        ("low", C.c_int),
        ("high", C.c_int),
        ("tempo", C.c_double),
        ("rests", C.c_double),
        ("legato", C.c_double),
    ]


class _Tracker(C.Structure):
    _fields_ = [("threshold", C.c_float), ("gate", C.c_float)]
    _fields_ += [("min_steps", C.c_uint32), ("lag", C.c_uint32)]
    _fields_ += [("prompt", C.c_bool)]


class _Sizes(C.Structure):
    _fields_ = [
        (n, C.c_uint32) for n in ("front_end", "note", "melody", "tracker")
    ]


class NativeError(RuntimeError):
    """The library is missing, is another one, or refused its arguments."""


_FLOATS = C.POINTER(C.c_float)
_PROTOTYPES = {
    "sizes": (_Sizes, []),
    "strerror": (C.c_char_p, [C.c_int]),
    "check": (C.c_int, [C.POINTER(_FrontEnd), C.POINTER(C.c_char_p)]),
    "delay": (C.c_int, [C.c_double, C.POINTER(C.c_double)]),
    "resample": (
        C.c_int,
        [
            _FLOATS,
            C.c_uint64,
            C.c_double,
            C.c_uint64,
            _FLOATS,
            C.POINTER(C.c_uint64),
        ],
    ),
    "features": (
        C.c_int,
        [_FLOATS, C.c_uint64, C.POINTER(_FrontEnd), C.c_uint32, _FLOATS],
    ),
    "track": (
        C.c_int,
        [
            _FLOATS,
            _FLOATS,
            _FLOATS,
            C.c_uint32,
            C.c_double,
            C.POINTER(_Tracker),
            C.POINTER(C.c_uint32),
            C.POINTER(C.c_uint8),
        ],
    ),
    "melody_random": (
        C.c_uint32,
        [
            C.c_uint64,
            C.POINTER(_Melody),
            C.c_double,
            C.POINTER(Note),
            C.c_uint32,
        ],
    ),
    "sing": (
        C.c_int,
        [
            C.c_uint64,
            C.c_double,
            C.c_double,
            C.c_double,
            C.c_double,
            C.c_double,
            C.c_double,
            C.POINTER(Note),
            C.c_uint32,
            C.c_double,
            _FLOATS,
            _FLOATS,
            C.c_uint32,
        ],
    ),
}


def _candidates(path):
    """Every place the library may be in, in order."""
    names = ("libneume_native.so", "libneume_native.dylib")
    given = path or os.environ.get("NEUME_NATIVE")
    if given:
        given = pathlib.Path(given)
        if not given.is_dir():
            return [given]
        return [given / sub / n for sub in ("train", ".") for n in names]
    root = pathlib.Path(__file__).resolve().parents[2]
    return [
        build / "train" / n for build in sorted(root.glob("build*")) for n in names
    ]


class Native:
    """The loaded library."""

    def __init__(self, path=None):
        candidates = _candidates(path)
        found = next((c for c in candidates if c.is_file()), None)
        if found is None:
            looked = ", ".join(map(str, candidates)) or "no build folder"
            raise NativeError(
                "libneume_native not found: build the project and name its "
                f"build folder in NEUME_NATIVE (looked at: {looked})"
            )
        self.path = found
        try:
            library = C.CDLL(str(found))
            for name, (result, arguments) in _PROTOTYPES.items():
                function = getattr(library, "neume_native_" + name)
                function.restype, function.argtypes = result, arguments
                setattr(self, "_" + name, function)
        except (OSError, AttributeError) as error:
            raise NativeError(f"{found}: {error}") from error

        sizes = self._sizes()
        for name, kind in (
            ("front_end", _FrontEnd),
            ("note", Note),
            ("melody", _Melody),
            ("tracker", _Tracker),
        ):
            if getattr(sizes, name) != C.sizeof(kind):
                raise NativeError(f"{found}: {name} has another layout here")

    def _raise(self, status, what=""):
        if status:
            text = self._strerror(status).decode()
            raise NativeError(f"{what}: {text}" if what else text)

    def delay(self, rate):
        """Group delay of the resampler from `rate` Hz, in seconds."""
        seconds = C.c_double()
        self._raise(self._delay(rate, seconds), f"{rate} Hz")
        return seconds.value

    def resample(self, audio, rate):
        """Audio at `rate` Hz to float32 at RATE, as the live chain does it."""
        audio = np.ascontiguousarray(audio, np.float32)
        out = np.empty(int(len(audio) * RATE / rate) + 2, np.float32)
        made = C.c_uint64()
        status = self._resample(
            audio.ctypes.data_as(_FLOATS),
            len(audio),
            rate,
            len(out),
            out.ctypes.data_as(_FLOATS),
            made,
        )
        self._raise(status, f"{rate} Hz")
        return out[: made.value]

    def logmel(self, samples, front_end, step):
        """Samples at RATE to features, float32 [frames][bands].

        Frame i is taken when (i + 1) * step samples were seen.
        """
        samples = np.ascontiguousarray(samples, np.float32)
        fields = _FrontEnd(**dataclasses.asdict(front_end))
        what = C.c_char_p()
        if self._check(fields, what):
            raise NativeError(f"front end: {what.value.decode()}")
        if step < 1:
            raise NativeError("step: must be at least 1")
        features = np.empty((len(samples) // step, front_end.bands), np.float32)
        status = self._features(
            samples.ctypes.data_as(_FLOATS),
            len(samples),
            fields,
            step,
            features.ctypes.data_as(_FLOATS),
        )
        self._raise(status, "features")
        return features

    def features(self, audio, rate, front_end, step):
        """Audio at `rate` Hz to features and the times they speak of.

        Returns float32 [frames][bands] and float64 [frames], the label points
        in seconds of input audio (the first ones may lie before its start).
        """
        features = self.logmel(self.resample(audio, rate), front_end, step)
        return features, self.label_times(len(features), rate, front_end, step)

    def label_times(self, frames, rate, front_end, step):
        """Label points of the first `frames` frames, seconds of the input."""
        last = (np.arange(frames) + 1) * step - 1
        return (last - front_end.label_delay) / RATE - self.delay(rate)

    def track(
        self,
        log_p,
        onset,
        level,
        step_seconds,
        threshold=0.4,
        gate=-90.0,
        min_steps=2,
        lag=0,
        prompt=True,
    ):
        """What the tracker decides with each step: the class in force, and
        whether a note starts.

        `log_p` is [steps][CLASSES]; `onset`, probabilities, and `level`, dBFS, are
        [steps].  Decision i is made with step i and speaks of step i - lag, less
        the tracker's delay; see dsp/tracker.h for the parameters.
        """
        log_p, onset, level = (
            np.ascontiguousarray(values, np.float32)
            for values in (log_p, onset, level)
        )
        steps = len(log_p)
        if (log_p.shape, onset.shape, level.shape) != (
            (steps, CLASSES),
            (steps,),
            (steps,),
        ):
            raise NativeError(
                f"track: {log_p.shape} log_p, {onset.shape} onset, "
                f"{level.shape} level do not go together"
            )
        note = np.empty(steps, np.uint32)
        begins = np.empty(steps, np.uint8)
        status = self._track(
            log_p.ctypes.data_as(_FLOATS),
            onset.ctypes.data_as(_FLOATS),
            level.ctypes.data_as(_FLOATS),
            steps,
            step_seconds,
            _Tracker(threshold, gate, min_steps, lag, prompt),
            note.ctypes.data_as(C.POINTER(C.c_uint32)),
            begins.ctypes.data_as(C.POINTER(C.c_uint8)),
        )
        self._raise(status, "track")
        return note, begins.astype(bool)

    def melody(self, seed, low, high, tempo, rests, legato, seconds):
        """Draw a melody, a list of Note."""
        notes = (Note * MAX_NOTES)()
        melody = _Melody(low, high, tempo, rests, legato)
        count = self._melody_random(seed, melody, seconds, notes, MAX_NOTES)
        return [
            Note(n.onset, n.offset, n.midi, n.loudness) for n in notes[:count]
        ]

    def sing(self, seed, centre, tuning, notes, rate, count, unsteady=1.0, words=1.0,
             vowels=1.0, late=0.0):
        """Sing `notes` with a voice drawn for MIDI number `centre`, `tuning`
        cents off and `unsteady` as drawn (1), less, down to a straight tone (0), or more,
        with as many consonants, breaths and creaks as drawn, or less, down to vowels
        alone (0), and `vowels` likewise, down to a single one (0); `late` is the share
        of rising notes that arrive late: `count` samples and each one's fundamental
        (Hz, 0: none)."""
        out = np.zeros(count, np.float32)
        f0 = np.zeros(count, np.float32)
        status = self._sing(
            seed,
            centre,
            tuning,
            unsteady,
            words,
            vowels,
            late,
            (Note * max(1, len(notes)))(*notes),
            len(notes),
            rate,
            out.ctypes.data_as(_FLOATS),
            f0.ctypes.data_as(_FLOATS),
            count,
        )
        if status:
            raise NativeError("the singer refused: out of memory or of range")
        return out, f0


@functools.lru_cache(maxsize=None)
def load(path=None):
    """The library, loaded once; raises NativeError if there is none."""
    return Native(path)
