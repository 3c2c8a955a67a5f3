# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Train a network.

    python3 -m neume_train.train --data DIR --preset live --out RUN --epochs 20

RUN/checkpoint.pt is written after every epoch, every few minutes and when
asked to stop (SIGTERM, SIGINT); the same command goes on from it.  Batches,
augmentation and dropout follow from the seed, the epoch and the step alone,
so that a run that was interrupted ends with the same weights as one that was
not, on the same machine.  (With --hours the learning rate follows the clock
instead.)  RUN/log.jsonl gets a line for every epoch.

    torchrun -r 1 -t 1 --nproc_per_node 2 -m neume_train.train ...

trains in several processes, on one host or on many that share the folders (-r
and -t are for PyTorch 1.13 with Python 3.11, whose defaults for them fail).
Each takes its part of every batch, whose size stays what --batch says; a
checkpoint goes on with any number of processes.
"""

import copy
import json
import math
import os
import signal
import sys
import time

import numpy as np
import torch

from neume_train import checkpoints, figures, native, networks, systems, weights
from neume_train.checkpoints import CHECKPOINT, join, mean_state, story
from neume_train.options import parse
from neume_train.ranks import Ranks
from neume_train.shards import Clips, augment, overlay
from neume_train.sources import commit, commits

LOG = "log.jsonl"


def has_bfloat16():
    """Whether this processor multiplies bfloat16 in hardware."""
    try:
        with open("/proc/cpuinfo", encoding="ascii") as file:
            flags = file.read()
            return "amx_bf16" in flags or "avx512_bf16" in flags
    except OSError:
        return False


class Average:
    """Exponential moving average of a network's numbers."""

    def __init__(self, stack, decay):
        self.stack = copy.deepcopy(stack).eval()
        self.decay = decay
        self.updates = 0

    def update(self, stack):
        """Move towards `stack`; the first steps count more."""
        self.updates += 1
        keep = min(self.decay, self.updates / (self.updates + 10))
        with torch.no_grad():
            for mine, theirs in zip(
                self.stack.state_dict().values(), stack.state_dict().values()
            ):
                if mine.is_floating_point():
                    mine.lerp_(theirs, 1 - keep)
                else:
                    mine.copy_(theirs)


def learning_rate(done, args):
    """At the share `done` (0..1) of the training."""
    if args.schedule == "steps":
        return args.lr * 0.3 ** min(3, int(4 * done))
    if done < args.warmup:
        return args.lr * (0.05 + 0.95 * done / args.warmup)
    angle = math.pi * min(1, (done - args.warmup) / max(1 - args.warmup, 1e-9))
    return args.lr * (0.005 + 0.995 * 0.5 * (1 + math.cos(angle)))


class Trainer:
    """One run: network, optimiser, average, and how far they are."""

    def __init__(self, args):
        self.args = args
        self.ranks = Ranks()
        self.device = self.ranks.device
        front_end = native.LIVE if args.preset in networks.LIVELY else None
        if args.front_end:
            front_end = native.FrontEnd.from_json(args.front_end)
        where = self.device if args.resident else "cpu"
        self.clips = Clips(args.data, args.label_delay, args.labels, front_end, where)
        torch.manual_seed(args.seed)
        stack = self.build()
        self.lineage = []
        self.clips_agree()
        if args.start and any(path.endswith(".safetensors") for path in args.start):
            if len(args.start) > 1:
                raise ValueError("--start takes one weights file, or runs; export makes means")
            arrays, metadata = weights.read(args.start[0])
            keys = self.clips.train[:: max(1, len(self.clips.train) // 32)][:32]
            features, _ = self.clips.batch(keys, range(len(keys)))
            networks.adopt(stack, json.loads(metadata["layers"]), arrays, features.cpu())
            self.lineage = [weights.origin(args.start[0], metadata)]
        elif args.start:
            states = [checkpoints.read(run) for run in args.start]
            stack.load_state_dict(mean_state([state["average"] for state in states]))
            self.lineage = join(state["lineage"] + [story(state)] for state in states)
        self.teacher = self.find_teacher(stack)
        self.stack = stack.to(self.device, memory_format=torch.channels_last)
        self.parallel = self.ranks.parallel(self.stack)
        self.average = Average(self.stack, args.ema)
        self.settle()
        self.optimiser = torch.optim.AdamW(
            self.stack.parameters(), lr=args.lr, weight_decay=args.weight_decay
        )
        self.epoch = 0
        self.step = 0
        self.seconds = 0.0
        self.seen = 0
        self.log = []  # Reports of the epochs
        self.stop = False  # Whether this process has been told to
        self.bfloat16 = args.precision == "bfloat16" or (
            args.precision == "auto" and (self.device.type == "cuda" or has_bfloat16())
        )
        self.path = os.path.join(args.out, CHECKPOINT)
        self.log_path = os.path.join(args.out, LOG)
        self.commit = commit()
        self.weights = None
        if args.balance:
            shares_of = np.maximum(self.clips.class_shares(), 1e-4)
            balance = shares_of**-args.balance
            balance /= (balance * shares_of).sum()
            self.weights = torch.tensor(balance, dtype=torch.float32, device=self.device)

    def build(self):
        """The network that was asked for."""
        args, bands, stack = self.args, self.clips.bands, self.clips.stack
        if args.layers:
            with open(args.layers, encoding="utf-8") as file:
                layers = networks.resolve(json.load(file), bands)
            return networks.Stack(layers, bands, args.dropout, stack=stack)
        if args.preset in systems.SYSTEMS:
            return systems.SYSTEMS[args.preset](bands, args.width, args.dropout)
        return networks.Stack(
            networks.preset(args.preset, bands, args.width), bands, args.dropout, stack=stack
        )

    def find_teacher(self, stack):
        """The network whose answers `stack` learns too, or None."""
        path = self.args.teacher
        if not path:
            return None
        teacher, front_end, metadata = weights.load(path)
        heard = [systems.front_end(about) for about in (front_end, self.clips.front_end)]
        if vars(heard[0]) != vars(heard[1]):
            raise ValueError(f"--teacher {path}: has another front end than the clips")
        outputs = [network.layers[-1]["out"] for network in (teacher, stack)]
        if outputs[0] != outputs[1]:
            raise ValueError(f"--teacher {path}: has {outputs[0]} outputs, not {outputs[1]}")
        self.lineage.append(weights.origin(path, metadata))
        return teacher.to(self.device, memory_format=torch.channels_last)

    def settle(self):
        """Keep the normalisation's statistics as they are, if that was asked for."""
        if self.args.keep_norm:
            if not isinstance(self.stack, networks.Stack):
                raise ValueError(f"--keep-norm: {self.args.preset} has no such normalisation")
            self.stack.settled = self.average.stack.settled = True

    def clips_agree(self):
        """ValueError if the processes see different clips."""
        (first,) = self.ranks.agree(len(self.clips.train))
        if first != len(self.clips.train):
            raise ValueError(f"{len(self.clips.train)} clips here, {first:.0f} in the first process")

    def save(self):
        """Write the checkpoint whole or not at all."""
        if not self.ranks.first:
            return
        state = {
            "format": "neume-checkpoint-1",
            "layers": self.stack.description,
            "front_end": self.clips.front_end,
            "manifests": self.clips.manifests,
            "clips": len(self.clips.train),
            "args": vars(self.args),
            "command": self.args.command,
            "stack": self.stack.state_dict(),
            "average": self.average.stack.state_dict(),
            "updates": self.average.updates,
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "step": self.step,
            "seconds": self.seconds,
            "seen": self.seen,
            "torch": str(torch.__version__),
            "commit": self.commit,
            "lineage": self.lineage,
            "log": self.log,
        }
        part = f"{self.path}.part"
        torch.save(state, part)
        os.replace(part, self.path)

    def load(self):
        """Go on from the checkpoint."""
        state = checkpoints.read(self.path, self.device)
        # Every process reads it before the first one writes the next.
        self.ranks.total(0.0)
        if state["layers"] != self.stack.description or state["front_end"] != self.clips.front_end:
            raise ValueError(f"{self.path} holds another network or front end")
        self.stack.load_state_dict(state["stack"])
        self.average.stack.load_state_dict(state["average"])
        self.average.updates = state["updates"]
        self.optimiser.load_state_dict(state["optimiser"])
        for name in ("epoch", "step", "seconds", "seen", "lineage"):
            setattr(self, name, state[name])
        self.log = state["log"] if "log" in state else self.read_log()
        self.commit = commits(state)

    def done(self, steps):
        """Share of the training that lies behind, 0..1."""
        shares_done = []
        if self.args.epochs:
            shares_done.append((self.epoch + self.step / steps) / self.args.epochs)
        if self.args.hours:
            shares_done.append(self.seconds / (3600 * self.args.hours))
        return max(shares_done)

    def generator(self, *purpose, device="cpu"):
        """Random numbers that follow from the seed and the place in the run."""
        seed = np.random.SeedSequence((self.args.seed, *purpose)).generate_state(1, np.uint64)[0]
        return torch.Generator(device).manual_seed(int(seed >> np.uint64(1)))

    def order(self):
        """Training clips of this epoch, and one context of each time that one is heard."""
        generator = self.generator(self.epoch)
        clips = len(self.clips.train)
        count = self.args.epoch_clips or clips
        order = []
        while len(order) < count:
            order += torch.randperm(clips, generator=generator).tolist()
        return order[:count], torch.randint(0, 840, (count,), generator=generator).tolist()

    def loss(self, features, labels, mixed=None, alone=None):
        """Cross-entropy of a batch, label smoothing and mixing included; nothing is laid
        under clips that are `alone`, and others then have the labels `mixed`."""
        args = self.args
        place = (self.epoch, self.step)
        generator = self.generator(*place)
        if self.ranks.count > 1:
            place = (*place, self.ranks.rank)
        own = self.generator(*place, device=self.device)
        torch.manual_seed(own.initial_seed())
        features, labels = features.to(self.device), labels.to(self.device)
        mixed = labels if mixed is None else mixed.to(self.device)
        taught = self.answers(features)
        if args.augment:
            features, labels = self.underlay(
                features, labels, mixed, alone, self.generator(*place, 1), own
            )
            features = augment(
                features,
                self.clips.front_end,
                own,
                args.gain_db,
                args.tilt_db,
                args.mask_bands,
            )
        share = 1.0
        if args.mixup:
            share = float(np.random.default_rng(own.initial_seed()).beta(*2 * [args.mixup]))
            features = share * features + (1 - share) * features.flip(0)
        targets = [labels, labels.flip(0)]
        if taught is not None:
            targets += [taught, taught.flip(0)]
        edge = torch.rand(1, generator=generator).item() < args.edge
        if edge:
            features, *targets = self.edges(features, *targets)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            logits = self.parallel(features, history=edge).float()
        loss = 0
        for number, part in enumerate((share, 1 - share)):
            if part > 0:
                found = self.stack.loss(logits, targets[number], self.weights, args.smoothing)
                if taught is not None:
                    found = (1 - args.taught) * found
                    found = found + args.taught * networks.agreement(logits, targets[number + 2])
                loss = loss + part * found
        return loss

    def answers(self, features):
        """Posteriors of the teacher, who hears the clips as they are; None without one."""
        if self.teacher is None:
            return None
        with torch.no_grad(), torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.bfloat16
        ):
            return networks.posteriors(self.teacher(features).float())

    def underlay(self, features, labels, mixed, alone, chance, generator):
        """Some of the clips with music under them, and labelled so, but not of those
        that are `alone`: which, by `chance`, and how loud, by the device's `generator`."""
        chosen = torch.rand(len(features), generator=chance) < self.args.underlay
        if alone is not None:
            chosen &= ~alone
        chosen = chosen.nonzero().flatten().to(self.device)
        if self.clips.unders and len(chosen):
            others = self.clips.under(len(chosen), chance).to(self.device)
            features[chosen] = overlay(features[chosen], others, self.clips.front_end, generator)
            labels = labels.index_copy(0, chosen, mixed[chosen])
        return features, labels

    def edges(self, features, *labels):
        """Windows that end at many frames, each trained on its last frames, and these
        frames' labels: what a network that looks ahead must answer before the future
        has come."""
        left, right = self.stack.left, self.stack.right
        starts = range(0, features.shape[1] - left - right, right + 1)
        width = left + right + 1
        features = torch.cat([features[:, s : s + width] for s in starts])
        return features, *(torch.cat([x[:, s + left : s + width] for s in starts]) for x in labels)

    def train_step(self, keys, contexts, rate):
        """One update; returns the loss."""
        begin, seen = time.monotonic(), len(keys)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.stack.train()
        keys, contexts = self.ranks.share(keys), self.ranks.share(contexts)
        loss = self.loss(*self.clips.batch_mixed(keys, contexts), self.clips.alone(keys))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.stack.parameters(), self.args.clip)
        self.optimiser.step()
        self.average.update(self.stack)
        self.step += 1
        self.seen += seen
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"loss is {value} in epoch {self.epoch}, step {self.step}")
        self.seconds += time.monotonic() - begin
        return value

    def evaluate(self, limit=400):
        """Figures of the averaged network on held-out clips (at most `limit`)."""
        self.ranks.same(self.average.stack)
        keys = self.clips.held_out or self.clips.train[:8]
        keys = keys[:: max(1, -(-len(keys) // limit))]
        clips = len(keys)
        places = self.ranks.share(range(clips))
        keys = self.ranks.share(keys)
        total = {}
        loss = 0.0
        size = self.args.batch
        with torch.no_grad():
            for at in range(0, len(keys), size):
                part = keys[at : at + size]
                features, labels = self.clips.batch(part, places[at : at + size])
                features, labels = features.to(self.device), labels.to(self.device)
                with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
                    logits = self.average.stack(features).float()
                loss += float(self.stack.loss(logits, labels)) * len(part)
                counts = figures.measure(labels % networks.ONSET, self.stack.answer(logits))
                for name, count in counts.items():
                    total[name] = total.get(name, 0) + count
        # A process without a clip has counted nothing, but takes part in the sum.
        names = list(figures.measure(torch.zeros(1), torch.zeros(1)))
        loss, *sums = self.ranks.total(loss, *(total.get(name, 0) for name in names))
        return {"clips": clips, "loss": loss / clips, **figures.shares(dict(zip(names, sums)))}

    def go_on(self, steps):
        """Whether to take another step, and at which learning rate; the first
        process decides for all, but any of them may be told to stop."""
        (stops,) = self.ranks.total(float(self.stop))
        done, self.seconds = self.ranks.agree(self.done(steps), self.seconds)
        return not stops and done < 1, learning_rate(done, self.args)

    def run(self):
        """Train until the epochs or hours are over, or until told to stop; whether they
        are over.  All processes take the same way: `stop`, which may come to one of them
        at any time, counts in go_on() alone."""
        args = self.args
        size = min(args.batch, args.epoch_clips or len(self.clips.train))
        if size < self.ranks.count:
            raise ValueError(f"{self.ranks.count} processes share batches of {size} clips")
        self.write_log()
        saved = shown = time.monotonic()
        while True:
            order, contexts = self.order()
            steps = max(1, len(order) // size)
            if not self.go_on(steps)[0]:
                break
            mean, losses, began, seen = 0.0, 0, time.monotonic(), self.seen
            while self.step < steps:
                more, rate = self.go_on(steps)
                if not more:
                    break
                part = slice(self.step * size, (self.step + 1) * size)
                keys = [self.clips.train[i] for i in order[part]]
                loss = self.train_step(keys, contexts[part], rate)
                losses += 1
                mean += (loss - mean) / min(losses, 50)
                now = time.monotonic()
                if now - shown > (1 if sys.stderr.isatty() else 60):
                    shown = now
                    self.progress(mean, (self.seen - seen) / (now - began), steps)
                if now - saved > 60 * args.save_minutes:
                    saved = now
                    self.save()
            between = time.monotonic()  # That counts too, or else the clock runs out first
            whole = self.step >= steps
            if whole:
                self.epoch += 1
                self.step = 0
            if whole or self.done(steps) >= 1:
                self.report(mean)
                # New shards would reach the processes at different times.
                if self.ranks.count == 1 and not self.stop and self.clips.scan():
                    print(f"{len(self.clips.train)} clips from here on", flush=True)
            saved = time.monotonic()
            self.seconds += saved - between
            self.save()
            self.write_log()
        return self.done(steps) >= 1

    def close(self):
        """Leave the other processes; there is no training after it."""
        self.parallel = None
        self.ranks.close()

    def progress(self, loss, rate, steps):
        """One line on the terminal."""
        if not self.ranks.first:
            return
        done = self.done(steps)
        left = int(self.seconds * (1 / done - 1)) if done > 0 else 0
        text = (
            f"epoch {self.epoch + 1}, step {self.step}/{steps}, loss {loss:.3f}, "
            f"{rate:.1f} clips/s, {100 * done:.1f}%, {left // 3600}:{left // 60 % 60:02} left"
        )
        end = "\r" if sys.stderr.isatty() else "\n"
        print(text, end=end, file=sys.stderr, flush=True)

    def report(self, mean):
        """One line on standard output and, once it is saved, in the log; `mean` is the
        loss."""
        report = {"epoch": self.epoch, "minutes": self.seconds / 60, "seen": self.seen}
        report["train_loss"] = mean
        report.update(self.evaluate())
        self.log.append(report)
        if not self.ranks.first:
            return
        print(
            f"epoch {report['epoch']}: {report['minutes']:.1f} min, "
            f"loss {report['train_loss']:.3f}, held out {report['loss']:.3f}, "
            f"accuracy {report['accuracy']:.3f}, voiced {report['voiced']:.3f}, "
            f"nonvoiced {report['nonvoiced']:.3f}, within a semitone "
            f"{report['within_semitone']:.3f}",
            flush=True,
        )

    def write_log(self):
        """Write the log whole, with what the checkpoint knows of and no more."""
        if not self.ranks.first:
            return
        part = f"{self.log_path}.part"
        with open(part, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(report) + "\n" for report in self.log)
        os.replace(part, self.log_path)

    def read_log(self):
        """The log beside a checkpoint of before, which did not hold it."""
        if not os.path.exists(self.log_path):
            return []
        with open(self.log_path, encoding="utf-8") as file:
            reports = [json.loads(line) for line in file]
        return [report for report in reports if report["epoch"] <= self.epoch]


def main(argv=None):
    """The command."""
    args = parse(sys.argv[1:] if argv is None else argv)
    try:
        return train(args)
    except (native.NativeError, OSError, ValueError, FloatingPointError) as error:
        print(f"train: {error}", file=sys.stderr)
        return 1


def train(args):
    """Train as `args` say; the exit status."""
    if args.threads:
        torch.set_num_threads(args.threads)
    os.makedirs(args.out, exist_ok=True)
    trainer = Trainer(args)
    say = print if trainer.ranks.first else lambda *_, **__: None
    if os.path.exists(trainer.path) and not args.fresh:
        trainer.load()
        say(f"going on from epoch {trainer.epoch}, step {trainer.step}")
    say(
        f"{len(trainer.clips.train)} clips, {len(trainer.clips.held_out)} held out; "
        f"{trainer.stack.parameter_count()} parameters, {trainer.stack.macs / 1e6:.2f} M "
        f"multiply-adds per frame, left {trainer.stack.left}, right {trainer.stack.right}; "
        f"{trainer.ranks.count} x {trainer.device.type}, "
        f"{'bfloat16' if trainer.bfloat16 else 'float32'}",
        flush=True,
    )

    def ask_to_stop(*_):
        trainer.stop = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    finished = trainer.run()
    say("finished" if finished else "stopped; the same command goes on from here")
    trainer.close()
    return 0 if finished else 3


if __name__ == "__main__":
    sys.exit(main())
