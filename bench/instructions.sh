#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# instructions.sh BENCH_STAGES WEIGHTS: instructions that each stage of the
# chain takes, counted by callgrind, and the functions that take most.
#
# Each stage runs twice, over N and 2 N frames, samples or resets: the
# difference is what N of them take, with nothing of loading and starting.
# Counts repeat within half a percent, whatever else the machine does; they
# depend on the compiler and on the instruction set of the kernels.

set -eu
if ! command -v valgrind >/dev/null; then
  echo "valgrind is not installed"
  exit 77
fi
stages=$1
weights=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# run STAGE COUNT: print how many instructions that takes
run() {
  valgrind --tool=callgrind --callgrind-out-file="$folder/$1" \
    --log-file="$folder/log" "$stages" "$weights" "$1" "$2" \
    >"$folder/kernels" || {
    cat "$folder/log" >&2
    exit 1
  }
  awk '/^(summary|totals):/ { n = $2 } END { print n }' "$folder/$1"
}

# count STAGE N: instructions of N frames, samples or resets
count() {
  once=$(run "$1" "$2")
  twice=$(run "$1" $((2 * $2)))
  echo $((twice - once))
}

# 64 steps of 15.6 ms are a second
frames=64
samples=48000
resets=64
resampler=$(count resampler $samples)
features=$(count features $frames)
network=$(count network $frames)
chain=$(count chain $samples)
reset=$(count reset $resets)

echo "| instructions, $(cat "$folder/kernels") kernels | each |"
echo "|---|--:|"
awk -v r="$resampler" -v f="$features" -v n="$network" -v c="$chain" \
  -v reset="$reset" -v resets=$resets \
  -v frames=$frames -v samples=$samples 'BEGIN {
    printf "| resampler, input sample at 48 kHz | %.1f |\n", r / samples
    printf "| log-mel, feature frame | %.0f |\n", f / frames
    printf "| network, frame | %.0f |\n", n / frames
    printf "| whole chain, input sample at 48 kHz | %.1f |\n", c / samples
    printf "| whole chain, step of %.1f ms | %.0f |\n", 1000 / frames, c / frames
    printf "| of that ring, levels, pitch and tracker | %.0f |\n",
      (c - r - f - n) / frames
    printf "| reset of the whole chain, as when the transport starts | %.0f |\n",
      reset / resets
  }'

# While audio is written and analysed, and at no other time
valgrind --tool=callgrind --callgrind-out-file="$folder/profile" \
  --log-file="$folder/log" --collect-atstart=no \
  --toggle-collect=neume_write --toggle-collect=neume_analyse \
  "$stages" "$weights" chain $samples >/dev/null

echo
echo "Where those of the whole chain go, callees not included:"
echo
callgrind_annotate --threshold=99 "$folder/profile" |
  awk '/PROGRAM TOTALS/ || (/^ *[0-9,]+ \(.*%\) / && n++ < 16)' |
  sed -e 's, \[.*\]$,,' -e 's,  [^ ]*:\([^ ]*\)$,  \1,' -e 's,^,    ,'
