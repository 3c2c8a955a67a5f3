#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# Build Neume, let it hear a phrase or a recording, and show what it found.

set -eu
root=$(dirname "$(readlink -f "$0")")
build=$root/build
demo=$root/demo

usage="Usage: demo.sh [RECORDING]
Install what Neume needs to play (Debian 12, as root or with sudo), build it,
and let it listen: to a phrase that its own voice synthesiser sings, or to
RECORDING, any audio file.  What comes of it is left in the folder demo."

case ${1:-} in
-h | --help)
  echo "$usage"
  exit 0
  ;;
esac
if [ $# -gt 1 ]; then
  echo "$usage" >&2
  exit 2
fi
recording=
if [ $# -eq 1 ]; then
  if [ ! -f "$1" ] || [ ! -r "$1" ]; then
    echo "demo.sh: $1: there is no such file that can be read" >&2
    exit 1
  fi
  recording=$(readlink -f -- "$1")
fi

# step TEXT: a heading
step() {
  printf '\n== %s\n' "$1"
}

step "Packages"
"$root/packages.sh" play
echo "All are there."

step "Build"
if [ ! -f "$build/build.ninja" ]; then
  meson setup --buildtype=release "$build" "$root"
fi
meson compile -C "$build"

neume=$build/tool/neume
mkdir -p "$demo"

# render IN OUT: through the plugin, as a host would, with the monitor tone
render() {
  LV2_PATH=$build/plugin:/usr/lib/lv2 \
    lv2apply -i "$1" -o "$2" -c monitor 0.5 urn:neume:voice-to-midi
}

if [ -z "$recording" ]; then
  name=phrase
  input=$demo/phrase.wav
  truth=$demo/phrase.sung.csv
  step "Sing a phrase"
  "$build/synth/neume-sing" --scale --notes "$truth" "$input"
  echo "$input"

  step "Render it through the plugin with lv2apply"
  render "$input" "$demo/$name.rendered.wav"

  step "Transcribe it: the notes that were sung, beside those that were found"
  "$neume" transcribe "$input" --notes "$demo" --midi "$demo" \
    --picture "$demo" --truth "$truth"
  "$neume" compare "$truth" "$demo/$name.notes.csv"
else
  name=${recording##*/}
  case ${name#?} in
  *.*) name=${name%.*} ;;
  esac

  step "Render it through the plugin with lv2apply"
  # lv2apply takes as many channels as the plugin has inputs: one
  mono=$(mktemp --suffix=.wav)
  trap 'rm -f "$mono"' EXIT
  "$neume" mono "$recording" --out "$mono"
  render "$mono" "$demo/$name.rendered.wav"

  step "Transcribe it: the notes that were found"
  "$neume" transcribe "$recording" --notes "$demo" --midi "$demo" \
    --picture "$demo" --print
fi

# left FILE TEXT: what is in a file
left() {
  printf "%-$((${#name} + 14))s %s\n" "$1" "$2"
}

step "In $demo"
if [ -z "$recording" ]; then
  left "$name.wav" "what was sung"
  left "$name.sung.csv" "the notes that were sung"
fi
left "$name.rendered.wav" "the voice, and the tone with which the plugin follows it"
left "$name.mid" "the notes found, as a MIDI file"
left "$name.notes.csv" "the same as a table"
left "$name.png" "a picture: the notes over the log-mel spectrogram"
