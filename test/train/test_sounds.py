#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""What clips are made from: talkers, and what packages hold.

Needs the library (NEUME_NATIVE), NumPy and SciPy; no recordings, no PyTorch.
"""

import contextlib
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np
import soundfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

# pylint: disable=wrong-import-position
import heard  # noqa: E402
from neume_train import (  # noqa: E402
    clips,
    native,
    pitch,
    recordings,
    sounds,
    syllables,
    talkers,
)


class TalkersTest(unittest.TestCase):
    """Speech turned into melodies; the speaker is made up."""

    RATE = 8192

    def speech(self, between=0.1):
        """Twelve buzzing vowels, their pitch falling, with noise `between`, seconds."""
        rng = np.random.default_rng(1)
        time = np.arange(int(0.3 * self.RATE)) / self.RATE
        parts = []
        for _ in range(12):
            phase = 2 * np.pi * np.cumsum(120 - 60 * time) / self.RATE
            vowel = sum(np.cos(k * phase) / k for k in range(1, 20))
            vowel *= np.sin(np.pi * time / 0.3)
            parts += [vowel, 0.05 * rng.standard_normal(int(between * self.RATE))]
        return np.concatenate(parts).astype(np.float32)

    def test_analyse_finds_periods_and_vowels(self):
        found = talkers.analyse(self.speech(), self.RATE)
        self.assertEqual(len(found.nuclei), 12)
        for number, (begin, voiced, first, last) in enumerate(found.nuclei):
            self.assertTrue(begin <= voiced <= first < last)
            self.assertTrue(0.4 * number < first < last < 0.4 * number + 0.3)
            self.assertLess(abs((first + last) / 2 - 0.4 * number - 0.15), 0.015)
        length = len(self.speech()) / self.RATE / 12
        for begin, _, first, last in found.nuclei:
            here = found.marks[(found.marks >= first) & (found.marks <= last)]
            since = here - length * np.floor(begin / length + 0.5)
            turns = np.exp(2j * np.pi * (120 * since - 30 * since**2))
            self.assertLess(np.abs(np.angle(turns / turns.mean())).max(), 0.8)
        self.assertIsNone(talkers.analyse(np.zeros(5 * self.RATE), self.RATE))

    def test_a_vowel_begins_after_the_one_before(self):
        # Voiced throughout, softest half way between: nothing before it is the next one's
        rate = self.RATE
        time = np.arange(4 * rate) / rate
        tone = sum(np.cos(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
        tone = tone * (0.05 + np.sin(np.pi * time / 0.5) ** 2)
        found = talkers.analyse(tone.astype(np.float32), rate)
        self.assertEqual(len(found.nuclei), 8)
        for begin, voiced, first, _ in found.nuclei[1:]:
            softest = 0.5 * np.floor(first / 0.5)
            self.assertTrue(softest - 0.03 < begin <= voiced < first, (begin, voiced, first))

    def test_a_vowel_is_a_single_one(self):
        # Every other one turns into another vowel half way, at the same level
        rate = self.RATE
        time = np.arange(6 * rate) / rate
        low, high = (
            sum(np.cos(2 * np.pi * 120 * k * time) for k in numbers)
            for numbers in ((1, 3, 4, 5), (1, 11, 12, 13))
        )
        turned = (time % 1.0 > 0.25) & (time % 1.0 < 0.5)
        tone = np.where(turned, high, low) * (0.05 + np.sin(np.pi * time / 0.5) ** 2)
        found = talkers.analyse(tone.astype(np.float32), rate)
        middles = found.nuclei[:, 2:].mean(1)
        self.assertEqual(len(middles), 6)
        self.assertLess(np.abs(middles % 1.0 - 0.75).max(), 0.05)

    def test_touching_notes_are_sung_in_one_breath(self):
        # Voiced throughout, at its softest a third as loud; every other vowel is softer
        time = np.arange(6 * self.RATE) / self.RATE
        tone = sum(np.cos(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
        tone = tone * (0.35 + 0.65 * np.sin(np.pi * time / 0.5) ** 2)
        tone *= 0.65 + 0.35 * np.clip(4 * np.sin(np.pi * time / 0.5), -1, 1)
        melody = [native.Note(0.5 + 0.4 * k, 0.9 + 0.4 * k, 48.0, 0.0) for k in range(6)]
        rng = np.random.default_rng(3)
        softest = {}
        with tempfile.TemporaryDirectory() as cache:
            voice = talkers.Talkers([tone.astype(np.float32)], self.RATE, cache, kinds=())
        for through in (0.0, 1.0):
            manner = {**dict.fromkeys(syllables._manner(rng), 0.0), "release": 0.05, "glide": 0.05}
            manner |= {"carry_time": 0.1, "through": through}
            with mock.patch.object(syllables, "_manner", return_value=manner):
                audio, sung = voice.sing(rng, ("recorded", "0"), melody, 4 * self.RATE)
            self.assertEqual([n.onset for n in sung], [n.onset for n in melody])
            level = np.sqrt(np.convolve(audio**2, np.ones(160) / 160, "same"))
            inside = level[int(0.55 * self.RATE) : int(2.8 * self.RATE)]
            softest[through] = inside.min() / inside.max()
            # One note is as loud as another
            loud = [level[int(n.onset * self.RATE) :][: int(0.35 * self.RATE)].max() for n in sung]
            self.assertLess(max(loud), 2 * min(loud))
        self.assertLess(softest[0.0], 0.12)
        self.assertGreater(softest[1.0], 0.2)

    def test_speech_sings_the_melody(self):
        melody = [
            native.Note(0.5 + 0.6 * k, 1.0 + 0.6 * k, number, -6.0)
            for k, number in enumerate((48, 50, 53, 57, 45, 52))
        ]
        with tempfile.TemporaryDirectory() as cache:
            voice = talkers.Talkers([self.speech()], self.RATE, cache, kinds=())
            with mock.patch.object(talkers, "analyse", side_effect=AssertionError):
                again = talkers.Talkers([self.speech()], self.RATE, cache, kinds=())
        self.assertEqual(list(voice.voices), ["recorded"])
        for one, two in zip(voice.voices["recorded"]["0"], again.voices["recorded"]["0"]):
            np.testing.assert_array_equal(one.audio, two.audio)
            np.testing.assert_array_equal(one.nuclei, two.nuclei)
        rng = np.random.default_rng(2)
        # What leads into a note slowly moves the note's median
        plain = {**syllables._manner(rng), "scoop": 0.0, "carry": 0.0, "late": 0.0}
        with mock.patch.object(syllables, "_manner", return_value=plain):
            audio, sung = voice.sing(rng, ("recorded", "0"), melody, 5 * self.RATE)
        self.assertEqual(audio.shape, (5 * self.RATE,))
        for note, asked in zip(sung, melody):
            self.assertLess(abs(note.midi - asked.midi), 0.3)
        self.assertEqual([n.onset for n in sung], [n.onset for n in melody])
        for note in sung:
            found, clarity, _, _ = pitch.track(audio, self.RATE, note.midi, 7.0)
            middle = slice(int(100 * note.onset) + 20, int(100 * note.offset) - 10)
            self.assertLess(abs(np.median(found[middle]) - note.midi), 0.5)
            self.assertGreater(np.median(clarity[middle]), 0.8)
        self.assertLess(np.abs(audio[: int(0.3 * self.RATE)]).max(), 0.02)

    def test_some_sing_with_the_pitch_of_speech(self):
        period = np.zeros(40)
        period[10:30] = 0.01 * 2 ** (np.linspace(-1, 1, 20) / 12)
        stray = talkers._spoken_line(period)
        self.assertEqual(np.abs(stray[period == 0]).max(), 0)
        self.assertTrue(np.allclose(stray[10:30], np.linspace(1, -1, 20)))
        period[29] = 0.02
        self.assertAlmostEqual(talkers._spoken_line(period).min(), -2)
        self.assertEqual(np.abs(talkers._spoken_line(np.zeros(5))).max(), 0)
        with tempfile.TemporaryDirectory() as cache:
            bank = talkers.Talkers([self.speech()], self.RATE, cache, kinds=())
        melody = heard.melody(np.random.default_rng(1), 3 * [48, 52, 45, 54])
        draws, manner = [0.0, 0.7], syllables._manner(np.random.default_rng(2))
        for key in ("vibrato_depth", "drift", "scoop_share", "late", "dip"):
            manner[key] = 0.0
        strays = []
        for share in draws:
            rng = mock.Mock(wraps=np.random.default_rng(3))
            rng.choice.side_effect = lambda *_, share=share, **__: share
            with mock.patch.object(syllables, "_manner", return_value=dict(manner)):
                audio, sung = bank.sing(rng, ("recorded", "0"), melody, 11 * self.RATE)
            spread = []
            for note in sung:
                found, clarity, _, _ = pitch.track(audio, self.RATE, note.midi, 7.0)
                inside = slice(int(100 * note.onset) + 5, int(100 * note.offset) - 5)
                spread.append(np.std(found[inside][clarity[inside] > 0.8]))
            strays.append(np.mean(spread))
        self.assertGreater(strays[1], 1.5 * strays[0])

    def test_consonants_leave_most_of_a_note(self):
        nuclei = 0.5 * np.arange(8)[:, None] + np.array([0.0, 0.2, 0.25, 0.4])
        for length, taken in ((1.0, 0.225), (0.2, (1 - talkers.KEPT) * 0.2), (0.08, 0.0)):
            notes = [native.Note(1 + length * k, 1 + length * (k + 1), 50, 0.0) for k in range(8)]
            line = talkers._lay_out([[note] for note in notes], nuclei)
            self.assertAlmostEqual(line[0].onset - line[0].start, 0.225)
            for syllable in line[1:]:
                self.assertAlmostEqual(syllable.onset - syllable.start, taken)

    def test_labels_are_of_the_pitch_that_sounds(self):
        # Too fast for such words, in leaps that are under way with the consonant, and with
        # much of the pitch of speech
        with tempfile.TemporaryDirectory() as cache:
            bank = talkers.Talkers([self.speech(0.2)], self.RATE, cache, kinds=())
        melody = [
            native.Note(0.5 + 0.25 * k, 0.75 + 0.25 * k, number, 0.0)
            for k, number in enumerate(6 * [48, 53, 46, 51])
        ]
        manner = dict.fromkeys(syllables._manner(np.random.default_rng(1)), 0.0)
        manner |= {"glide": 0.1, "carry": 0.9, "carry_time": 0.14, "release": 0.03}
        away = []
        for seed in range(3):
            rng = mock.Mock(wraps=np.random.default_rng(seed))
            rng.choice.side_effect = lambda *_, **__: 0.8
            with (
                mock.patch.object(talkers, "KEPT", 0.3),
                mock.patch.object(syllables, "_manner", return_value=dict(manner)),
            ):
                audio, sung = bank.sing(rng, ("recorded", "0"), melody, 7 * self.RATE)
            for note in sung:
                found, clarity, _, _ = pitch.track(audio, self.RATE, note.midi, 5.0)
                inside = slice(int(100 * note.onset) + 1, int(100 * note.offset))
                clear = found[inside][clarity[inside] > 0.7]
                away.append(abs(np.median(clear) - note.midi) if len(clear) > 2 else 0.0)
        self.assertGreater(np.count_nonzero(away), 0.8 * len(away))
        self.assertLess(np.quantile(away, 0.9), 0.5)

    def test_the_voice_is_where_its_notes_are(self):
        with tempfile.TemporaryDirectory() as cache:
            bank = talkers.Talkers([self.speech()], self.RATE, cache, kinds=())
        for seed in range(6):
            rng = np.random.default_rng(seed)
            melody = heard.melody(rng, 2 * [48, 52, 45, 54, 50, 56, 47])
            audio, sung = bank.sing(rng, ("recorded", "0"), melody, 11 * self.RATE)
            with self.subTest(seed=seed):
                self.assertEqual([n.onset for n in sung], [n.onset for n in melody])
                self.assertLess(heard.misplaced(audio, self.RATE, sung), 0.025)


@unittest.skipUnless(shutil.which("dpkg-deb"), "no dpkg-deb here")
class Sounds(unittest.TestCase):
    """Music and speech out of packages."""

    def package(self, folder, name, files):
        """A package with `files`: path to content, or seconds of a tone at 8 kHz."""
        root = pathlib.Path(folder) / name
        control = f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: N <n@n>\n"
        files = {"DEBIAN/control": control + "Description: none\n", **files}
        for path, content in files.items():
            path = root / path
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                path.write_text(content, encoding="utf-8")
            else:
                tone = 0.3 * np.sin(0.2 * np.arange(int(8000 * content)))
                soundfile.write(path, tone, 8000)
        deb = pathlib.Path(folder) / f"{name}.deb"
        subprocess.run(["dpkg-deb", "--build", root, deb], check=True, capture_output=True)
        return deb

    def test_packages_are_listed(self):
        listed = sounds.packages()
        self.assertGreater(len(listed), 10)
        self.assertLessEqual(set(sounds.SPEECH), set(listed))

    def test_music_is_kept_and_effects_are_not(self):
        with tempfile.TemporaryDirectory() as folder:
            deb = self.package(folder, "agame", {
                "usr/share/doc/agame/copyright": "free",
                "usr/share/games/agame/music/theme one.wav": 31,
                "usr/share/games/agame/music/menu.flac": 200,
                "usr/share/games/agame/sound/shot.wav": 2,
                "usr/share/games/agame/music/rybky13.ogg": 40,  # In MAYBE_SUNG
                "usr/share/games/agame/music/broken.ogg": "no sound",
            })
            out = pathlib.Path(folder) / "out"
            self.assertEqual(sounds.unpack(deb, "agame", out), {"music": 2, "speech": 0})
            lengths = {
                path.name: soundfile.info(path).duration
                for path in (out / "music/agame").iterdir()
            }
            self.assertEqual(lengths, {"agame-music-theme-one-wav.flac": 31,
                                       "agame-music-menu-flac.flac": sounds.MUSIC_SECONDS})
            self.assertEqual((out / "licences/agame").read_text(encoding="utf-8"), "free")
            heard = recordings.Recordings([out], clips.RATE)
            self.assertEqual(len(heard.sounds["music"]), 2)

    def test_what_is_too_short_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for kind in ("music", "noise"):
                (root / "nonvoice" / kind).mkdir(parents=True)
            for count in (0, 5, 20, 799):
                soundfile.write(root / f"nonvoice/noise/{count}.wav", np.zeros(count), 8000)
            soundfile.write(root / "nonvoice/music/short.wav", np.ones(799), 8000)
            soundfile.write(root / "nonvoice/music/long.wav", np.ones(800), 8000)
            with contextlib.redirect_stderr(io.StringIO()) as said:
                found = recordings.Recordings([root / "nonvoice"], clips.RATE)
            self.assertEqual({kind: len(kept) for kind, kept in found.sounds.items()},
                             {"music": 1, "speech": 0, "noise": 0})
            for name in ("noise/0", "noise/5", "noise/20", "noise/799", "music/short"):
                self.assertIn(f"{root}/nonvoice/{name}.wav: left out: shorter", said.getvalue())
            self.assertEqual(said.getvalue().count("\n"), 5)
            excerpt = found.excerpt(np.random.default_rng(1), "music", clips.COUNT, 6.0)
            self.assertTrue(np.isfinite(excerpt).all())

    def test_nobody_sings_syllables_without_a_note(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            table = "file,singer,median_midi\na.wav,x,60\nb.wav,y,60\n"
            (root / "sung_syllables.csv").write_text(table, encoding="utf-8")
            soundfile.write(root / "a.wav", np.zeros(0), 8000, subtype="PCM_16")
            for count in (0, 8000):
                soundfile.write(root / "b.wav", np.zeros(count), 8000, subtype="PCM_16")
                with contextlib.redirect_stderr(io.StringIO()) as said:
                    maker = clips.Maker(root, cache=root / "cache", only="solo")
                self.assertIsNone(maker.syllables)
                self.assertFalse(maker.present["syllables"])
                self.assertIn(f"{root}/a.wav: left out", said.getvalue())
                self.assertIn(f"{root}: no syllable that can be sung", said.getvalue())

    def test_speech_is_told_by_language(self):
        base = "usr/share/ktuberling/sounds"
        with tempfile.TemporaryDirectory() as folder:
            deb = self.package(folder, "ktuberling-data", {
                f"{base}/fr/hat.ogg": 0.5, f"{base}/fr/eye.wav": 1.0, f"{base}/en/hat.ogg": 0.5,
            })
            out = pathlib.Path(folder) / "out"
            made = sounds.unpack(deb, "ktuberling-data", out)
            self.assertEqual(made, {"music": 0, "speech": 2})
            french = soundfile.info(out / "speech/ktuberling-data-fr.flac").duration
            self.assertAlmostEqual(french, 1.5 + 2 * sounds.PAUSE, delta=0.02)


if __name__ == "__main__":
    unittest.main()
