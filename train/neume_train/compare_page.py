# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""The page that neume_train.compare writes: tables, plots and what they mean."""

import hashlib
import json
import pathlib
from typing import NamedTuple

from neume_train import native, networks, tensors

SETS = ("solo/pjs", "solo/nit_song070", "mix")


class Row(NamedTuple):
    """What is known of a trained network."""

    network: NamedTuple  # Of compare.Network
    parameters: int
    macs: float
    lookahead: float  # ms
    held_out: float
    sets: list
    minutes: float  # That it trained


class Told(NamedTuple):
    """All that was found."""

    systems: list  # Rows
    base: Row  # Of the choices, with none undone
    choices: list  # Rows
    curves: dict  # Of a network's name: look-ahead in ms to accuracies in the chain
    start: list  # Accuracies of what the choices start from
    rate: float  # Of learning, from there
    commit: str  # That made the clips


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
        axis.margins(x=0.55)
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
--epochs {epochs} --choice-epochs {choice_epochs} --batch {batch}` (`train/neume_train/compare.py`), with
clips of commit {commit}. Everything here is small on
purpose: every system saw the same {clips} clips of 30 s (seed {seed}), times {epochs}, and
every choice of ours as many, times {choice_epochs}; to train all {networks} took {hours:.1f} hours in
all, on {machine}. For comparison, {start},
which saw many more clips, and which the choices start from, scored in the same way has
{shipped}. What the report's network, which learns faster, lacks for
playing live is told in [weights/history.md](../weights/history.md),
what ships now in [weights/README.md](../weights/README.md). Between rows, only differences count.

Scores are acc40 ([train/README.md](../train/README.md)) of the network alone, every
31.25 ms, the median of five steps, without the plugin's tracker and gate. *Held out*
is the accuracy on clips that were not trained on, one context of each, without that
median. pjs, nit and mix are recordings of real singers, of which no network heard any
though ours was shaped with scores on them in view ([weights/README.md](../weights/README.md)).

## Systems

From nothing. The two rows of `live` differ in the seed alone: rows that are no further
apart are equal. Accuracy still rises with more training, and not for all alike: a row says
how fast a system learns as well as how far.

{systems}

But for the first row, the report's have a quarter of its maps, so that a frame costs no
more than one of `live`. They have 40 outputs and hear one frame a column; ours hear four, and tell
onsets too. The future that a network needs counts half of the window that its feature
takes around a frame only where that feature says so itself: the constant-Q's and
22,050 Hz's. The log-mel's label point before the end of its window, 62 ms for the
report's and 16 ms for ours, is no look-ahead but a delay. (The median waits for two
steps more: 62 ms of every number.) Clips hold sound up to
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


def write(options, told):
    """The document and its plots."""
    import matplotlib  # pylint: disable=import-outside-toplevel

    matplotlib.use("Agg")
    doc = str(options.doc)
    draw_cost(told.systems, f"{doc}-cost.png")
    draw_lookahead(told.curves, f"{doc}-lookahead.png")
    rows = [*told.systems, told.base, *told.choices]
    digest = hashlib.sha256(options.start.read_bytes()).hexdigest()
    text = TEXT.format(
        clips=options.clips,
        epochs=options.epochs,
        choice_epochs=options.choice_epochs,
        seed=options.seed,
        batch=options.batch,
        machine=options.machine,
        networks=len(rows),
        hours=sum(row.minutes for row in rows) / 60,
        commit=told.commit,
        start=f"{options.start_name} (SHA-256 {digest[:8]}...)",
        rate=told.rate,
        shipped=", ".join(f"{x:.3f} on {name.split('/')[-1]}" for name, x in zip(SETS, told.start)),
        known=known(options.start),
        systems="\n".join(systems_table(told.systems)),
        ablation="\n".join(ablation_table(told.start, told.base, told.choices)),
        lookahead="\n".join(lookahead_table(told.curves)),
    )
    pathlib.Path(f"{doc}.md").write_text(text, encoding="utf-8")
