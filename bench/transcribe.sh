#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# How many times faster than real time `neume transcribe` is on one core:
# transcribe.sh NEUME_SING NEUME.  Processor time, least of five runs.

set -eu
seconds=300
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$1" --seconds $seconds --rate 44100 "$folder/song.wav" >/dev/null
best=
for _ in 1 2 3 4 5; do
  # The shell's own times(): line 2 is what its children took
  used=$(sh -c '"$1" transcribe --jobs 1 --quiet --notes "$2" "$2/song.wav"; times' \
    - "$2" "$folder" | awk 'NR == 2 {
      split($1, u, /[ms]/); split($2, s, /[ms]/)
      print u[1] * 60 + u[2] + s[1] * 60 + s[2] }')
  best=$(printf '%s\n%s\n' "${best:-$used}" "$used" | sort -g | head -n 1)
done
echo "$seconds $best" |
  awk '{ printf "%d s of 44.1 kHz WAV in %.2f s on one core: %.0f times real time\n", $1, $2, $1 / $2 }'
