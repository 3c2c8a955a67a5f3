#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# tables.sh BUILD: print doc/bench.md, from a release build with -Dbench=true.
#
#     bench/tables.sh build-bench > doc/bench.md

set -eu
build=$(readlink -f "$1")
here=$(dirname "$0")
LV2_PATH=$build/plugin:/usr/lib/lv2
export LV2_PATH

cat <<EOF
# Measurements

Printed by \`bench/tables.sh BUILD\` on $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1),
a shared machine: ratios within a table hold better than its milliseconds. At commit
$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown).

## Latency

Onset to note-on, in a lilv host (\`bench_latency\`): every semitone, by six voices, and
singers whose onsets are known.

EOF
"$build/bench/bench_latency"
cat <<EOF

## A block

One live instance (\`bench_run\`).

EOF
"$build/bench/bench_run"
cat <<EOF

## Loading

What a weights file takes until an instance can use it (\`bench_load\`): the first
instance of a process, and those after it, which share.

EOF
"$build/bench/bench_load" "$here/../weights/live.safetensors" \
  "$here/../weights/accurate.safetensors"
cat <<EOF

## A frame, against PyTorch

One thread each (\`bench_pytorch.py\`).  Live, one frame at a time, the newest column is
asked for: Neume computes it from those that it kept, PyTorch from the whole window.
Offline, several at once, all are, and microseconds are a frame's.

EOF
"$here/bench_pytorch.py" --bench "$build/bench/bench_cnn" "$here/../weights/live.safetensors"
cat <<EOF

## A frame, against the processor

Multiply-adds and what could be reached (\`bench_cnn\`, \`bench_layers\`): the peak, of which
the percentages are, is what a loop of nothing but multiply-adds in as wide registers does
in the same run.  Of these microseconds, the answer takes so many after its frame; cold
are all of them where other work has used the caches, and of that is the share of a core,
with a frame every 15.6 ms.  A pass is made in so many slices, the worst of which takes so
long, and so many times the mean.  A network that could look ahead and may not has its
last columns to make again with every frame, which costs more.

EOF
"$build/bench/bench_cnn" "$here/../weights/live.safetensors" \
  "$here/../weights/accurate.safetensors"
echo
"$build/bench/bench_layers" "$here/../weights/live.safetensors"
cat <<EOF
## Offline

EOF
"$here/transcribe.sh" "$build/synth/neume-sing" "$build/tool/neume"
cat <<EOF

## Many instances

On one thread (\`bench_instances\`).

EOF
"$build/bench/bench_instances"
cat <<EOF

## Instructions

Counted by callgrind (\`instructions.sh\`).

EOF
"$here/instructions.sh" "$build/bench/bench_stages" "$here/../weights/live.safetensors"
