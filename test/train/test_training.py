#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Training, its checkpoints and what comes of them.

Needs NumPy and PyTorch; no recordings, no C code.
"""

import contextlib
import io
import json
import os
import pathlib
import shutil
import sys
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "train"))
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Sums must come out the same twice

try:
    import numpy as np
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# pylint: disable=wrong-import-position
from neume_train import (  # noqa: E402
    export,
    networks,
    shards,
    sources,
    tensors,
    train,
    weights,
)
from runs import BANDS, TINY, Runs  # noqa: E402

torch.set_num_threads(1)


class Training(Runs):
    """Training, and what comes of it."""

    def test_loss_falls(self):
        trainer = self.trainer("falls", "--mask-bands", "0", epochs=12)
        self.assertTrue(self.run_it(trainer))
        log = self.log("falls")
        self.assertEqual([entry["epoch"] for entry in log], list(range(1, 13)))
        self.assertLess(log[-1]["train_loss"], 0.5 * log[0]["train_loss"])
        self.assertLess(log[-1]["loss"], 0.5 * log[0]["loss"])
        self.assertGreater(log[-1]["accuracy"], 0.8)
        trainer.clips.held_out = trainer.clips.train[:4]
        features, labels = trainer.clips.batch(trainer.clips.held_out, range(4))
        with torch.no_grad():
            logits = trainer.average.stack(features).transpose(1, 2)
        loss = float(torch.nn.functional.cross_entropy(logits, labels))
        self.assertAlmostEqual(trainer.evaluate()["loss"], loss, 4)

    def test_start_from_another_run(self):
        first = self.trainer("first", epochs=3)
        self.assertTrue(self.run_it(first))
        second = self.trainer("second", "--start", str(self.root / "first"), epochs=1)
        for mine, theirs in zip(
            second.stack.state_dict().values(), first.average.stack.state_dict().values()
        ):
            self.assertTrue(torch.equal(mine, theirs))
        self.assertTrue(self.run_it(second))
        stack, state = export.load_checkpoint(str(self.root / "second"))
        details = export.provenance(stack, [state], "")
        self.assertEqual(details["epochs"], 1)
        self.assertEqual([run["epochs"] for run in details["after"]], [3])
        self.assertIn("--start first", details["command"])

    def test_start_from_a_weights_file(self):
        first = self.trainer("first", epochs=1)
        self.assertTrue(self.run_it(first))
        path = self.weights_of("first")
        stack, _ = export.load_checkpoint(str(self.root / "first"))
        second = self.trainer("second", "--start", path, epochs=1)
        features, _ = first.clips.batch(first.clips.train[:4], range(4))
        with torch.no_grad():
            one, other = stack(features), second.stack.eval()(features)
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)
        (origin,) = second.lineage
        self.assertEqual((origin["weights"], origin["seed"]), ("first", 1))
        self.assertEqual(len(origin["sha256"]), 64)

    def test_a_teacher_is_learned_beside_the_labels(self):
        first = self.trainer("teacher", "--mask-bands", "0", epochs=12)
        self.assertTrue(self.run_it(first))
        features, labels = first.clips.batch(first.clips.train, range(len(first.clips.train)))
        for number in range(2):  # From here on labels say that nobody sings
            path = self.data / f"shard-{number:05}.npz"
            with np.load(path) as clips:
                np.savez(path, features=clips["features"], labels=np.zeros_like(clips["labels"]))
        right = {}
        for share in ("0", "1"):
            words = ("--mask-bands", "0", "--teacher", self.weights_of("teacher"))
            trainer = self.trainer(f"taught-{share}", *words, "--taught", share, epochs=12)
            self.assertTrue(self.run_it(trainer))
            with torch.no_grad():
                found = trainer.average.stack(features).argmax(-1)
            right[share] = float((found == labels).float().mean())
        self.assertLess(right["0"], 0.35)
        self.assertGreater(right["1"], 0.75)
        (origin,) = trainer.lineage
        self.assertEqual(origin["weights"], "teacher")

    def test_a_teacher_has_a_share(self):
        for share in ("-0.1", "1.1", "nan"):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
                self.trainer("taught", "--taught", share)
            self.assertIn("--taught: must be from 0 to 1", said.getvalue())

    def test_a_teacher_hears_what_augmentation_hides(self):
        self.assertTrue(self.run_it(self.trainer("teacher", epochs=1)))
        trainer = self.trainer("taught", "--teacher", self.weights_of("teacher"))
        keys = trainer.clips.train[:4]
        features, labels = trainer.clips.batch(keys, range(4))
        with torch.no_grad():
            wanted = networks.posteriors(trainer.teacher(features))
        with mock.patch.object(networks, "agreement", wraps=networks.agreement) as agreement:
            trainer.loss(features.clone(), labels)
        torch.testing.assert_close(agreement.call_args[0][1], wanted)
        # At edges too, each frame has its own posteriors
        trainer.args.edge = 1.0
        with mock.patch.object(networks, "agreement", wraps=networks.agreement) as agreement:
            trainer.loss(features.clone(), labels)
        right = trainer.stack.right
        _, edges = trainer.edges(features, wanted)
        self.assertEqual(edges.shape[1:], (right + 1, networks.CLASSES))
        torch.testing.assert_close(agreement.call_args[0][1], edges)

    def test_agreement_is_least_with_the_teacher_itself(self):
        torch.manual_seed(1)
        logits = torch.randn(3, 7, networks.CLASSES + 1, requires_grad=True)
        networks.agreement(logits, networks.posteriors(logits.detach())).backward()
        self.assertLess(float(logits.grad.abs().max()), 1e-6)

    def test_a_teacher_that_hears_or_says_other_things_is_refused(self):
        self.assertTrue(self.run_it(self.trainer("teacher", epochs=1)))
        path = self.weights_of("teacher")
        layers = [dict(layer) for layer in TINY]
        layers[-1]["out"] = networks.CLASSES + 1
        (self.root / "layers.json").write_text(json.dumps(layers), encoding="utf-8")
        with self.assertRaisesRegex(ValueError, "has 40 outputs, not 41"):
            self.trainer("more", "--teacher", path)
        arrays, metadata = weights.read(path)
        front_end = {**json.loads(metadata["front_end"]), "label_delay": 128}
        tensors.write(path, arrays, {**metadata, "front_end": json.dumps(front_end)})
        with self.assertRaisesRegex(ValueError, "another front end"):
            self.trainer("other", "--teacher", path)

    def test_no_mean_is_made_of_weights_files(self):
        for others in (["x.safetensors"], [str(self.root / "x")]):
            words = [word for path in ("a.safetensors", *others) for word in ("--start", path)]
            with self.assertRaisesRegex(ValueError, "one weights file"):
                self.trainer("means", *words)

    def test_start_from_the_mean_of_runs(self):
        runs = []
        for seed in ("1", "2"):
            runs.append(self.trainer(f"run{seed}", "--seed", seed, epochs=1))
            self.assertTrue(self.run_it(runs[-1]))
        starts = [word for run in runs for word in ("--start", run.args.out)]
        mean = self.trainer("mean", *starts, epochs=1)
        one, two = (run.average.stack.state_dict() for run in runs)
        for name, value in mean.stack.state_dict().items():
            if value.is_floating_point():
                torch.testing.assert_close(value, (one[name] + two[name]) / 2)
        self.assertEqual([run["seed"] for run in mean.lineage], [1, 2])

    def test_a_batch_is_columns_of_its_clips(self):
        clips = shards.Clips([self.data])
        keys, contexts = [clips.train[i] for i in (3, 11, 3)], (0, 2, 7)
        for clips.stack in (1, 2, 4):
            features, labels = clips.batch(keys, contexts)
            for index, ((path, clip), context) in enumerate(zip(keys, contexts)):
                frames, truth = (values[clip].numpy() for values in clips._shards[path][:2])
                columns = networks.columns(frames, context % 4, 4, clips.stack)
                np.testing.assert_array_equal(features[index], columns.astype(np.float32))
                np.testing.assert_array_equal(labels[index], truth[context % 4 :: 4])

    def test_a_stack_that_the_frames_do_not_serve_is_refused(self):
        clips = shards.Clips([self.data])
        for clips.stack in (3, 8):
            with self.assertRaisesRegex(ValueError, f"stack of {clips.stack}: .* be 1, 2, 4$"):
                clips.batch(clips.train[:1], [0])
        path = self.data / "dataset.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        for front_end in ({**manifest["front_end"], "stack": 8}, None):
            path.write_text(json.dumps({**manifest, "front_end": front_end}), encoding="utf-8")
            with mock.patch.object(shards.native, "load"):
                with self.assertRaisesRegex(ValueError, "a stack of 8"):
                    shards.Clips([self.data], front_end=shards.native.FrontEnd(stack=8))

    def test_an_epoch_may_be_shorter_or_longer_than_the_clips(self):
        trainer = self.trainer("short", "--epoch-clips", "7", epochs=3)
        self.assertEqual(len(set(trainer.order()[0])), 7)
        self.assertTrue(self.run_it(trainer))
        self.assertEqual((trainer.epoch, trainer.seen), (3, 3 * 4))  # A batch of 4 each
        count = len(trainer.clips.train)
        trainer.args.epoch_clips = 2 * count + 1
        order, contexts = trainer.order()
        self.assertEqual(sorted(order[: 2 * count]), sorted(2 * list(range(count))))
        self.assertEqual((len(order), len(contexts)), (2 * count + 1, 2 * count + 1))

    def test_the_label_point_moves_by_whole_frames(self):
        def batch(*words):
            return self.trainer("moved", *words).clips.batch([(path, 0)], [0])

        clips = shards.Clips([self.data])
        path = clips.train[0][0]
        labels = clips._shards[path][1][0]
        delay = clips.front_end["label_delay"]
        features, there = batch()
        same, later = batch("--label-delay", str(delay - 256))
        self.assertTrue(torch.equal(features, same))
        np.testing.assert_array_equal(there[0], labels[0::4])
        np.testing.assert_array_equal(later[0], np.append(labels[2::4], labels[-1])[:240])
        moved = shards.Clips([self.data], delay - 256)
        self.assertEqual(moved.front_end["label_delay"], delay - 256)
        with self.assertRaisesRegex(ValueError, "whole step"):
            shards.Clips([self.data], delay - 100)

    def test_onsets_in_the_labels_move_along(self):
        on = shards.ONSET
        path = self.data / "shard-00001.npz"
        with np.load(path) as shard:
            features = shard["features"]
        labels = np.zeros((len(features), 960), np.uint8)
        labels[0, :8] = [on + 5, 5, 0, 0, on + 5, 5, 0, on + 7]
        labels[1, :6] = [on + 5, 5, 0, on + 7, 7, 0]
        np.savez(path, features=features, labels=labels)
        clips = shards.Clips([self.data])
        delay = clips.front_end["label_delay"]
        found = clips._shards[str(path)][1]
        wanted = labels[:2, :8].tolist()
        self.assertEqual(found[:2, :8].tolist(), wanted)
        self.assertEqual(found.dtype, torch.uint8)
        later = shards.Clips([self.data], delay - 256)._shards[str(path)][1]
        self.assertEqual(later[:2, :6].tolist(), [row[2:] for row in wanted])
        self.assertTrue(all(key[0] == str(path) for key in clips.unders))
        self.assertEqual(len(clips.unders), 7)
        self.assertEqual(clips.class_shares().shape, (40,))

    @staticmethod
    def heard(trainer, features, labels, mixed=None, alone=None):
        """What the network of `trainer` hears of a batch: the features, the labels
        that it is to answer, those of the clips mixed in (None: nothing is), the
        share of the first, and whether the start of the features is but history."""
        inputs, targets = [], []

        def network(x, history):
            inputs.extend((x, history))
            return x

        def loss(_, target, *__):
            targets.append(target)
            return torch.tensor(float(len(targets) == 1))  # Only the first one's share counts

        with mock.patch.object(trainer, "parallel", network):
            with mock.patch.object(trainer.stack, "loss", loss):
                share = float(trainer.loss(features, labels, mixed, alone))
        return inputs[0], *[*targets, None][:2], share, inputs[1]

    def test_labels_stay_with_their_frames(self):
        labels = torch.randint(0, 40, (4, 240), generator=torch.Generator().manual_seed(5))
        features = labels[..., None].repeat(1, 1, BANDS).float()
        for edge in (False, True):
            for mixup in ("0", "0.5"):
                words = ("--no-augment", "--edge", str(int(edge)), "--mixup", mixup)
                trainer = self.trainer("frames", *words)
                x, own, mixed_in, share, history = self.heard(trainer, features, labels)
                if mixup == "0":
                    self.assertEqual((share, mixed_in), (1, None))
                    mixed_in = own
                else:
                    self.assertTrue(0.001 < share < 0.999, share)
                wanted = share * own + (1 - share) * mixed_in
                left, right = trainer.stack.left, trainer.stack.right
                answers = x[:, left:] if history else x
                with self.subTest(edge=edge, mixup=mixup):
                    torch.testing.assert_close(answers, wanted[..., None].expand(answers.shape))
                    self.assertEqual(history, edge)
                    if edge:
                        self.assertEqual(own.shape[1], right + 1)
                        self.assertGreater(own.numel(), 4 * (240 - left - 2 * right - 1))

    def test_interrupted_run_equals_one_that_was_not(self):
        options = ("--mixup", "0.2", "--edge", "0.3", "--balance", "0.3")
        whole = self.trainer("whole", *options)
        self.assertTrue(self.run_it(whole))

        part = self.trainer("part", *options)
        step = part.train_step

        def stop_soon(*arguments):
            part.stop = part.epoch == 1 and part.step == 1
            return step(*arguments)

        with mock.patch.object(part, "train_step", stop_soon):
            self.assertFalse(self.run_it(part))
        self.assertEqual((part.epoch, part.step), (1, 2))
        torch.manual_seed(99)  # Another process's state
        rest = self.trainer("part", *options)
        rest.load()
        self.assertTrue(self.run_it(rest))

        states = [torch.load(self.root / name / train.CHECKPOINT) for name in ("whole", "part")]
        for name in ("stack", "average"):
            for key, value in states[0][name].items():
                self.assertTrue(torch.equal(value, states[1][name][key]), f"{name}: {key}")
        self.assertEqual(states[0]["seen"], states[1]["seen"])

    def test_a_checkpoint_of_another_network_is_refused(self):
        trainer = self.trainer("first")
        trainer.save()
        layers = [dict(layer) for layer in TINY]
        layers[0]["slope"] = 0.2
        (self.root / "layers.json").write_text(json.dumps(layers), encoding="utf-8")
        with self.assertRaisesRegex(ValueError, "another network"):
            self.trainer("first").load()

    def test_export(self):
        trainer = self.trainer("run", epochs=1)
        self.run_it(trainer)
        path = self.root / "out.safetensors"
        words = ["export", "--run", str(self.root / "run"), "--out", str(path), "--name", "tiny"]
        words += ["--doubt", "12.5", "7", "--onset", "20"]
        with mock.patch.object(sys, "argv", words), contextlib.redirect_stdout(io.StringIO()):
            export.main()
        stack, front_end, metadata = weights.load(path)
        self.assertEqual(front_end["bands"], BANDS)
        self.assertEqual(json.loads(metadata["doubt"]), {"ms": 12.5, "ahead_ms": 7, "onset_ms": 20})
        self.assertEqual((front_end["rate"], front_end["step"]), (4096, 512))
        provenance = json.loads(metadata["provenance"])
        self.assertNotIn(str(self.root), metadata["provenance"])
        self.assertEqual((provenance["seed"], provenance["clips"]), (1, 18))
        x = torch.rand(50, BANDS)
        with torch.no_grad():
            wanted = trainer.average.stack(x[None])[0]
        self.assertLess((stack(x[None])[0].detach() - wanted).abs().max(), 1e-4)

    def test_export_of_a_mean(self):
        for name, seed in (("a", "1"), ("b", "2")):
            self.run_it(self.trainer(name, "--seed", seed, epochs=1))
        path = self.root / "mean.safetensors"
        words = ["export", "--out", str(path), "--name", "tiny"]
        words += ["--run", str(self.root / "a"), "--run", str(self.root / "b")]
        with mock.patch.object(sys, "argv", words), contextlib.redirect_stdout(io.StringIO()):
            export.main()
        metadata = weights.load(path)[2]
        self.assertNotIn("doubt", metadata)
        details = json.loads(metadata["provenance"])
        self.assertEqual([story["seed"] for story in details["mean_of"]], [1, 2])
        self.assertIn("--run a --run b", details["command"])
        self.assertTrue({"seed", "data", "commit"} <= set(details))  # The loader asks
        pair = [export.load_checkpoint(str(self.root / name)) for name in "ab"]
        mean = export.mean_of(pair)
        for name, value in mean.state_dict().items():
            if value.is_floating_point():
                both = [part.state_dict()[name] for part, _ in pair]
                self.assertLess((value - (both[0] + both[1]) / 2).abs().max(), 1e-6)
        pair[1][1]["layers"][0]["slope"] = 0.3
        with self.assertRaisesRegex(ValueError, "differ"):
            export.mean_of(pair)

    def test_a_story_names_no_places(self):
        self.assertEqual(
            sources.without_paths("x --data=/home/me/clips --out '/my runs/a' --start ../b/ --lr 1"),
            "x --data=clips --out a --start b --lr 1",
        )

    def test_a_history_tells_each_run_once(self):
        x = {"command": "x", "data": [{"seed": 1, "frames": 9}]}
        a, b = ({"command": name, "after": [x]} for name in "ab")
        told = export.history([{"command": "m", "mean_of": [a, b]}, b])
        self.assertEqual([run["command"] for run in told], list("xabm"))
        self.assertEqual(told[0], {"command": "x", "data": [{"seed": 1}]})
        self.assertEqual(told[3], {"command": "m"})

    def test_new_shards_leave_the_held_out_clips_where_they_are(self):
        clips = shards.Clips([self.data])
        self.assertEqual((len(clips.train), len(clips.held_out)), (18, 2))
        before = set(clips.held_out)
        self.shard(2)
        self.assertEqual(clips.scan(), 1)
        self.assertEqual(clips.manifests[0]["shards"], 3)
        self.assertEqual((len(clips.train), len(clips.held_out)), (27, 3))
        self.assertTrue(before <= set(clips.held_out))
        self.assertFalse(set(clips.train) & set(clips.held_out))

    def test_who_does_not_sing_is_laid_under_the_rest(self):
        labels = np.ones((40, 960), np.uint8)
        labels[3::4] = 0
        # A band of their own tells sung clips, unsung ones, and those that are held out
        band = np.where(labels[:, 0], 0, 8)
        band[38:] = 16
        level = np.linspace(0.3, 0.7, 40)[:, None] * (np.arange(BANDS) == band[:, None])
        features = level[:, None].repeat(960, 1).astype(np.float16)
        for number in range(2):
            path = self.data / f"shard-{number:05}.npz"
            np.savez(path, features=features, labels=labels)
        words = ("--gain-db", "0", "--tilt-db", "0", "--mask-bands", "0", "--underlay", "0.3")
        trainer = self.trainer("underlay", *words)
        keys = [key for key in trainer.clips.train if key not in trainer.clips.unders]
        self.assertEqual((len(keys), len(trainer.clips.unders)), (58, 18))
        keys = 4 * keys
        before, labels = trainer.clips.batch(keys, [0] * len(keys))
        x, own, *_ = self.heard(trainer, before.clone(), labels)
        self.assertTrue(torch.equal(own, labels))
        torch.testing.assert_close(x[..., :8], before[..., :8], atol=1e-5, rtol=1e-5)
        self.assertEqual(float(x[..., 9:].abs().max()), 0)
        under = x[:, :, 8] > 0
        self.assertTrue(bool((under == under[:, :1]).all()))
        self.assertLess(abs(float(under[:, 0].float().mean()) - 0.3), 0.1)
        alone = torch.arange(len(keys)) % 2 == 0
        x, own, *_ = self.heard(trainer, before.clone(), labels, labels + 1, alone)
        also = x[:, :, 8] > 0
        self.assertTrue(torch.equal(also[~alone], under[~alone]))
        self.assertFalse(bool(also[alone].any()))
        # What has music under it is labelled so
        self.assertTrue(torch.equal(own, labels + also.long()))

    def test_only_music_is_laid_under_where_that_is_told(self):
        with np.load(self.data / "shard-00001.npz") as shard:
            features, labels = shard["features"], shard["labels"]
        labels[4:] = 0
        music = np.arange(len(labels)) == 5
        mixed = np.where(labels > 0, labels, 3).astype(np.uint8)
        path = str(self.data / "shard-00001.npz")
        np.savez(path, features=features, labels=labels, music=music, mixed=mixed)
        clips = shards.Clips([self.data])
        self.assertEqual([key for key in clips.unders if key[0] == path], [(path, 5)])
        keys = [(path, k) for k in range(len(labels))]
        _, told, under = clips.batch_mixed(keys, [0] * len(keys))
        np.testing.assert_array_equal(told, labels[:, ::4])
        np.testing.assert_array_equal(under, mixed[:, ::4])
        del clips.unders[:-1]
        x = clips.under(3, torch.Generator().manual_seed(1))
        self.assertEqual(x.shape[0], 3)

    def test_music_lies_under_at_many_levels(self):
        trainer = self.trainer("levels", "--underlay", "1")
        keys = 4 * trainer.clips.train
        trainer.clips.unders = keys[:1]
        before, labels = trainer.clips.batch(keys, [0] * len(keys))
        with mock.patch.object(train, "augment", lambda features, *_: features):
            x, *_ = self.heard(trainer, before.clone(), labels)
        power, both = (torch.expm1(y / trainer.clips.front_end["scale"]).mean((1, 2))
                       for y in (before, x))
        level = 10 * torch.log10((both - power) / power)
        self.assertTrue(-20.1 < level.min() < -17 and -3 < level.max() < 0.1)

    def test_gradients_are_clipped(self):
        norms = {}
        for most in ("1e9", "0.01"):
            trainer = self.trainer("clipped", "--clip", most, epochs=1)
            take, found = trainer.optimiser.step, norms.setdefault(most, [])

            def step(trainer=trainer, take=take, found=found):
                grads = [p.grad.flatten() for p in trainer.stack.parameters()]
                found.append(float(torch.cat(grads).norm()))
                take()

            with mock.patch.object(trainer.optimiser, "step", step):
                self.assertTrue(self.run_it(trainer))
        self.assertGreater(min(norms["1e9"]), 0.02)
        np.testing.assert_allclose(norms["0.01"], 0.01, rtol=1e-3)

    def test_balanced_classes_weigh_one_in_the_mean(self):
        trainer = self.trainer("balance", "--balance", "0.5")
        shares = np.maximum(trainer.clips.class_shares(), 1e-4)
        found = trainer.weights.numpy()
        self.assertAlmostEqual(float((found * shares).sum()), 1, 5)
        np.testing.assert_allclose(found / found[0], (shares[0] / shares) ** 0.5, rtol=1e-5)

    def test_normalisation_may_keep_its_statistics(self):
        for words, moves in ((), True), (("--keep-norm",), False):
            trainer = self.trainer("norm", *words)
            before = {k: v.clone() for k, v in trainer.stack.state_dict().items()}
            self.assertTrue(self.run_it(trainer))
            for key, value in trainer.stack.state_dict().items():
                still = not moves and key.rsplit(".", 1)[1].startswith(("running", "num_batches"))
                self.assertEqual(torch.equal(value, before[key]), still, key)
            shutil.rmtree(self.root / "norm")

    def test_hours_count_what_is_between_epochs(self):
        trainer = self.trainer("hours", "--hours", str(60 / 3600), epochs=9)
        now = [0.0]  # A clock that goes only while a report is made
        evaluate = trainer.evaluate

        def slowly():
            now[0] += 40
            return evaluate()

        with mock.patch.object(train.time, "monotonic", lambda: now[0]):
            with mock.patch.object(trainer, "evaluate", slowly):
                self.assertTrue(self.run_it(trainer))
        self.assertEqual((trainer.epoch, trainer.seconds), (2, 80))

    def test_the_learning_rate_follows_its_schedule(self):
        def rates(*words):
            used = []
            trainer = self.trainer("rates", "--warmup", "0.25", *words, epochs=4)
            step = trainer.train_step

            def watched(*arguments):
                loss = step(*arguments)
                used.extend(group["lr"] for group in trainer.optimiser.param_groups)
                return loss

            with mock.patch.object(trainer, "train_step", watched):
                self.assertTrue(self.run_it(trainer))
            shutil.rmtree(self.root / "rates")
            return np.array(used) / trainer.args.lr

        found = rates("--schedule", "steps")
        np.testing.assert_allclose(found, np.repeat([1, 0.3, 0.09, 0.027], 4))
        found = rates()
        np.testing.assert_allclose(found[:5], [0.05, 0.2875, 0.525, 0.7625, 1])
        self.assertTrue((np.diff(found[4:]) < 0).all())
        np.testing.assert_allclose(found[10], 0.005 + 0.995 / 2)
        self.assertLess(found[-1], 0.03)


if __name__ == "__main__":
    unittest.main()
