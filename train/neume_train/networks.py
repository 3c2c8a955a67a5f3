# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Networks, described by the layer list of a weights file.

A column is [channels][rows], rows being frequency from low to high; time runs
along the last axis.  See doc/weights-format.md for the layers and for what
stands before the first and after the last frame.
"""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from neume_train.native import CLASSES, CONTEXT, ONSET

_FIELDS = {
    "conv": {
        "type",
        "name",
        "out_channels",
        "kernel",
        "dilation",
        "left",
        "right",
        "pad",
        "activation",
        "slope",
    },
    "max_pool": {"type", "size"},
    "avg_pool": {"type", "size"},
    "dense": {"type", "name", "out", "activation", "slope"},
}


def conv(name, out, kernel, dilation=1, right=0, pad=None, act="leaky_relu", slope=0.1):
    """A convolution; `right` frames of its span lie after its output, the rest
    before; `pad` keeps the number of rows unless given."""
    rows, frames = kernel
    if pad is None:
        pad = [(rows - 1) // 2, rows // 2]
    return {
        "type": "conv",
        "name": name,
        "out_channels": out,
        "kernel": [rows, frames],
        "dilation": dilation,
        "left": (frames - 1) * dilation - right,
        "right": right,
        "pad": list(pad),
        "activation": act,
        "slope": slope if act == "leaky_relu" else 0,
    }


def pool(size, kind="max"):
    """A pooling over `size` rows."""
    return {"type": f"{kind}_pool", "size": size}


def dense(name, out, act="linear", slope=0.1):
    """A dense layer over each frame's column."""
    return {
        "type": "dense",
        "name": name,
        "out": out,
        "activation": act,
        "slope": slope if act == "leaky_relu" else 0,
    }


def reference(width=1.0, causal=False):
    """Korzeniowski & Widmer (MLSP 2016) with a dense layer per frame.

    All convolutions look equally far ahead and back, or only back if `causal`.
    """
    maps = [max(1, round(n * width)) for n in (32, 64, 128)]
    near, far = (0, 0) if causal else (1, 4)
    slope = 0.01
    layers = [conv(f"conv{i}", maps[0], (3, 3), right=near, slope=slope) for i in range(1, 5)]
    layers.append(pool(2))
    layers += [conv(f"conv{i}", maps[1], (3, 3), right=near, slope=slope) for i in (5, 6)]
    layers.append(pool(2))
    layers.append(conv("conv7", maps[2], (12, 9), right=far, pad=(0, 0), act="relu"))
    layers.append(conv("conv8", CLASSES, (1, 1), act="linear"))
    layers.append(pool(2, "avg"))
    layers.append(dense("dense", CLASSES))
    return layers


def live(width=1.0, ahead=0, context=256):
    """The shipped design: cheap early maps, a tall harmonic kernel, then a single
    row of `context` channels whose dilated kernels give seconds of context.  It tells
    onsets.  It is causal, or looks `ahead` up to three frames."""
    n = [max(1, round(c * width)) for c in (16, 32, 48, context)]
    later = [int(ahead > i) for i in range(3)]  # Taps that reach one frame ahead
    return [
        conv("local1", n[0], (3, 3)),
        conv("local2", n[0], (3, 3 + later[0]), right=later[0]),
        pool(2),
        conv("local3", n[1], (3, 3)),
        conv("local4", n[1], (3, 3 + later[1]), right=later[1]),
        pool(2),
        conv("harmonic", n[2], (12, 1), pad=(0, 0)),
        conv("template", n[3], ("all", 1), pad=(0, 0)),
        conv("context1", n[3], (1, 3 + later[2]), dilation=1, right=later[2]),
        *(conv(f"context{i + 1}", n[3], (1, 3), dilation=2**i) for i in range(1, 5)),
        dense("dense", CLASSES + 1),
    ]


LIVELY = ("live", "accurate")  # For the front end native.LIVE

PRESETS = {
    "reference": lambda width: reference(width),
    "reference-causal": lambda width: reference(width, causal=True),
    "live": live,
    "accurate": lambda width: live(2 * width, ahead=3, context=160),
}


def preset(name, bands, width=1.0):
    """The layer list called `name` for features of `bands` rows."""
    if name not in PRESETS:
        raise ValueError(f"no preset {name}; there are {', '.join(PRESETS)}")
    return resolve(PRESETS[name](width), bands)


def apart(step, stack):
    """How many frames lie between two of a column, `step` from the next column."""
    if stack < 1 or step % stack:
        served = ", ".join(str(n) for n in range(1, step + 1) if step % n == 0)
        raise ValueError(f"a stack of {stack}: {step} frames come to a step; it may be {served}")
    return step // stack


def columns(frames, first, step, stack):
    """What a network sees of `frames` [frames, bands]: [columns, stack * bands].

    Columns end with the frames first, first + step, ...; each holds its last frame,
    then those step / stack, 2 step / stack ... before it.  Silence, which is zeros,
    stands before the first frame.
    """
    if stack == 1:
        return frames[first::step]
    ends = np.arange(first, len(frames), step)
    which = ends[:, None] - np.arange(stack) * apart(step, stack)
    result = np.where((which >= 0)[..., None], frames[np.maximum(which, 0)], 0)
    return result.reshape(len(ends), -1)


def resolve(layers, bands):
    """A copy in which kernels as tall as the column ("all") have their size."""
    layers = copy.deepcopy(layers)
    for index, layer in enumerate(layers):
        if layer["type"] == "conv" and layer["kernel"][0] == "all":
            layer["kernel"][0] = shapes(layers[:index], bands)[-1][1]
    return layers


def shapes(layers, bands, stack=1):
    """(channels, rows) of the input and of every layer's output, in order.

    ValueError, naming the layer, where the list is not a network.
    """
    result = [(stack, bands)]
    names = set()
    for index, layer in enumerate(layers):
        kind = layer.get("type")
        where = f"layer {index} ({layer.get('name', kind)})"
        if kind not in _FIELDS or set(layer) != _FIELDS[kind]:
            raise ValueError(f"{where}: wrong type or fields")
        channels, rows = result[-1]
        if "name" in layer:
            if layer["name"] in names:
                raise ValueError(f"{where}: name used twice")
            names.add(layer["name"])
        if kind == "conv":
            span = (layer["kernel"][1] - 1) * layer["dilation"]
            if layer["left"] + layer["right"] != span or min(layer["left"], layer["right"]) < 0:
                raise ValueError(f"{where}: left and right do not fit the kernel")
            if layer["left"] % layer["dilation"] or layer["right"] % layer["dilation"]:
                raise ValueError(f"{where}: left and right are not multiples of the dilation")
            channels = layer["out_channels"]
            rows = rows + sum(layer["pad"]) - layer["kernel"][0] + 1
        elif kind == "dense":
            channels, rows = layer["out"], 1
        else:
            rows //= layer["size"]
        if channels < 1 or rows < 1:
            raise ValueError(f"{where}: nothing is left of the column")
        result.append((channels, rows))
    return result


def reach(layers):
    """(left, right): frames before and after that an output depends on."""
    convs = [layer for layer in layers if layer["type"] == "conv"]
    return sum(c["left"] for c in convs), sum(c["right"] for c in convs)


def macs(layers, bands, stack=1):
    """Multiply-adds for one column."""
    total = 0
    sizes = shapes(layers, bands, stack)
    for layer, (channels, rows), (out, out_rows) in zip(layers, sizes, sizes[1:]):
        if layer["type"] == "conv":
            total += out * out_rows * channels * layer["kernel"][0] * layer["kernel"][1]
        elif layer["type"] == "dense":
            total += out * channels * rows
    return total


def activate(x, layer):
    """The activation of `layer`."""
    if layer["activation"] == "relu":
        return F.relu(x)
    if layer["activation"] == "leaky_relu":
        return F.leaky_relu(x, layer["slope"])
    return x


class MaxPool(torch.autograd.Function):
    """The maximum over `size` rows; on a CPU several times faster than
    F.max_pool2d, and its gradient keeps the memory format of its input."""

    @staticmethod
    def forward(ctx, x, size):
        rows = x.shape[2] // size * size
        best = x[:, :, 0:rows:size]
        later = []
        for row in range(1, size):
            part = x[:, :, row:rows:size]
            later.append((part > best).to(x.dtype))
            best = torch.maximum(best, part)
        ctx.save_for_backward(*later)
        ctx.like = torch.empty_like(x, device="meta")
        ctx.rows = rows
        return best

    @staticmethod
    def backward(ctx, grad):
        like, rows = ctx.like, ctx.rows
        out = torch.empty_like(like, device=grad.device)
        out[:, :, rows:] = 0
        size = len(ctx.saved_tensors) + 1
        for row in range(size - 1, 0, -1):
            part = grad * ctx.saved_tensors[row - 1]
            out[:, :, row:rows:size] = part
            grad = grad - part
        out[:, :, 0:rows:size] = grad
        return out, None


class Stack(nn.Module):
    """The network of a layer list.

    Convolutions are followed by batch normalisation, then their activation;
    with `folded`, they have a bias instead, as in a weights file.  Dropout
    stands before the first dense layer.
    """

    def __init__(self, layers, bands, dropout=0.5, folded=False, stack=1):
        super().__init__()
        sizes = shapes(layers, bands, stack)
        if sizes[-1] not in ((CLASSES, 1), (CLASSES + 1, 1)) or layers[-1]["type"] != "dense":
            raise ValueError(f"the last layer is not dense with {CLASSES} outputs or one more")
        self.layers = copy.deepcopy(layers)
        self.description = self.layers  # What a checkpoint says of the network
        self.bands = bands
        self.stack = stack  # Frames of a column
        self.folded = folded
        self.settled = False  # Normalisation by the statistics it has, in training too
        self.left, self.right = reach(layers)
        self.macs = macs(layers, bands, stack)
        if 1 + self.left + self.right > CONTEXT:
            raise ValueError(f"an output depends on more than {CONTEXT} frames")
        self.dropout = nn.Dropout(dropout)
        self.first_dense = next(i for i, x in enumerate(layers) if x["type"] == "dense")
        self.body = nn.ModuleDict()
        for layer, (channels, rows) in zip(layers, sizes):
            if layer["type"] == "conv":
                self.body[layer["name"]] = nn.Conv2d(
                    channels,
                    layer["out_channels"],
                    tuple(layer["kernel"]),
                    dilation=(1, layer["dilation"]),
                    bias=folded,
                )
                if not folded:
                    self.body[f"{layer['name']}_norm"] = nn.BatchNorm2d(layer["out_channels"])
            elif layer["type"] == "dense":
                self.body[layer["name"]] = nn.Linear(channels * rows, layer["out"])

    def _conv(self, x, layer, pooled):
        """One convolution; `pooled` is the size of a max-pooling after it, or 1.

        Activations never fall, so the pooling may come first, which is cheaper.
        """
        module = self.body[layer["name"]]
        low, high = layer["pad"]
        padding = 0
        if low == high and low:
            padding = (low, 0)
            low = high = 0
        if low or high or layer["right"]:
            x = F.pad(x, (0, layer["right"], low, high))
        weight, bias = module.weight, module.bias
        norm = None if self.folded else self.body[f"{layer['name']}_norm"]
        if norm and self.settled:  # Then it is a part of the weights, which is faster
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weight, bias = weight * gain[:, None, None, None], norm.bias - norm.running_mean * gain
            norm = None
        if not padding and weight.shape[2] == x.shape[2]:
            # A kernel as tall as the column: rows become channels, which is faster.
            x = x.flatten(1, 2).unsqueeze(2)
            weight = weight.flatten(1, 2).unsqueeze(2)
        x = F.conv2d(x, weight, bias, 1, padding, module.dilation)
        if norm:
            x = norm(x)
        return activate(MaxPool.apply(x, pooled) if pooled > 1 else x, layer)

    def _dense(self, x, layer):
        module = self.body[layer["name"]]
        column = x.flatten(1, 2).transpose(1, 2)
        x = F.linear(column, module.weight, module.bias)
        return activate(x.transpose(1, 2).unsqueeze(2), layer)

    def columns(self, features, history=False):
        """What enters the first dense layer, [batch, channels, rows, frames]; see
        forward()."""
        x = features.unflatten(2, (self.stack, self.bands)).permute(0, 2, 3, 1)
        if not history:
            x = F.pad(x, (self.left, 0))
        return self._through(x, 0, self.first_dense)

    def _through(self, x, first, last):
        """`x` through the layers from `first` on, before `last`."""
        at = first
        while at < last:
            layer = self.layers[at]
            if layer["type"] == "conv":
                pooled = 1
                if at + 1 < last and self.layers[at + 1]["type"] == "max_pool":
                    at += 1
                    pooled = self.layers[at]["size"]
                x = self._conv(x, layer, pooled)
            elif layer["type"] == "max_pool":
                x = MaxPool.apply(x, layer["size"])
            elif layer["type"] == "avg_pool":
                x = F.avg_pool2d(x, (layer["size"], 1))
            else:
                x = self._dense(x, layer)
            at += 1
        return x

    def forward(self, features, history=False):
        """[batch, frames, stack * bands] (see columns()) to logits [batch, frames,
        CLASSES], or one more: whether a note has just begun.

        Silence stands before the first frame, unless `history`: then the first
        `left` frames are the past of the rest and have no output.
        """
        x = self.dropout(self.columns(features, history))
        x = self._through(x, self.first_dense, len(self.layers))
        return x.squeeze(2).transpose(1, 2)

    def loss(self, logits, target, weights=None, smoothing=0.0):
        """Mean cross-entropy of `logits` against labels [batch, frames]: of the classes,
        and of the onsets where the network tells them."""
        loss = F.cross_entropy(
            logits[..., :CLASSES].transpose(1, 2), target % ONSET, weights,
            label_smoothing=smoothing,
        )
        if logits.shape[-1] > CLASSES:
            begun = (target >= ONSET).to(logits.dtype)
            loss = loss + F.binary_cross_entropy_with_logits(logits[..., CLASSES], begun)
        return loss

    def answer(self, logits):
        """The class of each frame, [batch, frames]."""
        return logits[..., :CLASSES].argmax(-1)

    def parameter_count(self):
        """Numbers that training sets."""
        return sum(p.numel() for p in self.parameters())


def posteriors(logits):
    """Of the classes, which sum to 1, and after them of an onset, if the network tells it."""
    parts = logits[..., :CLASSES].softmax(-1), logits[..., CLASSES:].sigmoid()
    return torch.cat(parts, -1)


def agreement(logits, taught):
    """Mean cross-entropy of `logits` against the posteriors `taught`: of the classes, and
    of the onsets where the network tells them (Hinton et al. 2015, at temperature 1)."""
    classes = logits[..., :CLASSES].log_softmax(-1)
    loss = -(taught[..., :CLASSES] * classes).sum(-1).mean()
    if logits.shape[-1] > CLASSES:
        loss = loss + F.binary_cross_entropy_with_logits(
            logits[..., CLASSES], taught[..., CLASSES]
        )
    return loss


def fold(stack):
    """Tensors of a weights file: normalisation folded into weight and bias."""
    tensors = {}
    for layer in stack.layers:
        if "name" not in layer:
            continue
        name = layer["name"]
        module = stack.body[name]
        weight = module.weight.detach().double()
        bias = None if module.bias is None else module.bias.detach().double()
        if layer["type"] == "conv" and not stack.folded:
            norm = stack.body[f"{name}_norm"]
            gain = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
            weight = weight * gain[:, None, None, None]
            bias = norm.bias.detach().double() - norm.running_mean.double() * gain
        tensors[f"{name}.weight"] = weight.float().cpu().numpy()
        tensors[f"{name}.bias"] = bias.float().cpu().numpy()
    return tensors


def adopt(stack, layers, tensors, batch):
    """Start `stack` from the folded `tensors` of another network, of `layers`.

    Layers of the same name take its weights where the kernels overlap in time; what it
    knew hears nothing of an input channel or frame that it did not have, so that a
    wider network answers as it did.  An output that it did not have starts at random,
    a convolution passes its newest frame on.  Normalisation is set so that on `batch`
    (features) it changes nothing.
    """
    theirs = {layer["name"]: layer for layer in layers if "name" in layer}

    def overlap(to, values):
        to[: len(values)] = 0
        values = torch.from_numpy(values.copy()).to(to)
        part = tuple(slice(0, min(a, b)) for a, b in zip(to.shape, values.shape))
        to[part] = values[part]

    def in_time(layer, values):
        """`values` with as many taps before and after the frame as `layer` has."""
        if layer["type"] != "conv":
            return values
        known = theirs[layer["name"]]
        taps = {}
        for side in ("left", "right"):
            taps[side] = (layer[side] - known[side]) // layer["dilation"]
        wider = [(0, 0)] * 3 + [(max(0, taps["left"]), max(0, taps["right"]))]
        first, last = max(0, -taps["left"]), max(0, -taps["right"])
        return np.pad(values[..., first : values.shape[3] - last], wider)

    def watch(norm, bias):
        def hook(_, args):
            x = args[0].detach()
            norm.running_mean.copy_(x.mean((0, 2, 3)))
            norm.running_var.copy_(x.var((0, 2, 3)))
            norm.weight.copy_(torch.sqrt(norm.running_var + norm.eps))
            norm.bias.copy_(norm.running_mean + bias)

        return norm.register_forward_pre_hook(hook)

    hooks = []
    with torch.no_grad():
        for layer in stack.layers:
            name = layer.get("name")
            if not name:
                continue
            module = stack.body[name]
            known = f"{name}.weight" in tensors
            if known:
                overlap(module.weight, in_time(layer, tensors[f"{name}.weight"]))
            elif layer["type"] == "conv":
                nn.init.dirac_(module.weight[..., -1:])
                module.weight[..., :-1] *= 0.1
            bias = torch.zeros(module.weight.shape[0])
            if known:
                overlap(bias, tensors[f"{name}.bias"])
            if layer["type"] == "conv":
                hooks.append(watch(stack.body[f"{name}_norm"], bias))
            else:
                module.bias.copy_(bias)
        stack.eval()(batch)
    for hook in hooks:
        hook.remove()


def unfold(layers, bands, tensors, stack=1):
    """A folded Stack, in evaluation mode, with the tensors of a weights file."""
    network = Stack(layers, bands, folded=True, stack=stack)
    state = {f"body.{key}": torch.from_numpy(value.copy()) for key, value in tensors.items()}
    network.load_state_dict(state)
    return network.eval()
