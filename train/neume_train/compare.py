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

from neume_train import clips, compare_page, dataset, native, networks, systems
from neume_train.compare_page import SETS, Row
from neume_train.dataset import FRAMES, INTERLEAVE, STEP, commits, write_json

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


def keep_options(options):
    """Note what the networks and scores of OUT were made with; ValueError where they were
    made with something else."""
    path = options.out / "options.json"
    now = {name: getattr(options, name) for name in ("clips", "seed", "epochs", "choice_epochs",
                                                     "batch")}
    if path.is_file():
        for name, old in json.loads(path.read_text(encoding="utf-8")).items():
            if old != now.get(name):
                raise ValueError(
                    f"{options.out} was made with --{name.replace('_', '-')} {old}, not "
                    f"{now.get(name)}; choose another --out"
                )
    write_json(path, now)


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


def last_line(options, network):
    """The last line of a run's log, or None."""
    log = options.out / "runs" / network.name / "log.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return json.loads(lines[-1]) if lines else None


def is_trained(options, network):
    """Whether a network has had all its passes."""
    found = last_line(options, network)
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


def row(options, network):
    """Score a network."""
    run = options.out / "runs" / network.name
    scores = scored(options, f"runs/{network.name}/scores", run)
    figures = last_line(options, network)
    return Row(
        network, scores["parameters"], scores["macs"], scores["lookahead"],
        figures["accuracy"], accuracies(scores), figures["minutes"],
    )


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
    add("--machine", default="a processor that had other work too",
        help="what trained, for the page")
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
        keep_options(options)
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
        manifest = options.folders["all"][AUDIO] / "dataset.json"
        compare_page.write(options, compare_page.Told(
            [told[n.name] for n in SYSTEMS],
            told[BASE.name],
            [told[n.name] for n in ABLATION],
            curves, start, RATE,
            json.loads(manifest.read_text(encoding="utf-8"))["commit"],
        ))
    return 0


if __name__ == "__main__":
    sys.exit(main())
