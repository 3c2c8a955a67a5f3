# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""The command line of train."""

import argparse
import shlex

from neume_train import networks, systems
from neume_train.ranges import between

SHARE = between(float, 0, 1)
COUNT = between(int, 0, 10**9)
AMOUNT = between(float, 0, 10**9)


def parse(argv):
    """Options of `argv`, and the `command` that gives them."""
    parser = argparse.ArgumentParser(description="Train a network on synthesised clips.")
    add = parser.add_argument
    add("--data", action="append", required=True, help="folder of clips; may be given again")
    add("--out", required=True, help="folder of the run")
    add("--preset", default="live", choices=sorted([*networks.PRESETS, *systems.SYSTEMS]))
    add("--start", action="append", metavar="RUN",
        help="folder of a run whose averaged weights to start from; given again, their mean; "
        "or a weights file whose layers may differ in their inputs and outputs")
    add("--teacher", metavar="FILE",
        help="weights file of a network whose posteriors are learned beside the labels; it "
        "hears the clips before augmentation, and may look ahead")
    add("--taught", type=SHARE, default=0.5, metavar="SHARE",
        help="share of the teacher in the loss")
    add("--front-end", help="JSON file of front-end parameters, for clips kept as audio")
    add("--label-delay", type=between(int, 0, 4096), metavar="SAMPLES",
        help="the labels' point, samples at 4096 Hz before a window's end, in steps of 128 where "
        "they are kept as features (default: as the clips were made)")
    add("--labels", default="labels", help="the labels to learn, by their name in the clips")
    add("--layers", help="JSON file with a layer list instead of a preset")
    add("--width", type=between(float, 0.01, 100), default=1.0,
        help="factor on the numbers of maps")
    add("--epochs", type=COUNT, default=0, help="passes over the clips (one context of each)")
    add("--epoch-clips", type=COUNT, default=0, metavar="N",
        help="clips of an epoch, some of them twice if there are fewer (default: each once)")
    add("--hours", type=AMOUNT, default=0.0, help="hours, reports included, if that ends sooner")
    add("--seed", type=between(int, 0, 2**63 - 1), default=1)
    add("--threads", type=between(int, 0, 1024), default=0, help="0: as PyTorch likes")
    add("--batch", type=between(int, 1, 10**9), default=16)
    add("--lr", type=between(float, 0, 100), default=0.002, help="highest learning rate")
    add("--schedule", choices=("cosine", "steps"), default="cosine",
        help="steps: multiplied by 0.3 three times, as in the report")
    add("--warmup", type=SHARE, default=0.05, help="share of the training")
    add("--weight-decay", type=between(float, 0, 100), default=0.01)
    add("--clip", type=AMOUNT, default=1.0, help="largest norm of a gradient")
    add("--ema", type=SHARE, default=0.998, help="decay of the averaged weights per step")
    add("--dropout", type=SHARE, default=0.5)
    add("--smoothing", type=SHARE, default=0.02, help="label smoothing")
    add("--balance", type=between(float, 0, 10), default=0.0,
        help="class weights: share to the minus this")
    add("--mixup", type=between(float, 0, 1000), default=0.0,
        help="beta distribution's parameter, 0: none")
    add("--edge", type=SHARE, default=0.0,
        help="share of batches trained without look-ahead (for networks that look ahead)")
    add("--keep-norm", action="store_true",
        help="batch normalisation keeps the statistics that it starts with, which is faster "
        "on a CPU: for going on from a trained network")
    add("--no-augment", dest="augment", action="store_false")
    add("--underlay", type=SHARE, default=0.2,
        help="share of clips that get one of instruments under them")
    add("--gain-db", type=between(float, 0, 200), default=12.0)
    add("--tilt-db", type=between(float, 0, 200), default=6.0)
    add("--mask-bands", type=between(int, 0, 512), default=8)
    add("--resident", action="store_true",
        help="hold the clips in the memory of the device that trains, not in this machine's")
    add("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    add("--save-minutes", type=AMOUNT, default=5.0)
    add("--fresh", action="store_true", help="forget an earlier checkpoint and its log")
    args = parser.parse_args(argv)
    if not args.epochs and not args.hours:
        parser.error("say how long: --epochs or --hours")
    args.command = "python3 -m neume_train.train " + shlex.join(argv)
    return args
