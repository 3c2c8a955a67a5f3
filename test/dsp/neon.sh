#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# Builds the NEON kernels with a cross compiler and tests them under an
# emulator; exits with 77 (skipped) where either is missing.
#
# usage: neon.sh SOURCE_FOLDER

set -eu
source=$1
cc=${NEUME_AARCH64_CC:-aarch64-linux-gnu-gcc}
qemu=${NEUME_AARCH64_RUN:-qemu-aarch64}
for tool in "$cc" "$qemu"; do
  if ! command -v "$tool" >/dev/null; then
    echo "$tool is missing" >&2
    exit 77
  fi
done

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags="-std=c11 -Wall -Wextra -Wpedantic -Werror -Wconversion -I $source/dsp"
# GCC 12 for aarch64 crashes on this test with -O2 and more
"$cc" $flags -O1 -c "$source/test/dsp/test_kernels.c" -o "$out/test.o"
for level in -O2 -O3; do
  "$cc" $flags "$level" -static "$source/dsp/kernels.c" \
    "$source/dsp/kernels_neon.c" "$out/test.o" -lm -o "$out/test_kernels"
  "$qemu" "$out/test_kernels"
done
