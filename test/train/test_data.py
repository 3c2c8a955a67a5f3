#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Training data: features, labels, determinism, restart.

Needs the library (NEUME_NATIVE), NumPy and SciPy; no recordings, no PyTorch.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import types
import unittest
from unittest import mock

import numpy as np
import soundfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "train"))

# pylint: disable=wrong-import-position
from neume_train import bands, clips, dataset, native, pitch, recordings  # noqa: E402

FRONT_END = native.FrontEnd()
STEP = 128


def setUpModule():  # pylint: disable=invalid-name
    """A cache of our own: the user's is neither read nor filled."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    cache = mock.patch.dict(os.environ, XDG_CACHE_HOME=folder.name)
    cache.start()
    unittest.addModuleCleanup(cache.stop)


def reference_logmel(samples, fe, step):
    """Log-mel frames straight from the definition, in double precision."""
    n = np.arange(fe.window)
    part = np.where(n < fe.rise, n / fe.rise, (fe.window - n) / (fe.window - fe.rise))
    window = 0.5 - 0.5 * np.cos(np.pi * part)
    mel = np.log1p(np.array([fe.low_hz, fe.high_hz]) / fe.break_hz)
    edges = fe.break_hz * np.expm1(np.linspace(*mel, fe.bands + 2))
    bins = np.arange(fe.fft // 2 + 1) * native.RATE / fe.fft
    weights = np.zeros((fe.bands, len(bins)))
    for b in range(fe.bands):
        low, peak, high = edges[b : b + 3]
        rise, fall = (bins - low) / (peak - low), (high - bins) / (high - peak)
        weights[b] = np.maximum(np.minimum(rise, fall), 0)
        if not weights[b].any():
            place = peak * fe.fft / native.RATE
            k = int(np.floor(place))
            weights[b, k], weights[b, k + 1] = 1 - (place - k), place - k
    padded = np.concatenate([np.zeros(fe.window), samples])
    out = []
    for end in range(step, len(samples) + 1, step):
        frame = padded[end : end + fe.window] * window
        power = np.abs(np.fft.rfft(frame, fe.fft)) ** 2
        power *= (2 / window.sum()) ** 2
        out.append(fe.scale * np.log1p(weights @ power / fe.floor))
    return np.array(out)


class Features(unittest.TestCase):
    """The C features against the definition."""

    @classmethod
    def setUpClass(cls):
        cls.native = native.load()

    def test_logmel_is_its_definition(self):
        rng = np.random.default_rng(1)
        time = np.arange(8192) / native.RATE
        chirp = np.sin(2 * np.pi * (100 + 200 * time) * time)
        samples = (0.3 * chirp + 0.01 * rng.standard_normal(8192)).astype("f4")
        samples[3000:4500] = 0
        fine = native.FrontEnd(
            window=700, fft=1024, bands=60, low_hz=0, high_hz=2048, floor=1e-7
        )
        for front_end, step in ((FRONT_END, 128), (FRONT_END, 512), (native.LIVE, 64), (fine, 64)):
            found = self.native.logmel(samples, front_end, step)
            wanted = reference_logmel(samples, front_end, step)
            self.assertEqual(found.shape, wanted.shape)
            self.assertLess(np.abs(found - wanted).max(), 1e-4)

    def test_silence_is_zero(self):
        features = self.native.logmel(np.zeros(4096), FRONT_END, STEP)
        self.assertEqual(np.abs(features).max(), 0)

    def test_resampler_keeps_a_sine(self):
        for rate in (8192, 44100, 48000):
            time = np.arange(2 * rate) / rate
            sine = 0.5 * np.sin(2 * np.pi * 440 * time)
            out = self.native.resample(sine, rate)
            self.assertEqual(len(out), 2 * native.RATE)
            level = 20 * np.log10(np.sqrt(2 * np.mean(out[2048:] ** 2)) / 0.5)
            self.assertLess(abs(level), 1.0)

    def test_resampler_delays_as_it_says(self):
        rate = 48000
        time = np.arange(2 * rate) / rate
        out = self.native.resample(np.sin(2 * np.pi * 440 * time), rate)[4096:]
        now = 1 + np.arange(len(out)) / native.RATE
        carrier = np.exp(-2j * np.pi * 440 * now)
        angle = np.angle(np.mean(out * carrier)) + np.pi / 2
        late = -angle / (2 * np.pi * 440)
        period = 1 / 440
        error = (late - self.native.delay(rate) + period / 2) % period - period / 2
        self.assertLess(abs(error), 0.0005)

    def test_frames_and_label_points(self):
        rate = 48000
        audio = np.zeros(3 * rate, np.float32)
        audio[rate:] = np.sin(2 * np.pi * 600 * np.arange(2 * rate) / rate)
        features, times = self.native.features(audio, rate, FRONT_END, STEP)
        self.assertEqual(len(features), 3 * native.RATE // STEP)
        self.assertTrue(np.allclose(np.diff(times), STEP / native.RATE))
        first = ((0 + 1) * STEP - 1 - FRONT_END.label_delay) / native.RATE
        self.assertAlmostEqual(times[0], first - self.native.delay(rate))
        # Power at the label point: half way up where the sound starts.
        power = np.expm1(features.max(1) / FRONT_END.scale)
        rise = times[np.argmax(power > power.max() / 4)]
        self.assertLess(abs(rise - 1.0), STEP / native.RATE + 0.004)

    def test_errors_are_told(self):
        with self.assertRaisesRegex(native.NativeError, "bands"):
            self.native.logmel(np.zeros(999), native.FrontEnd(bands=0), STEP)
        with self.assertRaises(native.NativeError):
            self.native.resample(np.zeros(999), 1000.0)
        with self.assertRaisesRegex(native.NativeError, "NEUME_NATIVE"):
            native.Native("nowhere/libneume_native.so")


class Tracker(unittest.TestCase):
    """The C tracker through the library."""

    step = STEP / native.RATE
    sung = [0] * 20 + [12] * 40 + [0] * 20 + [30] * 20 + [14] * 20

    def track(self, level=-20.0, p=0.95, onset=0.0, **options):
        """Notes and where they begin, of steps sure of `sung` by `p`."""
        log_p = np.full((len(self.sung), native.CLASSES), np.log((1 - p) / 39))
        log_p[np.arange(len(self.sung)), self.sung] = np.log(p)
        level = np.broadcast_to(level, len(self.sung))
        onset = np.broadcast_to(onset, len(self.sung))
        return native.load().track(log_p, onset, level, self.step, **options)

    def test_notes_are_those_sung(self):
        note, begins = self.track()
        self.assertEqual(note[begins].tolist(), [12, 30, 14])
        for start, wanted in zip(np.flatnonzero(begins), (20, 80, 100)):
            self.assertTrue(wanted <= start < wanted + 8, (start, wanted))
        for steps, wanted in (((0, 20), 0), ((30, 60), 12), ((72, 80), 0), ((90, 100), 30)):
            self.assertEqual(set(note[slice(*steps)].tolist()), {wanted})
        self.assertEqual((note.shape, begins.dtype), ((120,), bool))

    def test_every_parameter_arrives(self):
        first = np.argmax(self.track()[1])
        self.assertFalse(self.track(p=0.8, threshold=0.9)[1].any())
        level = np.where(np.arange(len(self.sung)) < 70, -30.0, -50.0)
        note, begins = self.track(level=level, gate=-40.0)
        self.assertEqual(note[begins].tolist(), [12])
        self.assertEqual(self.track(min_steps=50)[0][first + 49], 12)
        self.assertEqual(self.track()[0][first + 49], 0)
        self.assertGreater(np.argmax(self.track(lag=20)[1]), first + 10)
        doubtful = {"onset": np.eye(len(self.sung))[20], "p": 0.7, "threshold": 0.5}
        self.assertEqual(np.argmax(self.track(**doubtful)[1]), 20)
        self.assertGreater(np.argmax(self.track(**doubtful, prompt=False)[1]), 20)

    def test_wrong_arguments_are_told(self):
        library, log_p, zeros = native.load(), np.zeros((5, 40)), np.zeros(5)
        for wrong in (
            (log_p[:, 1:], zeros, zeros),
            (log_p, zeros[1:], zeros),
            (log_p, zeros, zeros[1:]),
            (log_p, zeros[:, None], zeros),
        ):
            with self.assertRaisesRegex(native.NativeError, "do not go together"):
                library.track(*wrong, self.step)
        with self.assertRaisesRegex(native.NativeError, "track: "):
            library.track(log_p, zeros, zeros, 0.0)
        note, begins = library.track(log_p[:0], zeros[:0], zeros[:0], self.step)
        self.assertEqual((len(note), len(begins)), (0, 0))


class Labels(unittest.TestCase):
    """The truth of a clip is the truth."""

    def test_labels_hold_from_onset_to_offset(self):
        notes = [native.Note(1.0, 2.0, 45, 0), native.Note(2.0, 2.5, 83, 0)]
        times = np.array([-0.1, 0.99, 1.0, 1.99, 2.0, 2.49, 2.5, 9.0])
        found = clips.labels(notes, times)
        self.assertEqual(found.tolist(), [0, 0, 1, 1, 39, 39, 0, 0])
        self.assertEqual(clips.labels([], times).tolist(), [0] * 8)

    def test_labels_name_the_nearest_note_that_there_is(self):
        notes = [native.Note(0, 1, 59.6, 0), native.Note(1, 2, 44.4, 0), native.Note(2, 3, 83.7, 0)]
        self.assertEqual(clips.labels(notes, np.array([0.5, 1.5, 2.5])).tolist(), [16, 1, 39])

    def test_a_note_has_begun_for_a_while(self):
        notes = [native.Note(1.0, 1.03, 45, 0), native.Note(1.03, 2, 45, 0)]
        times = np.array([-1, 0.99, 1.0, 1.06, 1.09, 1.1, np.inf])
        found = clips.begun(notes, times)
        self.assertEqual(found.tolist(), [False, False, True, True, True, False, False])
        self.assertFalse(clips.begun([], times).any())
        labels = clips.labels_and_onsets(notes, times)
        self.assertEqual(labels.tolist(), [0, 0, 129, 129, 129, 1, 0])
        self.assertEqual(labels.dtype, np.uint8)

    def test_a_line_goes_through_consonants(self):
        gaps = [(0.1, 60, 62), (0.3, 60, 62), (0.1, 60, 60.3)]
        # Onsets tell of the last
        for same, wanted in ((True, [1.1, 1, 1.1]), (False, [1.1, 1, 1])):
            ends = []
            for gap, first, second in gaps:
                notes = [native.Note(0, 1, first, 0), native.Note(1 + gap, 2, second, 0)]
                ends.append(clips.on_line(notes, same)[0].offset)
            self.assertEqual(ends, wanted)

    def test_a_singer_is_labelled_as_heard(self):
        maker = clips.Maker(only="solo")
        for index in range(20):
            clip = maker.make(6, index)
            off = np.median([n.midi - m.midi for n, m in zip(clip.notes, clip.meant)])
            if abs(off) > 0.25:
                break
        self.assertGreater(abs(off), 0.25)  # Somebody sings out of tune
        self.assertTrue(all(m.midi == round(m.midi) for m in clip.meant))

    def test_labels_follow_the_fundamental(self):
        maker = clips.Maker(only="solo", pace=1.0)  # Edges are little of a slow note
        times = maker.native.label_times(960, clips.RATE, FRONT_END, STEP)
        sounds = notes = 0
        near = agree = frames = 0
        for index in range(8):
            clip = maker.make(11, index)
            label = clips.labels(clip.notes, times)
            at = np.clip((times * clips.RATE).astype(int), 0, None)
            f0 = np.where(times < 0, 0, clip.f0[at])
            frames += len(times)
            agree += np.sum((label > 0) == (f0 > 0))
            both = (label > 0) & (f0 > 0)
            distance = pitch.midi(f0[both]) - (label[both] + 44.0)
            near += np.sum(np.abs(distance) < 1.0)
            sounds += both.sum()
            for number, note in enumerate(clip.notes):
                inside = (times >= note.onset) & (times < note.offset) & (f0 > 0)
                if inside.sum() < 4:
                    continue
                median = np.median(pitch.midi(f0[inside]))
                notes += 1
                self.assertLess(abs(median - note.midi), 1.0, (index, number))
        self.assertGreater(notes, 100)
        self.assertGreater(agree / frames, 0.99)
        self.assertGreater(near / sounds, 0.9)  # The rest swings, dips or comes late

    def test_sound_follows_the_labels(self):
        """The f0 that the singer tells is the one that is heard."""
        maker = clips.Maker(only="solo")
        hits = total = 0
        for index in range(3):
            clip = maker.make(12, index)
            for note in clip.notes:
                if note.offset - note.onset < 0.3:
                    continue
                low = int(note.onset * clips.RATE)
                piece = clip.audio[low : int(note.offset * clips.RATE)]
                number, clarity, _, _ = pitch.track(
                    piece, clips.RATE, note.midi, 6
                )
                clear = clarity > 0.7
                total += 1
                hits += clear.any() and (
                    abs(np.median(number[clear]) - note.midi) < 0.75
                )
        self.assertGreater(total, 20)
        self.assertGreater(hits / total, 0.95)


class FrontEnds(unittest.TestCase):
    """The features that the report tried."""

    def test_a_tone_is_where_it_belongs(self):
        try:
            from neume_train import systems  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("no PyTorch")
        library = native.load()
        time = np.arange(8 * 8192) / 8192
        for kind, place in (
            (systems.ConstantQ(), lambda hz: 24 * np.log2(hz / 61.735)),
            (systems.Mel22050(), lambda hz: 129 * np.log((700 + hz) / 760)
             / np.log(4700 / 760) - 1),
        ):
            for hz in (110.0, 440.0, 987.8):
                tone = (time > 3) * 0.1 * np.sin(2 * np.pi * hz * time)
                features, times = kind.features(library, tone.astype(np.float32), 8192)
                self.assertEqual(features.shape, (len(times), kind.bands))
                self.assertLess(abs(features[times > 4].mean(0).argmax() - place(hz)), 1.0)
                # The tone starts within 60 ms of where the times say
                loud = features.max(1)
                start = times[np.argmax(loud > loud[times > 4].mean() - 0.14)]
                self.assertLess(abs(start - 3), 0.06)
            self.assertEqual(systems.front_end(kind.describe()).name, kind.name)


class Clips(unittest.TestCase):
    """Whole clips and data sets."""

    def test_validation_is_not_trained_on(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("music/a", "music/shearer_cant_stop_it/b", "speech/c", "speech/pjs/d"):
                path = root / "nonvoice" / f"{name}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, np.ones(800, np.float32) * 0.1, 8000)
            heard = recordings.Recordings([root / "nonvoice"], 8000).sounds
        self.assertEqual({k: len(v) for k, v in heard.items()},
                         {"music": 1, "speech": 1, "noise": 0})

    def test_a_folder_of_few_sounds_is_heard_as_often(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("few/music/a", *(f"many/music/{k}" for k in range(9))):
                path = root / f"{name}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                value = 0.5 if name.startswith("few") else -0.5
                soundfile.write(path, np.full(8000, value, np.float32), 8000)
            sounds = recordings.Recordings([root / "none", root / "few", root / "many"], 8000)
        rng = np.random.default_rng(1)
        few = [sounds.excerpt(rng, "music", 800)[400] > 0 for _ in range(400)]
        self.assertLess(abs(np.mean(few) - 0.5), 0.1)

    def test_clip_depends_on_seed_and_index_alone(self):
        one, two = clips.Maker(), clips.Maker()
        indices = range(5)
        first = {k: one.make(3, k) for k in indices}
        second = {k: two.make(3, k) for k in reversed(indices)}
        for k in indices:
            np.testing.assert_array_equal(first[k].audio, second[k].audio)
            self.assertEqual(first[k].what, second[k].what)
            self.assertEqual(str(first[k].notes), str(second[k].notes))
        self.assertFalse(np.array_equal(first[0].audio, first[1].audio))
        other = two.make(4, 0)
        self.assertFalse(np.array_equal(first[0].audio, other.audio))

    def test_words_may_come_as_slowly_as_beats(self):
        notes = {}
        for pace in (1.0, 2.4):
            maker = clips.Maker(kind="solo", pace=pace, voices=False)
            made = [maker.make(3, k) for k in range(12)]
            self.assertLessEqual({c.what.get("voice", "c") for c in made}, {"c"})
            notes[pace] = sum(len(c.notes) for c in made)
        self.assertGreater(notes[2.4], 1.2 * notes[1.0])

    def test_some_hold_their_notes(self):
        maker = clips.Maker(kind="held", voices=False)
        lengths = [n.offset - n.onset for k in range(6) for n in maker.make(3, k).notes]
        self.assertGreater(max(lengths), 6.0)
        self.assertGreater(np.median(lengths), 1.0)

    def test_songs_without_syllables_will_do(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIsNone(clips.Maker(folder, kind="solo").syllables)
            table = pathlib.Path(folder) / "sung_syllables.csv"
            table.write_text("file,singer,median_midi\nnot/there.flac,x,60\n", encoding="utf-8")
            self.assertIsNone(clips.Maker(folder, kind="solo").syllables)
            table.write_text("name\nx\n", encoding="utf-8")
            with self.assertRaisesRegex(ValueError, "no columns"):
                clips.Maker(folder, kind="solo")

    def test_many_may_write_one_manifest(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "dataset.json"
            code = (
                "import pathlib, sys; sys.path[:] = sys.argv[2:]; from neume_train import dataset\n"
                "for n in range(200): dataset.write_json(pathlib.Path(sys.argv[1]), {'n': n})"
            )
            words = [sys.executable, "-c", code, path, *sys.path]
            writers = [subprocess.Popen(words) for _ in range(2)]
            while any(writer.poll() is None for writer in writers):
                if path.exists():
                    json.loads(path.read_text(encoding="utf-8"))
            self.assertEqual([writer.returncode for writer in writers], [0, 0])
            self.assertEqual([name.name for name in path.parent.iterdir()], [path.name])

    def test_clips_of_another_set_are_not_written_over(self):
        try:
            from neume_train import listen  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("no Matplotlib")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "clip-00007.wav").write_text("x", encoding="utf-8")
            with self.assertRaisesRegex(ValueError, "another set"):
                listen.write(clips.Maker(), native.LIVE, folder, 1, 2)

    def test_a_lead_may_play_alone(self):
        library = native.load()
        parts = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            events = bands.compose(rng, library, [], 100.0, clips.SECONDS)
            notes = [event for event in events if event[1] == "noteon"]
            sounding = {event[2] for event in notes}
            times = sorted(event[0] for event in notes)
            chords = sum(b - a < 0.005 for a, b in zip(times, times[1:]))
            parts.append((len(sounding), chords))
        lone = [chords for count, chords in parts if count == 1]
        self.assertTrue(2 < len(lone) < 25, parts)
        self.assertEqual(max(lone), 0)  # A line, not chords

    def test_clips_are_sane(self):
        maker = clips.Maker()
        voiced = 0
        for index in range(12):
            clip = maker.make(5, index)
            self.assertEqual(clip.audio.shape, (clips.COUNT,))
            self.assertEqual(clip.audio.dtype, np.float32)
            self.assertTrue(np.isfinite(clip.audio).all())
            self.assertLessEqual(np.abs(clip.audio).max(), 1.0)
            ends = 0.0
            for note in clip.notes:
                self.assertGreaterEqual(note.onset, ends - 1e-9)
                self.assertGreater(note.offset, note.onset)
                self.assertTrue(44 <= round(note.midi) <= 84)
                ends = note.offset
            voiced += bool(clip.notes)
        self.assertGreater(voiced, 4)

    def test_processes_make_a_part_each(self):
        with tempfile.TemporaryDirectory() as folder:
            parts = pathlib.Path(folder)
            first = dataset.generate(parts, 5, seed=2, shard=2, rank=1, ranks=2)
            self.assertEqual(first["shards"], ["shard-00001.npz"])
            whole = dataset.generate(parts, 5, seed=2, shard=2, rank=0, ranks=2)
            self.assertEqual(whole["clips"], 5)
            self.assertEqual(sum(whole["class_frames"]), 5 * 960)
            self.assertEqual(json.loads((parts / "dataset.json").read_text()), whole)

    def test_audio_gives_the_same_features_and_labels(self):
        try:
            from neume_train import shards  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("no PyTorch")
        with tempfile.TemporaryDirectory() as folder:
            made, kept = (pathlib.Path(folder) / n for n in ("features", "audio"))
            dataset.generate(made, 4, seed=7, front_end=native.LIVE)
            manifest = dataset.generate(kept, 4, seed=7, front_end=None)
            self.assertEqual(sum(manifest["class_frames"]), 4 * 3840)
            a = shards.Clips([made])
            b = shards.Clips([kept], front_end=native.LIVE)
            self.assertEqual(a.front_end, b.front_end)
            maker = clips.Maker()
            times = maker.native.label_times(960, clips.RATE, native.LIVE, STEP)
            for number, (one, other) in enumerate(zip(a.train, b.train)):
                for context in (0, 3):
                    (x, _), (y, _) = a.batch([one], [context]), b.batch([other], [context])
                    self.assertEqual(x.shape, (1, 240, 4 * 144))
                    # What 16 bits leave of a moment that is nearly silent may be farther off
                    away = np.abs(x.numpy() - y.numpy())
                    self.assertLess(np.mean(away > 0.02), 0.001)
                    self.assertLess(away.max(), 0.1)
                labels, both = (
                    where._shards[key[0]][1][key[1]].numpy() for where, key in ((a, one), (b, other))
                )
                self.assertEqual(labels.dtype, both.dtype)
                # Edges fall on one side of a frame or the other
                notes = maker.make(7, number).notes
                onsets = np.array([n.onset for n in notes])
                edges = [[n.onset, n.onset + native.ONSET_SECONDS, n.offset] for n in notes]
                unsure = np.abs(np.ravel(edges)[:, None] - times).min(0, initial=1) < 0.001
                self.assertLess(unsure.mean(), 0.3)
                np.testing.assert_array_equal(labels[~unsure], both[~unsure])
                # Each onset is told, and by frames of the next 62.5 ms alone
                for found in (labels, both):
                    told = found >= native.ONSET
                    for onset in onsets[onsets < 29.8]:
                        near = (times > onset + 0.001) & (times < onset + 0.0615)
                        self.assertTrue(told[near].all())
                    for time in times[told]:
                        near = (onsets > time - 0.0635) & (onsets < time + 0.001)
                        self.assertTrue(near.any())

    def test_audio_tells_onsets_at_the_same_time(self):
        try:
            from neume_train import shards  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("no PyTorch")
        maker = types.SimpleNamespace(native=native.load())
        # The gaps are no consonants
        onsets = np.linspace(0.3, 29.1, 97) + np.random.default_rng(3).uniform(0, 0.1, 97)
        notes = [native.Note(t, t + 0.05, 60 + 5 * (k % 2), 0) for k, t in enumerate(onsets)]
        edges = np.ravel([[n.onset, n.onset + native.ONSET_SECONDS, n.offset] for n in notes])
        slot, sample = 1 / dataset.CLASSES_RATE, 1 / native.RATE
        with tempfile.TemporaryDirectory() as folder:
            kept = pathlib.Path(folder)
            np.savez(
                kept / "shard-00000.npz",
                audio=np.zeros((1, dataset.SAMPLES), np.int16),
                peak=np.ones(1, np.float32),
                classes=dataset.classes(maker, notes)[None],
            )
            (kept / "dataset.json").write_text(json.dumps({"front_end": None}))
            for delay in (0, 17, 32, 64, 80, 256):
                front_end = dataclasses.replace(native.LIVE, label_delay=delay)
                times = maker.native.label_times(960, clips.RATE, front_end, STEP)
                wanted = clips.labels_and_onsets(notes, times)
                data = shards.Clips([kept], front_end=front_end)
                found = data._shards[data.train[0][0]][1][0].numpy()
                self.assertGreater(np.sum(found >= native.ONSET), 180)
                apart = np.abs(edges - times[found != wanted][:, None]).min(1, initial=1)
                most = 1.01 * sample + (slot / 2 if delay % 32 else 0)
                self.assertLess(apart.max(initial=0), most, delay)
                self.assertLess(len(apart), 60 if delay % 32 else 10, delay)

    def test_who_is_stopped_leaves_no_process(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "neume_train.dataset", "--clips", "2000"]
            command += ["--shard", "2", "--jobs", "2", "--kind", "held", "--out", folder]
            path = os.pathsep.join(sys.path)
            env = os.environ | {"PYTHONPATH": path} | {"NEUME_DATA": ""}
            child = subprocess.Popen(
                command, env=env, start_new_session=True, stderr=subprocess.PIPE, text=True
            )
            try:
                self.assertIn("clips", child.stderr.readline())  # It is at work
                child.terminate()
                self.assertEqual(child.wait(timeout=60), 1)
                with self.assertRaises(ProcessLookupError):
                    for _ in range(100):  # The last of them may still be on its way out
                        os.killpg(child.pid, 0)
                        time.sleep(0.1)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                self.assertIn("stopped", child.communicate()[1])

    def test_half_finished_set_is_finished(self):
        with tempfile.TemporaryDirectory() as folder:
            whole, halted = (pathlib.Path(folder) / n for n in ("a", "b"))
            dataset.generate(whole, 5, seed=2, shard=2)
            dataset.generate(halted, 2, seed=2, shard=2)
            kept = halted / "shard-00000.npz"
            stamp = kept.stat().st_mtime_ns
            (halted / "shard-00001.npz").write_bytes(b"cut off")
            manifest = dataset.generate(halted, 5, seed=2, shard=2, jobs=2)
            self.assertEqual(kept.stat().st_mtime_ns, stamp)
            self.assertEqual(manifest["clips"], 5)
            self.assertEqual(sum(manifest["class_frames"]), 5 * 960)
            on_disk = json.loads((halted / "dataset.json").read_text())
            self.assertEqual(on_disk, manifest)
            for name in manifest["shards"]:
                with np.load(whole / name) as a, np.load(halted / name) as b:
                    self.assertEqual(a["features"].dtype, np.float16)
                    self.assertEqual(a["features"].shape[1:], (960, 144))
                    np.testing.assert_array_equal(a["features"], b["features"])
                    np.testing.assert_array_equal(a["labels"], b["labels"])
            with self.assertRaisesRegex(ValueError, "another data set"):
                dataset.generate(halted, 5, seed=3, shard=2)


if __name__ == "__main__":
    unittest.main()
