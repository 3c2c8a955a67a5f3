# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""What the report tried beside its network: other features, other heads.

These train and are scored like the networks of `networks`, so that they can be
compared; the plugin does not play them.  Their features come from NumPy, at four
interleaved contexts like those of the C code.
"""

import dataclasses
import functools

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from . import effects, native, networks

FRAMES = 4 * networks.CONTEXT
LEAK = 0.01


def compress(power, floor=1e-9, scale=0.1):
    """As NeumeFrontEnd does: scale ln(1 + power / floor)."""
    return (scale * np.log1p(power / floor)).astype(np.float32)


def frames_around(audio, centres, size):
    """[len(centres), size] samples around each centre, silence beyond the ends."""
    padded = np.pad(np.asarray(audio, np.float32), size)
    starts = np.asarray(centres) + size - size // 2
    return np.lib.stride_tricks.sliding_window_view(padded, size)[starts]


def product(left, right):
    """A matrix product; PyTorch's, since NumPy may have a slow one."""
    return (torch.from_numpy(left.copy()) @ torch.from_numpy(right)).numpy()


class ConstantQ:
    """Constant-Q spectrogram (Brown, "Calculation of a constant Q spectral
    transform", JASA 1991): 24 bins to an octave from B1, at 4096 Hz every 128
    samples.  A frame speaks of its centre, half of the longest window (0.28 s)
    before its end."""

    name = "constant-q"
    bands, per_octave, low_hz = 121, 24, 61.735
    rate, size = 4096, 2304
    ahead = size / 2 / rate

    @functools.cached_property
    def _kernels(self):
        """[size, 2 bands]: cosines, then sines, under Hann windows."""
        q = 1 / (2 ** (1 / self.per_octave) - 1)
        time = (np.arange(self.size) - self.size // 2) / self.rate
        hertz = self.low_hz * 2 ** (np.arange(self.bands) / self.per_octave)
        length = q / hertz
        window = np.cos(np.pi * np.clip(time[:, None] / length, -0.5, 0.5)) ** 2
        window /= window.sum(0)
        window[window < 1e-9] = 0  # Denormal numbers are slow
        angle = 2 * np.pi * time[:, None] * hertz
        kernels = np.concatenate([window * np.cos(angle), window * np.sin(angle)], 1)
        return kernels.astype(np.float32)

    def features(self, library, audio, rate):
        """[frames, bands] and the times that they speak of."""
        audio = library.resample(audio, rate)
        centres = (np.arange(len(audio) // 128) + 1) * 128 - 1
        parts = product(frames_around(audio, centres, self.size), self._kernels)
        power = parts[:, : self.bands] ** 2 + parts[:, self.bands :] ** 2
        return compress(power), centres / self.rate - library.delay(rate)

    def describe(self):
        """For the manifest of clips."""
        return {"kind": self.name, "bands": self.bands, "scale": 0.1, "label_delay": 0}


class Mel22050:
    """Log-mel of audio at 22,050 Hz with a step of 2757 samples, as the report
    says; window (4096) and bands (128, 60..4000 Hz) are ours."""

    name = "mel-22050"
    bands, size, rate, step = 128, 4096, 22050, 2757
    ahead = size / 2 / rate

    @functools.cached_property
    def _filters(self):
        """[size / 2 + 1, bands] triangles, equally spaced in ln(1 + f / 700 Hz)."""
        low, high = np.log1p(60 / 700), np.log1p(4000 / 700)
        edges = 700 * np.expm1(np.linspace(low, high, self.bands + 2))
        hertz = np.fft.rfftfreq(self.size, 1 / self.rate)[:, None]
        rise = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
        fall = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
        return np.clip(np.minimum(rise, fall), 0, None).astype(np.float32)

    def features(self, _library, audio, rate):
        """[frames, bands] and the times that they speak of."""
        audio = effects.resampled(effects.resampled(audio, rate, 8192), 8192, self.rate)
        count = int(len(audio) * 4 / self.step)
        centres = np.round((np.arange(count) + 1) * self.step / 4).astype(int) - 1
        window = np.hanning(self.size).astype(np.float32)
        spectrum = np.fft.rfft(frames_around(audio, centres, self.size) * window)
        power = np.abs(spectrum / window.sum()) ** 2
        return compress(product(power.astype(np.float32), self._filters)), centres / self.rate

    def describe(self):
        """For the manifest of clips."""
        return {"kind": self.name, "bands": self.bands, "scale": 0.1, "label_delay": 0}


class LogMel:
    """The C code's features."""

    def __init__(self, front_end=native.FrontEnd()):
        self.front_end = front_end
        self.bands = front_end.bands
        self.ahead = 0.0

    def features(self, library, audio, rate):
        """[frames, bands] and the times that they speak of."""
        return library.features(audio, rate, self.front_end, native.STEP // 4)

    def describe(self):
        """For the manifest of clips."""
        return dataclasses.asdict(self.front_end)


def front_end(description):
    """The front end that a manifest or checkpoint describes."""
    for kind in (ConstantQ, Mel22050):
        if description.get("kind") == kind.name:
            return kind()
    known = {field.name for field in dataclasses.fields(native.FrontEnd)}
    return LogMel(native.FrontEnd(**{k: v for k, v in description.items() if k in known}))


class Flat(networks.Stack):
    """The report's first head: one dense layer over the flattened clip, whose
    outputs are reshaped to the frames.  It needs the whole clip."""

    def __init__(self, bands, width=1.0, dropout=0.5):
        super().__init__(networks.preset("reference", bands, width), bands, dropout)
        size = networks.CONTEXT * networks.CLASSES
        del self.body["dense"]
        self.macs += size * size // networks.CONTEXT
        self.clip = nn.Linear(size, size)
        self.description = {"system": "flat", "width": width}

    def forward(self, features, history=False):
        x = self.dropout(self.columns(features, history).mean(2))
        x = self.clip(x.flatten(1))
        return x.view(-1, networks.CONTEXT, networks.CLASSES)


def _convolution(inputs, outputs):
    return [
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(LEAK),
    ]


class _Residual(nn.Module):
    """Two convolutions and a way past them, then a pooling over four rows."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.first = nn.Sequential(nn.BatchNorm2d(inputs), nn.LeakyReLU(LEAK))
        self.deep = nn.Sequential(
            *_convolution(inputs, outputs), nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        )
        self.past = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x):
        x = networks.MaxPool.apply(self.first(x), 4)
        return self.deep(x) + self.past(x)


class Joint(nn.Module):
    """Kum and Nam's CRNN (Applied Sciences 2019), fitted to the report's frames: a
    convolution block and three residual blocks, a bidirectional LSTM that names the
    pitch, and beside it one that hears whether a voice sounds from all blocks'
    outputs.  Both decide on the voice together.  It needs the whole clip."""

    left = right = 0
    stack = 1

    def __init__(self, bands, width=1.0, dropout=0.5):
        super().__init__()
        maps = [max(4, round(n * width)) for n in (64, 128, 192, 256)]
        self.description = {"system": "joint", "width": width}
        self.bands = bands
        self.entry = nn.Sequential(
            *_convolution(1, maps[0]), nn.Conv2d(maps[0], maps[0], 3, padding=1, bias=False)
        )
        self.blocks = nn.ModuleList(_Residual(a, b) for a, b in zip(maps, maps[1:]))
        rows = bands // 4 // 4 // 4
        self.final = nn.Sequential(
            nn.BatchNorm2d(maps[-1]), nn.LeakyReLU(LEAK), nn.Dropout(dropout)
        )
        hidden = max(8, round(256 * width))
        self.pitch = nn.LSTM(maps[-1] * rows, hidden, batch_first=True, bidirectional=True)
        self.name = nn.Linear(2 * hidden, networks.CLASSES)
        self.voice = nn.LSTM(sum(maps) * rows, 32, batch_first=True, bidirectional=True)
        self.sung = nn.Linear(64, 2)
        self.macs = self._count(rows, maps, hidden)

    def _count(self, rows, maps, hidden):
        """Multiply-adds for a frame."""
        heights = [self.bands, self.bands // 4, self.bands // 16, rows]
        total = 9 * heights[0] * (maps[0] + maps[0] ** 2)
        for height, a, b in zip(heights[1:], maps, maps[1:]):
            total += height * (9 * (a * b + b * b) + a * b)
        total += 8 * hidden * (maps[-1] * rows + hidden) + 2 * hidden * networks.CLASSES
        return total + 8 * 32 * (sum(maps) * rows + 32) + 64 * 2

    def forward(self, features, history=False):
        """[batch, frames, bands] to [batch, frames, CLASSES + 2]: logits of the
        classes, and the second ear's of no voice and of a voice."""
        del history
        x = self.entry(features.transpose(1, 2).unsqueeze(1))
        heard = [x]
        for block in self.blocks:
            x = block(x)
            heard.append(x)
        rows = x.shape[2]
        low = torch.cat([networks.MaxPool.apply(h, h.shape[2] // rows)[:, :, :rows] for h in heard], 1)
        named = self._along(self.pitch, self.final(x))
        voiced = self._along(self.voice, low)
        return torch.cat([self.name(named), self.sung(voiced)], -1)

    @staticmethod
    def _along(lstm, x):
        with torch.autocast(x.device.type, enabled=False):
            return lstm(x.flatten(1, 2).transpose(1, 2).float())[0]

    @staticmethod
    def _voicing(logits):
        """Logits of no voice and of a voice, from both ears."""
        main = logits[..., : networks.CLASSES]
        sums = torch.stack([main[..., 0], main[..., 1:].logsumexp(-1)], -1)
        return sums + logits[..., networks.CLASSES :]

    def loss(self, logits, target, weights=None, smoothing=0.0):
        """Cross-entropy of the classes, and half of that of the voice."""
        classes = logits[..., : networks.CLASSES].transpose(1, 2)
        target = target % native.ONSET
        named = F.cross_entropy(classes, target, weights, label_smoothing=smoothing)
        voice = F.cross_entropy(self._voicing(logits).transpose(1, 2), (target > 0).long())
        return named + 0.5 * voice

    def answer(self, logits):
        """The class of each frame, [batch, frames]."""
        best = logits[..., 1 : networks.CLASSES].argmax(-1) + 1
        return best * (self._voicing(logits).argmax(-1) > 0)

    def parameter_count(self):
        """Numbers that training sets."""
        return sum(p.numel() for p in self.parameters())


SYSTEMS = {"flat": Flat, "joint": Joint}


def restore(description, front):
    """The network that a checkpoint's `layers` describe, untrained."""
    bands, stack = front["bands"], front.get("stack", 1)
    if isinstance(description, dict):
        return SYSTEMS[description["system"]](bands, description["width"])
    return networks.Stack(description, bands, stack=stack)
