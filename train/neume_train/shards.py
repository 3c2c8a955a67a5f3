# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Training clips in memory, and what is done to them on the way to the network.

A folder of clips holds dataset.json (its manifest) and shard-*.npz files with
`features` float16 [clips, frames, bands] and `labels` uint8 [clips, frames], classes,
plus ONSET where a note has just begun; frame i belongs to context i mod P, P being
frames / 240.  Or the shards hold audio and the classes over it, from which features
and labels are made here: the same as if the clips had been kept as features, but for
edges within a sample of a label point, and where the label delay is not a whole number of
the classes' slots of 1 / 128 s, within half a slot.
"""

import dataclasses
import glob
import json
import os
import sys
import zipfile
from concurrent import futures

import numpy as np
import torch

from neume_train import native, networks
from neume_train.native import CONTEXT, ONSET

HELD_OUT = 0.05
CLIP_SECONDS = CONTEXT * native.STEP / native.RATE
STEP = native.STEP // 4  # Samples between two frames that are made from audio


def moved(labels, frames):
    """`labels` [clips, frames] as they are `frames` frames later; the last go on."""
    at = np.clip(np.arange(labels.shape[1]) + frames, 0, labels.shape[1] - 1)
    return labels[:, at]


def mixed(shard, name):
    """The array of a shard with its labels were music under the voice; the one called
    `name`, where shards of before have none or other labels are asked for."""
    return "mixed" if "mixed" in shard and name in ("labels", "classes") else name


class Clips:
    """All clips of some folders; the last 5% of every shard are held out.

    Shards that appear later are found by scan(), and what was held out stays
    so.  `label_delay`, samples at the analysis rate, moves the labels' point of the
    window by whole frames from where the clips were made for; `labels` names the
    array of a shard that they are in.  Clips kept as audio are heard
    through `front_end` (native.FrontEnd), with any label delay; others have theirs.
    All are held in the memory of `device`.
    """

    def __init__(self, folders, label_delay=None, labels="labels", front_end=None, device="cpu"):
        self.folders = list(folders)
        self.device = torch.device(device)
        self.manifests = self._read_manifests()
        self._labels = labels
        self._later = 0
        self._native = None
        if self.manifests[0]["front_end"] is None:
            self._native = native.load()
            front_end = front_end or native.FrontEnd()
            if label_delay is not None:
                front_end = dataclasses.replace(front_end, label_delay=label_delay)
            self.front_end = dataclasses.asdict(front_end)
        else:
            self.front_end = dict(self.manifests[0]["front_end"])
        if label_delay is not None and not self._native:
            step = self.manifests[0]["step"]
            self._later, rest = divmod(self.front_end["label_delay"] - label_delay, step)
            if rest or label_delay < 0:
                raise ValueError(f"a label delay of {label_delay} is no whole step away")
            self.front_end["label_delay"] = label_delay
        self.bands = self.front_end["bands"]
        self.stack = self.front_end.get("stack", 1)
        networks.apart(native.STEP // self.manifests[0].get("step", STEP), self.stack)
        self._shards = {}
        self._alone = set()  # (path, clip) under which nothing may be laid
        self._music = {}  # Of a path, which clips may be laid under others
        self.train, self.held_out = [], []
        self.scan()
        if not self.train:
            raise ValueError(f"no clips in {', '.join(self.folders)}")

    def _read_manifests(self):
        manifests = []
        for folder in self.folders:
            with open(os.path.join(folder, "dataset.json"), encoding="utf-8") as file:
                manifests.append(json.load(file))
            if manifests[-1]["front_end"] != manifests[0]["front_end"]:
                raise ValueError(f"{folder}: its front end differs from {self.folders[0]}'s")
        return manifests

    def scan(self):
        """Load shards that are new; returns how many there were."""
        self.manifests = self._read_manifests()  # They list the shards too
        paths = [
            path
            for folder in self.folders
            for path in sorted(glob.glob(os.path.join(folder, "shard-*.npz")))
            if path not in self._shards
        ]
        threads = os.cpu_count() if self._native else 1
        with futures.ThreadPoolExecutor(threads) as pool:
            new = sum(pool.map(self._load, paths))
        self.train, self.held_out, self.unders = [], [], []
        for path in sorted(self._shards):
            labels = self._shards[path][1]
            count = len(labels)
            kept = count - max(1, round(HELD_OUT * count)) if count > 1 else count
            self.train += [(path, clip) for clip in range(kept)]
            self.held_out += [(path, clip) for clip in range(kept, count)]
            under = self._music[path]
            if under is None:  # Shards of before told nothing of who does not sing
                under = ~(labels > 0).any(1).cpu().numpy()
            self.unders += [(path, clip) for clip in range(kept) if under[clip]]
        return new

    def _from_audio(self, shard):
        """Features and labels of a shard's clips, and those with music under them."""
        front_end = native.FrontEnd(**self.front_end)
        audio, peak = shard["audio"], shard["peak"]
        name = "classes" if self._labels == "labels" else self._labels
        features = [
            self._native.logmel(one * np.float32(top / 32767), front_end, STEP).astype(np.float16)
            for one, top in zip(audio, peak)
        ]
        frames = audio.shape[1] // STEP
        point = (np.arange(frames) + 1) * STEP - front_end.label_delay
        names = (name, mixed(shard, name))
        labels = (self._at_points(shard[which], point, audio.shape[1]) for which in names)
        return np.stack(features), *labels

    @staticmethod
    def _at_points(told, point, samples):
        """Labels at each `point` of a sound of so many `samples`, from what its slots tell."""
        classes, onsets = told % ONSET, told >= ONSET
        onsets = np.cumsum(np.pad(onsets, ((0, 0), (1, 0))), 1)  # Before each slot's begin
        slots = classes.shape[1]
        # Where in its slot an onset lies is not kept.  The begin of a slot that is nearest
        # to the point has all onsets of the slots before behind it, and no other: for label
        # delays of whole slots that is exact, for others at most half a slot early or late
        at = (2 * point * slots // samples + 1) // 2
        before = np.maximum(at - int(native.ONSET_SECONDS * slots / CLIP_SECONDS), 0)
        at = np.maximum(at, 0)
        begun = onsets[:, at] > onsets[:, before]
        return (classes[:, np.minimum(at, slots - 1)] + ONSET * begun).astype(np.uint8)

    def _load(self, path):
        try:
            with np.load(path) as shard:
                if "alone" in shard:
                    self._alone.update((path, int(k)) for k in np.flatnonzero(shard["alone"]))
                self._music[path] = shard["music"] if "music" in shard else None
                if self._native:
                    self._keep(path, *self._from_audio(shard))
                    return True
                names = (self._labels, mixed(shard, self._labels))
                features, labels, under = shard["features"], *(shard[name] for name in names)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            print(f"{path}: left out: {error}", file=sys.stderr)
            return False
        if features.shape[:2] != labels.shape or features.shape[2] != self.bands:
            raise ValueError(f"{path}: {features.shape} features, {labels.shape} labels")
        self._keep(path, features, *(moved(x, self._later) for x in (labels, under)))
        return True

    def _keep(self, path, features, *labels):
        here = [torch.from_numpy(np.ascontiguousarray(values)) for values in (features, *labels)]
        self._shards[path] = tuple(values.to(self.device) for values in here)

    def batch(self, keys, contexts):
        """One of the contexts of each clip, on the clips' device: features [batch, 240,
        stack * bands] float32, as networks.columns() puts frames together, and labels
        [batch, 240] int64."""
        return self.batch_mixed(keys, contexts)[:2]

    def batch_mixed(self, keys, contexts):
        """batch(), and the labels of the same with music under it."""
        device = self.device
        frames, labels, under = (
            torch.stack([self._shards[path][which][clip] for path, clip in keys])
            for which in (0, 1, 2)
        )
        step = labels.shape[1] // CONTEXT
        first = torch.tensor([[which % step] for which in contexts], device=device)
        ends = first + step * torch.arange(CONTEXT, device=device)
        apart = networks.apart(step, self.stack)
        at = ends[..., None] - apart * torch.arange(self.stack, device=device)
        clip = torch.arange(len(keys), device=device)[:, None, None]
        features = frames[clip, at.clamp(min=0)].float() * (at >= 0)[..., None]
        return features.flatten(2), *(x.gather(1, ends).long() for x in (labels, under))

    def under(self, count, chance):
        """Features of `count` clips that may be laid under others, drawn by `chance`."""
        which = torch.randint(0, len(self.unders), (count,), generator=chance)
        contexts = torch.randint(0, 840, (count,), generator=chance).tolist()
        return self.batch([self.unders[i] for i in which], contexts)[0]

    def alone(self, keys):
        """bool [clips]: whether each clip is one under which nothing may be laid."""
        return torch.tensor([key in self._alone for key in keys], dtype=torch.bool)

    def class_shares(self):
        """Share of every class in all labels."""
        count = np.zeros(40, dtype=np.int64)
        for _, labels, _ in self._shards.values():
            count += np.bincount(labels.cpu().numpy().ravel() % ONSET, minlength=40)
        return count / count.sum()


def overlay(features, others, front_end, generator, low_db=-20.0, high_db=0.0):
    """`features` with the sound of `others` added to each clip, at a mean power from
    low_db to high_db relative to its own.  (Powers add, as they do on average.)"""
    scale = front_end["scale"]
    power, other = (torch.expm1(x / scale) for x in (features, others))
    gain = torch.rand(len(features), 1, 1, generator=generator, device=features.device)
    gain = low_db + (high_db - low_db) * gain
    mean, mean_other = (x.mean((1, 2), keepdim=True) for x in (power, other))
    gain = 10 ** (gain / 10) * mean / mean_other.clamp(min=1e-6)
    return scale * torch.log1p(power + gain * other)


def augment(features, front_end, generator, gain_db=6.0, tilt_db=6.0, mask_bands=0):
    """Other recordings of the same singing: level, equaliser, missing bands.

    A gain g on the power P of a band is exact: a feature is scale * ln(1 +
    P / floor), so it becomes scale * ln(1 + g * (exp(x / scale) - 1)).  The
    gain of a clip is uniform in +-gain_db; its equaliser is a tilt of up to tilt_db
    at the ends and a slow wave over the bands of up to half of that.  With
    probability one half, up to mask_bands neighbouring bands are emptied.
    `generator` is of the device that the features are on.
    """
    device = features.device

    def uniform(*shape):
        return 2 * torch.rand(*shape, generator=generator, device=device) - 1

    bands, whole = front_end["bands"], features.shape
    features = features.reshape(len(features), -1, bands)  # Stacked or not
    clips = len(features)
    scale = front_end["scale"]
    position = torch.linspace(-1, 1, bands, device=device)[None]
    wave = torch.cos(torch.pi * ((1 + 2 * uniform(clips, 1).abs()) * position + uniform(clips, 1)))
    decibels = gain_db * uniform(clips, 1)
    decibels = decibels + tilt_db * (uniform(clips, 1) * position + 0.5 * uniform(clips, 1) * wave)
    gain = 10 ** (decibels / 10)
    features = scale * torch.log1p(gain[:, None] * torch.expm1(features / scale))
    if mask_bands:
        width = torch.randint(0, mask_bands + 1, (clips, 1), generator=generator, device=device)
        width = width * (uniform(clips, 1) < 0)
        start = ((0.5 + 0.5 * uniform(clips, 1)) * (bands - width)).long()
        band = torch.arange(bands, device=device)[None]
        features = features * ((band < start) | (band >= start + width))[:, None]
    return features.reshape(whole)
