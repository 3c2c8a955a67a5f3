#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Train the report's systems and variants of ours on the same clips, and tell.

    python3 -m neume_train.compare --out DIR --data DATA --doc doc/systems

makes the clips, trains every network on them, scores each and writes
doc/systems.md, doc/systems-cost.png and doc/systems-lookahead.png.  What is there
already is not made again, so that the command goes on where it was stopped.

All train equally long, on the same clips in the same order, and are scored without
tracker in the same way (neume_train.evaluate --checkpoint), on what no run hears.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
from concurrent import futures
from typing import NamedTuple

import numpy as np
import torch

from neume_train import clips, native, systems
from neume_train.dataset import FRAMES, INTERLEAVE, STEP, _commit, _write_json

SETS = ("solo/pjs", "solo/nit_song070", "mix")
SHARD = 50
FRONT_ENDS = {
    "log-mel": systems.LogMel(),
    "constant-q": systems.ConstantQ(),
    "mel-22050": systems.Mel22050(),
    "72-bands": systems.LogMel(native.FrontEnd(bands=72)),
    "250-ms": systems.LogMel(native.FrontEnd(window=1024, label_delay=512)),
}


class Network(NamedTuple):
    """One network to train."""

    name: str
    what: str  # For the table
    options: tuple = ()  # Of neume_train.train
    front_end: str = "log-mel"
    singers: str = "all"  # Whose clips
    seed: int = 1


REFERENCE = ("--preset", "reference", "--width", "0.25")
SYSTEMS = (
    Network("reference", "reference FCN, log-mel", REFERENCE),
    Network("constant-q", "the same, constant-Q", REFERENCE, "constant-q"),
    Network(
        "flat",
        "the same, dense over the clip, 22,050 Hz, step 2757",
        ("--preset", "flat", "--width", "0.25"),
        "mel-22050",
    ),
    Network(
        "joint",
        "CRNN, joint detection",
        # In bfloat16 its gradients are no numbers (PyTorch 1.13)
        ("--preset", "joint", "--width", "0.25", "--precision", "float32"),
    ),
    Network(
        "causal",
        "reference FCN, looking back only",
        ("--preset", "reference-causal", "--width", "0.25"),
    ),
    Network("live", "Neume `live`", ("--preset", "live")),
    Network("accurate", "Neume `accurate`", ("--preset", "accurate")),
)

LIVE = ("--preset", "live")
ABLATION = (
    Network("seed-2", "another seed", LIVE, seed=2),
    Network("c-singer", "sung by the additive singer alone, no recordings", LIVE, singers="c"),
    Network("meant", "labels: the note meant, not the one sung", LIVE + ("--labels", "meant")),
    Network("no-augment", "no gain, equaliser or masks", LIVE + ("--no-augment",)),
    Network("label-31", "label point 31 ms before the end, not 62", LIVE + ("--label-delay", "128")),
    Network("72-bands", "72 mel bands, not 144", LIVE, "72-bands"),
    Network("250-ms", "window of 250 ms, not 125", LIVE, "250-ms"),
    Network("half", "half the maps", LIVE + ("--width", "0.5")),
    Network("short", "0.9 s of context, not 4.9", ("--layers", "short")),
    Network("no-dropout", "no dropout", LIVE + ("--dropout", "0")),
)


def short_layers():
    """`live` without the layers that see far back."""
    from neume_train import networks  # pylint: disable=import-outside-toplevel

    return [layer for layer in networks.live() if layer.get("dilation", 1) == 1]


# --- Clips

_MAKER = []  # Of this process


def _start(data, cache, library):
    torch.set_num_threads(1)
    _MAKER[:] = [clips.Maker(data, native.load(library), cache)]


def _make_shard(work):
    """One shard of every front end asked for."""
    folders, seed, number, count = work
    maker = _MAKER[0]
    made = {name: [] for name in folders}
    for index in range(number * SHARD, number * SHARD + count):
        clip = maker.make(seed, index)
        for name in folders:
            features, times = FRONT_ENDS[name].features(maker.native, clip.audio, clips.RATE)
            missing = max(0, FRAMES - len(features))
            features = np.pad(features[:FRAMES], ((0, missing), (0, 0)))
            times = np.concatenate([times[:FRAMES], np.full(missing, np.inf)])
            row = (features.astype(np.float16), clips.labels(clip.notes, times))
            made[name].append(row + (clips.labels(clip.meant, times),))
    for name, folder in folders.items():
        features, labels, meant = (np.stack(part) for part in zip(*made[name]))
        path = folder / f"shard-{number:05d}.npz"
        partial = path.with_name(f".{path.stem}.{os.getpid()}.npz")
        np.savez(partial, features=features, labels=labels, meant=meant)
        os.replace(partial, path)


def make_clips(options, singers, names):
    """Folders of clips for these front ends, name to path."""
    folders = {name: options.out / "clips" / singers / name for name in names}
    numbers = range(-(-options.clips // SHARD))
    wanted = [
        n
        for n in numbers
        if not all((f / f"shard-{n:05d}.npz").is_file() for f in folders.values())
    ]
    for name, folder in folders.items():
        folder.mkdir(parents=True, exist_ok=True)
        manifest = {
            "seed": options.seed,
            "clips": options.clips,
            "step": STEP,
            "interleave": INTERLEAVE,
            "front_end": FRONT_ENDS[name].describe(),
            "singers": singers,
        }
        path = folder / "dataset.json"
        if path.is_file():
            old = json.loads(path.read_text(encoding="utf-8"))
            if any(old.get(key) != value for key, value in manifest.items()):
                raise ValueError(f"{folder} holds other clips; choose another --out")
        if wanted:
            _write_json(path, {**manifest, "commit": _commit()})
    if wanted:
        print(f"{singers}: {len(wanted)} shards of clips", flush=True)
        work = [
            (folders, options.seed, n, min(SHARD, options.clips - n * SHARD)) for n in wanted
        ]
        data = options.data if singers == "all" else None
        with futures.ProcessPoolExecutor(
            options.jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(data, options.cache, options.library),
        ) as pool:
            list(pool.map(_make_shard, work))
    return folders


# --- Training and scoring


def call(module, *arguments):
    """Run a module of this package."""
    command = [sys.executable, "-m", f"neume_train.{module}", *map(str, arguments)]
    subprocess.run(command, check=True)


def train(options, network, folder):
    """Train a network, if that is not done; its last line of figures."""
    run = options.out / "runs" / network.name
    log = run / "log.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    arguments = list(network.options)
    if "--layers" in arguments:
        path = options.out / "short.json"
        path.write_text(json.dumps(short_layers()), encoding="utf-8")
        arguments[arguments.index("--layers") + 1] = path
    if not lines or json.loads(lines[-1])["epoch"] < options.epochs:
        print(f"--- {network.name}", flush=True)
        call(
            "train", "--data", folder, "--out", run, "--epochs", options.epochs,
            "--seed", network.seed, "--threads", options.threads, *arguments,
        )
        lines = log.read_text(encoding="utf-8").splitlines()
    return json.loads(lines[-1])


def scored(options, network):
    """Scores of a trained network by evaluate's --checkpoint."""
    path = options.out / "runs" / network.name / "scores.json"
    if not path.is_file():
        call(
            "evaluate", "--checkpoint", options.out / "runs" / network.name,
            "--sets", *SETS, "--json", path, "--data", options.data,
            "--jobs", options.threads,
        )
    return json.loads(path.read_text(encoding="utf-8"))


def chain_scores(options, network, lookahead):
    """Scores of a network in the C chain, with that look-ahead in ms."""
    run = options.out / "runs" / network.name
    weights = run / "weights.safetensors"
    path = run / f"chain-{lookahead}.json"
    if not path.is_file():
        if not weights.is_file():
            call("export", "--run", run, "--out", weights, "--name", network.name)
        call(
            "evaluate", "--neume", options.neume, "--model", weights, "--lookahead", lookahead,
            "--sets", *SETS, "--json", path, "--data", options.data, "--jobs", options.threads,
        )
    return json.loads(path.read_text(encoding="utf-8"))


def accuracies(scores):
    """acc40 of each set."""
    return [scores["sets"][name]["mean"]["acc40"] for name in SETS]


# --- Telling


class Row(NamedTuple):
    """What is known of a trained network."""

    network: Network
    parameters: int
    macs: float
    lookahead: float  # ms
    held_out: float
    sets: list


def row(options, network):
    """Train and score a network."""
    folder = options.folders[network.singers][network.front_end]
    log = train(options, network, folder)
    scores = scored(options, network)
    return Row(
        network, scores["parameters"], scores["macs"], scores["lookahead"],
        log["accuracy"], accuracies(scores),
    )


def systems_table(rows):
    """Markdown of the report's systems."""
    lines = [
        "| system | parameters | M multiply-adds per frame | future, ms | held out | pjs | nit | mix |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        future = "the clip" if r.lookahead >= 30000 else f"{r.lookahead:.0f}"
        cells = [r.network.what, f"{r.parameters / 1e6:.2f} M", f"{r.macs / 1e6:.2f}", future]
        cells += [f"{x:.3f}" for x in (r.held_out, *r.sets)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def ablation_table(base, rows):
    """Markdown of what each choice moves."""
    lines = [
        "| change | M multiply-adds | held out | pjs | nit | mix |",
        "|---|---|---|---|---|---|",
        f"| `live` itself | {base.macs / 1e6:.2f} | "
        + " | ".join(f"{x:.3f}" for x in (base.held_out, *base.sets)) + " |",
    ]
    for r in rows:
        moved = [a - b for a, b in zip((r.held_out, *r.sets), (base.held_out, *base.sets))]
        held = "-" if r.network.name in ("c-singer", "meant") else f"{moved[0]:+.3f}"
        cells = [r.network.what, f"{r.macs / 1e6:.2f}", held]
        cells += [f"{x:+.3f}" for x in moved[1:]]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def draw_cost(rows, path):
    """acc40 against cost."""
    from matplotlib import pyplot  # pylint: disable=import-outside-toplevel

    figure, axes = pyplot.subplots(1, len(SETS), figsize=(11, 4), layout="constrained")
    for number, (axis, name) in enumerate(zip(axes, SETS)):
        for r in rows:
            axis.plot(r.macs / 1e6, r.sets[number], "o")
            axis.annotate(
                r.network.name, (r.macs / 1e6, r.sets[number]),
                xytext=(4, 3), textcoords="offset points", fontsize=8,
            )
        axis.set(title=name, xscale="log", xlabel="M multiply-adds per frame")
        axis.margins(x=0.3)
    axes[0].set_ylabel("acc40, no tracker")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def draw_lookahead(curves, path):
    """acc40 in the C chain against look-ahead."""
    from matplotlib import pyplot  # pylint: disable=import-outside-toplevel

    figure, axes = pyplot.subplots(1, len(SETS), figsize=(11, 4), layout="constrained")
    for number, (axis, name) in enumerate(zip(axes, SETS)):
        for title, curve in curves.items():
            points = sorted(curve.items())
            axis.plot([x for x, _ in points], [y[number] for _, y in points], "o-", label=title)
        axis.set(title=name, xlabel="look-ahead, ms")
    axes[0].set_ylabel("acc40, the plugin's chain")
    axes[-1].legend()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


TEXT = """\
# The report's systems, and what each choice of ours is worth

Made by `python3 -m neume_train.compare --out DIR --doc doc/systems --clips {clips}
--epochs {epochs}` (`train/neume_train/compare.py`), with clips of commit
{commit}. Everything here is small on purpose, so
that all of it trains on the same data in {hours:.1f} hours of one core: {clips} clips
of 30 s (seed {seed}), seen {epochs} times. The shipped weights saw many more
([weights/README.md](../weights/README.md)); between the rows below, only differences count.

Scores are acc40 ([train/README.md](../train/README.md)) of the network alone, every
31.25 ms, the median of five steps, without the plugin's tracker and gate. *Held out*
is the accuracy on clips that were not trained on, one context of each, without that
median. pjs, nit and mix are recordings of real singers, of which no network heard any
and by which none was chosen.

## Systems

{systems}

All have a quarter of the report's maps, so that a frame costs about as much as one of
`live` and all could be trained on a processor; at full width (`--width 1`) the reference
costs 17 M. The future that a network needs counts half of the window that its feature
takes around a frame only where that feature says so itself: the constant-Q's and
22,050 Hz's; the log-mel's label point, 62 ms before the end of its window, is no
look-ahead but a delay. Clips hold sound up to 4 kHz, at 22,050 Hz too. The dense head
and the CRNN hear the recordings in pieces of 30 s, as they were trained.

![accuracy against cost](systems-cost.png)

In the plugin's chain, with its tracker, against the look-ahead that it is allowed:

![accuracy against look-ahead](systems-lookahead.png)

{lookahead}

## Choices

What acc40 moves by when one choice is undone. The second row changes nothing but the
seed: what moves no more than that is noise.

{ablation}

Where a change gives the held-out clips other labels or other singers, their
accuracy cannot be compared.
"""


def lookahead_table(curves):
    """Markdown of the chain's scores."""
    lines = ["| network | look-ahead, ms | pjs | nit | mix |", "|---|---|---|---|---|"]
    for title, curve in curves.items():
        for x, y in sorted(curve.items()):
            lines.append(f"| {title} | {x} | " + " | ".join(f"{v:.3f}" for v in y) + " |")
    return lines


def write(options, told, curves):
    """The document and its plots."""
    import matplotlib  # pylint: disable=import-outside-toplevel

    matplotlib.use("Agg")
    doc = str(options.doc)
    tables = [told[n.name] for n in SYSTEMS if n.name in told]
    rows = [told[n.name] for n in ABLATION if n.name in told]
    draw_cost(tables, f"{doc}-cost.png")
    draw_lookahead(curves, f"{doc}-lookahead.png")
    runs = [options.out / "runs" / name / "log.jsonl" for name in told]
    minutes = sum(json.loads(p.read_text().splitlines()[-1])["minutes"] for p in runs)
    manifest = options.folders["all"]["log-mel"] / "dataset.json"
    text = TEXT.format(
        clips=options.clips,
        epochs=options.epochs,
        seed=options.seed,
        hours=minutes / 60,
        commit=json.loads(manifest.read_text())["commit"],
        systems="\n".join(systems_table(tables)),
        ablation="\n".join(ablation_table(told["live"], rows)),
        lookahead="\n".join(lookahead_table(curves)),
    )
    pathlib.Path(f"{doc}.md").write_text(text, encoding="utf-8")


def parse():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description="Compare the report's systems and ours.")
    add = parser.add_argument
    add("--out", required=True, type=pathlib.Path, help="folder for clips and runs")
    add("--doc", type=pathlib.Path, help="where to write, without .md")
    add("--data", default=os.environ.get("NEUME_DATA"), help="folder of real recordings")
    add("--cache", help="folder for the recordings' pitch tracks")
    add("--library", help="libneume_native or the build folder")
    add("--neume", default="neume", help="the command, for scores of the whole chain")
    add("--clips", type=int, default=800)
    add("--epochs", type=int, default=4)
    add("--seed", type=int, default=8)
    add("--jobs", type=int, default=1, help="processes that make clips")
    add("--threads", type=int, default=1, help="of training and scoring")
    options = parser.parse_args()
    if not options.data:
        parser.error("--data or NEUME_DATA must name the folder of recordings")
    return options


def main():
    """The command."""
    options = parse()
    try:
        options.folders = {
            "all": make_clips(options, "all", list(FRONT_ENDS)),
            "c": make_clips(options, "c", ["log-mel"]),
        }
    except ValueError as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    told = {network.name: row(options, network) for network in SYSTEMS + ABLATION}
    ahead = {"live": (0, 125, 250, 500), "accurate": (0, 125, 250, 375, 500)}
    ahead["reference"] = (0, 125, 250, 500, 1250)
    ahead["causal"] = (0, 250)
    curves = {
        n.name: {x: accuracies(chain_scores(options, n, x)) for x in ahead[n.name]}
        for n in SYSTEMS
        if n.name in ahead
    }
    if options.doc:
        write(options, told, curves)
    return 0


if __name__ == "__main__":
    sys.exit(main())
