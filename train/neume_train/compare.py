#!/usr/bin/env python3
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Train the report's systems and variants of ours on the same clips, and tell.

    python3 -m neume_train.compare --out DIR --data DATA --doc doc/systems

makes the clips, trains every network on them, scores each and writes
doc/systems.md, doc/systems-cost.png and doc/systems-lookahead.png.  What is there
already is not made again, so that the command goes on where it was stopped.

Systems start from nothing, and all train equally long, on the same clips in the same
order.  Of our choices, which move less than the seed of so small a run does, each row
starts from the same weights (--start), trains for fewer passes, and undoes one.  All
are scored without tracker in the same way (neume_train.evaluate --checkpoint), on what
no run hears.
"""

import argparse
import dataclasses
import hashlib
import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
from concurrent import futures
from typing import NamedTuple

import numpy as np
import torch

from neume_train import clips, dataset, native, networks, systems, tensors
from neume_train.dataset import FRAMES, INTERLEAVE, STEP, commits, write_json

SETS = ("solo/pjs", "solo/nit_song070", "mix")
SHARD = 50
AUDIO = "audio"  # Clips from which train takes the C code's features
FEATURES = {"constant-q": systems.ConstantQ(), "mel-22050": systems.Mel22050()}
SINGERS = {"all": {}, "c": {"voices": False}, "slow": {"pace": 1.0}}  # For clips.Maker
ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCURATE = ROOT / "weights" / "accurate.safetensors"


class Network(NamedTuple):
    """One network to train."""

    name: str
    what: str  # For the table
    options: tuple = ()  # Of neume_train.train; what is no text goes into a JSON file
    clips: str = AUDIO  # Or a name in FEATURES
    singers: str = "all"  # Whose clips
    seed: int = 1
    started: bool = False  # From --start


FULL = ("--preset", "reference")
REFERENCE = (*FULL, "--width", "0.25")
LIVE = ("--preset", "live")
RATE = 0.0004  # Of learning, where rows start from trained weights
SYSTEMS = (
    Network("reference-full", "reference FCN, log-mel, all its maps", FULL),
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
    Network("live", "Neume `live`", LIVE),
    Network("live-2", "Neume `live`, another seed", LIVE, seed=2),
    Network("accurate", "Neume `accurate`", ("--preset", "accurate")),
)


def choice(name, what, *options, **others):
    """`live` with one choice undone."""
    return Network(name, what, (*LIVE, "--lr", str(RATE), *options), started=True, **others)


def front_end(**changed):
    """Options for `live`'s front end, changed."""
    return "--front-end", dataclasses.asdict(dataclasses.replace(native.LIVE, **changed))


def without_onsets():
    """Options for `live` without its last output, and labels to match."""
    layers = networks.live()
    layers[-1]["out"] = networks.CLASSES
    return "--layers", layers, "--labels", "apart"


BASE = choice("unchanged", "unchanged")
ABLATION = (
    choice("seed-2", "another seed", seed=2),
    choice("seed-3", "another seed", seed=3),
    choice("stack-1", "one frame a column, not four", *front_end(stack=1)),
    choice("symmetric", "a symmetric window", *front_end(rise=256)),
    choice("label-31", "label point 31 ms before the end, not 16", *front_end(label_delay=128)),
    choice("label-62", "label point 62 ms before the end", *front_end(label_delay=256)),
    choice("no-onsets", "no onset output; gaps before repeated notes left", *without_onsets()),
    choice("meant", "labels: the note meant, not the one sung", "--labels", "meant"),
    choice("slow", "words no faster than beats", singers="slow"),
    choice("c-singer", "sung by the additive singer alone", singers="c"),
    choice("no-augment", "no gain, equaliser or masks, nothing laid under", "--no-augment"),
    choice("no-underlay", "nothing laid under", "--underlay", "0"),
    choice("taught", "taught by `accurate` beside the labels", "--teacher", str(ACCURATE)),
    choice("no-dropout", "no dropout", "--dropout", "0"),
    choice("half-rate", "half of the learning rate", "--lr", str(RATE / 2)),
    choice("last", "the last weights, not their average", "--ema", "0"),
)
LOOKAHEAD = {  # ms, in the chain
    "reference": (0, 250, 500, 1250),
    "causal": (0,),
    "live": (0, 125, 250),
    "accurate": (0, 125, 250, 375),
}


# --- Clips

_MAKER = []  # Of this process


def _start(data, cache, library, how):
    torch.set_num_threads(1)
    _MAKER[:] = [clips.Maker(data, native.load(library), cache, **how)]


def _heard(maker, clip, name):
    """Arrays of a clip, by name, for the folder `name`."""
    if name == AUDIO:
        audio, peak = dataset.sound(maker, clip)
        classes, meant, apart = (
            dataset.classes(maker, notes) for notes in (clip.notes, clip.meant, clip.apart)
        )
        apart %= native.ONSET
        return {
            "audio": audio, "peak": peak, "classes": classes, "meant": meant, "apart": apart,
            "mixed": dataset.classes(maker, clip.mixed), "alone": clip.alone,
            "music": clip.is_music,
        }
    features, times = FEATURES[name].features(maker.native, clip.audio, clips.RATE)
    missing = max(0, FRAMES - len(features))
    features = np.pad(features[:FRAMES], ((0, missing), (0, 0)))
    times = np.concatenate([times[:FRAMES], np.full(missing, np.inf)])
    labels = clips.labels_and_onsets(clip.notes, times)
    return {"features": features.astype(np.float16), "labels": labels}


def _make_shard(work):
    """One shard of every folder."""
    folders, seed, number, count = work
    maker = _MAKER[0]
    made = {name: [] for name in folders}
    for index in range(number * SHARD, number * SHARD + count):
        clip = maker.make(seed, index)
        for name in folders:
            made[name].append(_heard(maker, clip, name))
    for name, folder in folders.items():
        arrays = {key: np.stack([one[key] for one in made[name]]) for key in made[name][0]}
        path = folder / f"shard-{number:05d}.npz"
        partial = path.with_name(f".{path.stem}.{os.getpid()}.npz")
        np.savez(partial, **arrays)
        os.replace(partial, path)


def make_clips(options, singers):
    """The clips of these singers, where they are not there yet."""
    folders = options.folders[singers]
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
            "front_end": None if name == AUDIO else FEATURES[name].describe(),
            "singers": singers,
        }
        path = folder / "dataset.json"
        old = {}
        if path.is_file():
            old = json.loads(path.read_text(encoding="utf-8"))
            if any(old.get(key) != value for key, value in manifest.items()):
                raise ValueError(f"{folder} holds other clips; choose another --out")
        if wanted:
            write_json(path, {**manifest, "commit": commits(old)})
    if wanted:
        print(f"{singers}: {len(wanted)} shards of clips", flush=True)
        work = [
            (folders, options.seed, n, min(SHARD, options.clips - n * SHARD)) for n in wanted
        ]
        with futures.ProcessPoolExecutor(
            options.jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(options.data, options.cache, options.library, SINGERS[singers]),
        ) as pool:
            list(pool.map(_make_shard, work))


def folders_of(out):
    """Where clips belong: of which singers, and for which features, to path."""
    names = {singers: [AUDIO] for singers in SINGERS}
    names["all"] += FEATURES
    return {s: {name: out / "clips" / s / name for name in names[s]} for s in names}


# --- Training and scoring


def call(module, *arguments):
    """Run a module of this package."""
    command = [sys.executable, "-m", f"neume_train.{module}", *map(str, arguments)]
    subprocess.run(command, check=True)


def keep_start(options):
    """A copy of the weights that rows start from: all from the same."""
    kept = options.out / "start.safetensors"
    if not kept.is_file():
        shutil.copyfile(options.start, kept)
    elif kept.read_bytes() != options.start.read_bytes():
        raise ValueError(f"{options.out} started from other weights; choose another --out")
    return kept


def written(run, options):
    """`options` of train, those that are no text in files beside the run."""
    result = list(options)
    for index, option in enumerate(options):
        if not isinstance(option, str):
            result[index] = run / f"{options[index - 1].strip('-')}.json"
            result[index].write_text(json.dumps(option), encoding="utf-8")
    return result


def figures(options, network):
    """The last line of a run's log, or None."""
    log = options.out / "runs" / network.name / "log.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return json.loads(lines[-1]) if lines else None


def is_trained(options, network):
    """Whether a network has had all its passes."""
    found = figures(options, network)
    epochs = options.choice_epochs if network.started else options.epochs
    return bool(found) and found["epoch"] >= epochs


def train(options, network):
    """Train a network, if that is not done."""
    if is_trained(options, network):
        return
    run = options.out / "runs" / network.name
    run.mkdir(parents=True, exist_ok=True)
    print(f"--- {network.name}", flush=True)
    start = ("--start", options.start) if network.started else ()
    call(
        "train", "--data", options.folders[network.singers][network.clips], "--out", run,
        "--epochs", options.choice_epochs if network.started else options.epochs,
        "--seed", network.seed, "--threads", options.threads, "--batch", options.batch,
        *(("--resident",) if options.resident else ()), *start, *written(run, network.options),
    )


def train_all(options, wanted):
    """Train those networks for which that is not done, on clips made for them."""
    missing = [network for network in wanted if not is_trained(options, network)]
    for singers in SINGERS:
        if any(network.singers == singers for network in missing):
            make_clips(options, singers)
    with futures.ThreadPoolExecutor(options.at_once) as pool:
        list(pool.map(lambda network: train(options, network), missing))


def scored(options, name, checkpoint):
    """Scores of a network by evaluate's --checkpoint."""
    path = options.out / f"{name}.json"
    if not path.is_file():
        call(
            "evaluate", "--checkpoint", checkpoint, "--sets", *SETS, "--json", path,
            "--data", options.data, "--jobs", options.threads,
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
    """Score a network."""
    run = options.out / "runs" / network.name
    scores = scored(options, f"runs/{network.name}/scores", run)
    return Row(
        network, scores["parameters"], scores["macs"], scores["lookahead"],
        figures(options, network)["accuracy"], accuracies(scores),
    )


def systems_table(rows):
    """Markdown of the report's systems."""
    lines = [
        "| system | parameters | M multiply-adds per frame | future, ms "
        "| held out | pjs | nit | mix |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        future = "the clip" if r.lookahead >= 30000 else f"{r.lookahead:.0f}"
        cells = [r.network.what, f"{r.parameters / 1e6:.2f} M", f"{r.macs / 1e6:.2f}", future]
        cells += [f"{x:.3f}" for x in (r.held_out, *r.sets)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def ablation_table(start, base, rows):
    """Markdown of what each choice moves; `start` is accuracies before."""
    lines = [
        "| change | M multiply-adds | held out | pjs | nit | mix |",
        "|---|---|---|---|---|---|",
        "| (the start) | | | " + " | ".join(f"{x:.3f}" for x in start) + " |",
        f"| unchanged | {base.macs / 1e6:.2f} | "
        + " | ".join(f"{x:.3f}" for x in (base.held_out, *base.sets)) + " |",
    ]
    for r in rows:
        moved = [a - b for a, b in zip((r.held_out, *r.sets), (base.held_out, *base.sets))]
        other = r.network.singers != "all" or "--labels" in r.network.options
        cells = [r.network.what, f"{r.macs / 1e6:.2f}", "-" if other else f"{moved[0]:+.3f}"]
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
--epochs {epochs} --choice-epochs {choice_epochs}` (`train/neume_train/compare.py`), with
clips of commit {commit}. Everything here is small on
purpose: every system saw the same {clips} clips of 30 s (seed {seed}), times {epochs}, and
every choice of ours as many, times {choice_epochs}; to train all {networks} took {hours:.1f} hours on a processor that had other work too. Most
networks are far below weights that saw many more clips: {start},
which the choices start from, scored in the same way has
{shipped}. The report's nearly reaches that on solos already, since
it learns faster; what it lacks is told in [weights/history.md](../weights/history.md),
what ships now in [weights/README.md](../weights/README.md). Between rows, only differences count.

Scores are acc40 ([train/README.md](../train/README.md)) of the network alone, every
31.25 ms, the median of five steps, without the plugin's tracker and gate. *Held out*
is the accuracy on clips that were not trained on, one context of each, without that
median. pjs, nit and mix are recordings of real singers, of which no network heard any
though ours was shaped with scores on them in view ([weights/README.md](../weights/README.md)).

## Systems

From nothing. The two rows of `live` differ in the seed alone: rows that are no further
apart are equal.
A row as good as never hearing a voice (the least of each column) has not begun to learn:
so much is too little for it, and says nothing of what it can become.

{systems}

The report's have a quarter of its maps, so that a frame costs no more than one of
`live` and all could be trained on a processor; at full width (`--width 1`) the reference
costs 17 M. They have 40 outputs and hear one frame a column; ours hear four, and tell
onsets too. The future that a network needs counts half of the window that its feature
takes around a frame only where that feature says so itself: the constant-Q's and
22,050 Hz's. The log-mel's label point before the end of its window, 62 ms for the
report's and 16 ms for ours, is no look-ahead but a delay. (The median waits for two
steps more: 62 ms of every number.) `accurate` stands here half as wide as it ships. Clips hold sound up to
4 kHz, at 22,050 Hz too. The dense head and the CRNN hear the recordings in pieces of
30 s, as they were trained.

![accuracy against cost](systems-cost.png)

In the plugin's chain, with its tracker, against the look-ahead that it is allowed:

![accuracy against look-ahead](systems-lookahead.png)

{lookahead}

## Choices

What acc40 moves by when one choice is undone. All rows go on from the same weights,
{start}, for the same steps at a learning rate of {rate}. Two rows change
nothing but the seed: what moves no more than they do is noise.

{ablation}

The start was trained with
{known}:
a row that has the same had less to learn. A label point farther from the window's end
is heard more surely, but a note is told that much later, which acc40 does not count.
Where a change gives the held-out clips other labels or other singers, their accuracy
cannot be compared.
"""


def known(start):
    """What a weights file's network was trained with, in words."""
    _, metadata = tensors.read(start)
    about = json.loads(metadata["front_end"])
    outputs = json.loads(metadata["layers"])[-1]["out"]
    stack, rise = about.get("stack", 1), about.get("rise", about["window"] // 2)
    return (
        f"{stack} {'frame' if stack == 1 else 'frames'} a column, a window of "
        f"{about['window']} samples whose top is at {rise},\nthe label point "
        f"{1000 * about['label_delay'] / native.RATE:.0f} ms before its end and "
        f"{'an' if outputs > networks.CLASSES else 'no'} onset output"
    )


def lookahead_table(curves):
    """Markdown of the chain's scores."""
    lines = ["| network | look-ahead, ms | pjs | nit | mix |", "|---|---|---|---|---|"]
    for title, curve in curves.items():
        for x, y in sorted(curve.items()):
            lines.append(f"| {title} | {x} | " + " | ".join(f"{v:.3f}" for v in y) + " |")
    return lines


def write(options, told, curves, start):
    """The document and its plots; `start` is the starting weights' accuracies."""
    import matplotlib  # pylint: disable=import-outside-toplevel

    matplotlib.use("Agg")
    doc = str(options.doc)
    tables, rows = ([told[n.name] for n in part] for part in (SYSTEMS, ABLATION))
    draw_cost(tables, f"{doc}-cost.png")
    draw_lookahead(curves, f"{doc}-lookahead.png")
    runs = [options.out / "runs" / name / "log.jsonl" for name in told]
    minutes = sum(json.loads(p.read_text().splitlines()[-1])["minutes"] for p in runs)
    manifest = options.folders["all"][AUDIO] / "dataset.json"
    digest = hashlib.sha256(options.start.read_bytes()).hexdigest()
    text = TEXT.format(
        clips=options.clips,
        epochs=options.epochs,
        choice_epochs=options.choice_epochs,
        seed=options.seed,
        networks=len(told),
        hours=minutes / 60,
        commit=json.loads(manifest.read_text())["commit"],
        start=f"{options.start_name} (SHA-256 {digest[:8]}...)",
        rate=RATE,
        shipped=", ".join(f"{x:.3f} on {name.split('/')[-1]}" for name, x in zip(SETS, start)),
        known=known(options.start),
        systems="\n".join(systems_table(tables)),
        ablation="\n".join(ablation_table(start, told[BASE.name], rows)),
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
    add("--start", type=pathlib.Path, default=ROOT / "weights" / "live.safetensors",
        help="weights that the choices start from (default: weights/live.safetensors)")
    add("--cache", help="folder for the recordings' pitch tracks")
    add("--library", help="libneume_native or the build folder")
    add("--neume", default="neume", help="the command, for scores of the whole chain")
    add("--clips", type=int, default=1600)
    add("--epochs", type=int, default=6, help="passes over the clips, of a system")
    add("--choice-epochs", type=int, default=1, help="the same of a choice of ours")
    add("--seed", type=int, default=8)
    add("--batch", type=int, default=16, help="contexts to a step")
    add("--resident", action="store_true", help="hold clips in the memory of a GPU")
    add("--at-once", type=int, default=1, help="networks that train beside each other")
    add("--jobs", type=int, default=1, help="processes that make clips")
    add("--threads", type=int, default=1, help="of training and scoring")
    options = parser.parse_args()
    if not options.data:
        parser.error("--data or NEUME_DATA must name the folder of recordings")
    return options


def main():
    """The command."""
    options = parse()
    options.start_name = options.start.name
    if options.library:
        os.environ["NEUME_NATIVE"] = options.library  # For the modules called
    options.folders = folders_of(options.out)
    wanted = (*SYSTEMS, BASE, *ABLATION)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        options.start = keep_start(options)
        train_all(options, wanted)
    except (OSError, ValueError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    start = accuracies(scored(options, "start", options.start))
    told = {network.name: row(options, network) for network in wanted}
    curves = {
        n.name: {x: accuracies(chain_scores(options, n, x)) for x in LOOKAHEAD[n.name]}
        for n in SYSTEMS
        if n.name in LOOKAHEAD
    }
    if options.doc:
        write(options, told, curves, start)
    return 0


if __name__ == "__main__":
    sys.exit(main())
