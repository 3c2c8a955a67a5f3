#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# tables.sh BUILD: print doc/bench.md, from a release build with -Dbench=true.
#
#     bench/tables.sh build-bench > doc/bench.md

set -eu
build=$1
here=$(dirname "$0")
LV2_PATH=$build/plugin:/usr/lib/lv2
export LV2_PATH

cat <<EOF
# Measurements

Printed by \`bench/tables.sh BUILD\` on $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1),
a shared machine: ratios within a table hold better than its milliseconds. At commit
$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown).

## Latency

Onset to note-on, in a lilv host (\`bench_latency\`): every semitone, and singers whose
onsets are known.

EOF
"$build/bench/bench_latency"
cat <<EOF

## A block

One live instance (\`bench_run\`).

EOF
"$build/bench/bench_run"
cat <<EOF

## A frame, against PyTorch

Neume's streaming pass, and PyTorch on the whole window of 240 frames, one thread each
(\`bench_pytorch.py\`).

EOF
"$here/bench_pytorch.py" --bench "$build/bench/bench_cnn" "$here/../weights/live.safetensors"
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
