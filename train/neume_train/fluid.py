# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""A General MIDI soundfont played by libfluidsynth, by ctypes.

The renderer is asked for as many samples as are wanted and then left alone:
it has no notion of an end.  Events fall on multiples of its 64-sample blocks,
so that a rendering depends on its events alone and not on what came before.
"""

import ctypes as C
import ctypes.util
import os
import pathlib

import numpy as np
from scipy import signal

BLOCK = 64
OVERSAMPLING = 2  # Of the wanted rate, against aliasing of the samples
SOUNDFONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"


class FluidError(RuntimeError):
    """No library or no soundfont."""


def soundfont():
    """The soundfont's path: NEUME_SOUNDFONT, or where Debian puts it."""
    return pathlib.Path(os.environ.get("NEUME_SOUNDFONT", SOUNDFONT))


def available():
    """Whether bands can be rendered here."""
    return soundfont().is_file() and ctypes.util.find_library("fluidsynth")


class Fluid:
    """A soundfont in memory and the means to play it."""

    def __init__(self, rate):
        found = ctypes.util.find_library("fluidsynth")
        if not found:
            raise FluidError("libfluidsynth is not installed")
        self._library = library = C.CDLL(found)
        handle, integer = C.c_void_p, C.c_int
        library.new_fluid_settings.restype = handle
        library.new_fluid_synth.restype = handle
        library.new_fluid_synth.argtypes = [handle]
        library.fluid_settings_setnum.argtypes = [handle, C.c_char_p, C.c_double]
        library.fluid_settings_setint.argtypes = [handle, C.c_char_p, integer]
        library.fluid_synth_sfload.argtypes = [handle, C.c_char_p, integer]
        library.delete_fluid_synth.argtypes = [handle]
        library.delete_fluid_synth.restype = None
        library.fluid_synth_get_sfont.argtypes = [handle, C.c_uint]
        library.fluid_synth_get_sfont.restype = handle
        for name in ("add_sfont", "remove_sfont"):
            getattr(library, "fluid_synth_" + name).argtypes = [handle, handle]
        library.fluid_synth_system_reset.argtypes = [handle]
        for function, count in (
            ("noteon", 3),
            ("noteoff", 2),
            ("cc", 3),
            ("pitch_bend", 2),
            ("pitch_wheel_sens", 2),
            ("program_change", 2),
        ):
            call = getattr(library, "fluid_synth_" + function)
            call.argtypes = [handle] + [integer] * count
        library.fluid_synth_write_float.argtypes = [handle, integer] + [
            handle,
            integer,
            integer,
        ] * 2
        # Unknown presets fall back to another one; that is no news.
        library.fluid_set_log_function.argtypes = [integer, handle, handle]
        for level in range(5):
            library.fluid_set_log_function(level, None, None)

        self.rate = rate * OVERSAMPLING
        self._settings = settings = library.new_fluid_settings()
        library.fluid_settings_setnum(
            settings, b"synth.sample-rate", float(self.rate)
        )
        for key in (b"synth.reverb.active", b"synth.chorus.active"):
            library.fluid_settings_setint(settings, key, 0)
        library.fluid_settings_setint(settings, b"synth.polyphony", 96)
        self._keeper = library.new_fluid_synth(settings)
        path = soundfont()
        if not self._keeper or not path.is_file():
            raise FluidError(f"no synthesiser or no soundfont {path}")
        if library.fluid_synth_sfload(self._keeper, str(path).encode(), 1) < 0:
            raise FluidError(f"{path}: not a soundfont")
        self._font = library.fluid_synth_get_sfont(self._keeper, 0)

    def render(self, events, count):
        """`count` mono samples of the events, tuples (seconds, function,
        arguments...) with fluidsynth's names, at the rate wanted."""
        # A reset would leave traces of what was played before, so each
        # rendering has its own synthesiser, with the keeper's soundfont.
        library = self._library
        synth = library.new_fluid_synth(self._settings)
        if not synth or library.fluid_synth_add_sfont(synth, self._font) < 0:
            raise FluidError("libfluidsynth makes no synthesiser")
        total = -(-count * OVERSAMPLING // BLOCK) * BLOCK
        left, right = np.zeros((2, total), np.float32)
        blocks = total // BLOCK
        timed = [
            (min(max(int(e[0] * self.rate / BLOCK), 0), blocks), e[1:])
            for e in events
        ]
        timed.sort(key=lambda item: item[0])  # Stable: order within a block
        done = 0

        def advance(until):
            library.fluid_synth_write_float(
                synth,
                (until - done) * BLOCK,
                left.ctypes.data,
                done * BLOCK,
                1,
                right.ctypes.data,
                done * BLOCK,
                1,
            )

        library.fluid_synth_system_reset(synth)  # Presets are there only now
        calls = {}
        for block, (name, *arguments) in timed:
            if block > done:
                advance(block)
                done = block
            call = calls.get(name)
            if call is None:
                call = calls[name] = getattr(library, "fluid_synth_" + name)
            call(synth, *arguments)
        if blocks > done:
            advance(blocks)
        library.fluid_synth_remove_sfont(synth, self._font)
        library.delete_fluid_synth(synth)
        mono = 0.5 * (left + right)
        taps = signal.firwin(47, 0.8 / OVERSAMPLING).astype(np.float32)
        mono = signal.oaconvolve(mono, taps, "same")[::OVERSAMPLING]
        return mono[:count].astype(np.float32)
