#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC

# The neume command from end to end: test_command.sh NEUME FIXTURE WEIGHTS ONSETS,
# the last being a weights file that tells onsets

neume=$(readlink -f "$1")
fixture=$(readlink -f "$2")
weights=$(readlink -f "$3")
onsets=$(readlink -f "$4")

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

checks=0
failures=0

# check NAME COMMAND...: the command must succeed
check() {
  name=$1
  shift
  checks=$((checks + 1))
  if ! "$@"; then
    failures=$((failures + 1))
    echo "failed: $name" >&2
  fi
}

# exits STATUS COMMAND...: stdout goes to the file out, stderr to err
exits() {
  wanted=$1
  shift
  "$@" >out 2>err </dev/null
  status=$?
  if [ "$status" != "$wanted" ]; then
    echo "exit status $status, not $wanted: $*" >&2
    cat err >&2
    return 1
  fi
}

# fails TEXT FILE: transcribing FILE fails, says TEXT, and leaves nothing
fails() {
  text=$1
  file=$2
  mkdir -p bad
  exits 1 "$neume" transcribe --model model "$file" \
    --notes bad --frames bad --midi bad --picture bad &&
    says "$text" && lines 1 err && empty bad
}

says() { grep -q -e "$1" err || { echo "no '$1' in: $(cat err)" >&2; return 1; }; }
prints() { grep -q -e "$1" out || { echo "no '$1' in: $(cat out)" >&2; return 1; }; }
lines() { [ "$(wc -l <"$2")" -eq "$1" ]; }
empty() { [ -z "$(ls -A "$1")" ]; }
no_temporary() { [ -z "$(find . -name '.neume-*')" ]; }

"$fixture" model model || exit 1
"$fixture" notes >truth.csv || exit 1
"$fixture" melody 'a song.wav' 44100 2 || exit 1

# --- Help and usage -------------------------------------------------------

check "help" exits 0 "$neume" --help
check "help text" prints transcribe
for command in transcribe compare features info mono; do
  check "help of $command" exits 0 "$neume" $command --help
  check "usage of $command" prints "Usage: neume $command"
  check "short help of $command" exits 0 "$neume" $command -h
  check "unknown option of $command" exits 2 "$neume" $command --nonsense
  check "unknown option of $command, said" says "'--nonsense'"
done
check "version" exits 0 "$neume" --version
check "version text" prints '^neume [0-9]'
check "no command" exits 2 "$neume"
check "unknown command" exits 2 "$neume" sing
check "no file" exits 2 "$neume" transcribe
check "no value" exits 2 "$neume" transcribe x.wav --notes
for bad in '--lookahead 1251' '--lookahead -1' '--lookahead nan' \
  '--threshold 1.5' '--threshold x' '--gate 1' '--min-note 501' \
  '--interleave 3' '--a4 500' '--jobs 0' '--jobs 1.5' '--truth x.csv'; do
  # shellcheck disable=SC2086
  check "$bad" exits 2 "$neume" transcribe 'a song.wav' $bad
done
check "one bad letter of two" exits 2 "$neume" transcribe 'a song.wav' -xh
check "says which" says "'-x'"
check "a value for what has none" exits 2 "$neume" transcribe --quiet=x y.wav
check "says of what" says "'--quiet=x'"
check "features without --out" exits 2 "$neume" features 'a song.wav'
check "compare one file" exits 2 "$neume" compare truth.csv
# shellcheck disable=SC2016
check "a full output" exits 1 sh -c '"$1" --help >/dev/full' - "$neume"

# --- The notes are right --------------------------------------------------

check "transcribe" exits 0 "$neume" transcribe --model model 'a song.wav' \
  --notes got --frames got --midi got --picture got --truth truth.csv
check "nothing is printed" lines 0 out
check "no progress without a terminal" lines 0 err
check "compare" exits 0 "$neume" compare truth.csv 'got/a song.notes.csv'
check "all notes are found" \
  prints '8 true notes, 8 found: 8 right, .* 0 missed, 0 extra'
check "within 100 ms" prints ' 8 within 100 ms'
"$fixture" midi 'got/a song.mid' >midi.csv 2>seconds
check "the MIDI file holds the notes" \
  "$fixture" same 'got/a song.notes.csv' midi.csv 0.00053
check "and is as long as the song" grep -qx 6.000 seconds
# shellcheck disable=SC2016
check "frames every 15.625 ms" awk -F, '
  NR == 1 { if ($0 != "time,note,midi,cents,confidence") exit 1; next }
  NR == 2 { if ($1 < 0 || $1 >= 0.015625) exit 1 }
  NR > 2  { d = $1 - last - 0.015625; if (d > 5e-5 || d < -5e-5) exit 1 }
  { last = $1; n++; if (($2 == 0) != ($3 == 0)) exit 1 }
  $2 && $3 != $2 + 44 { exit 1 }
  END { if (n != 384) exit 1 }' 'got/a song.frames.csv'
check "a picture" sh -c 'head -c 4 "got/a song.png" | grep -q PNG'
check "no temporary file" no_temporary

check "printed" exits 0 "$neume" transcribe --model model 'a song.wav'
check "notes on stdout" lines 9 out
check "their names" prints ' A3 '
check "printed and written" exits 0 "$neume" transcribe --model model \
  'a song.wav' --print --midi printed
check "both" test "$(wc -l <out)" -eq 9 -a -s 'printed/a song.mid'
check "NEUME_MODEL" exits 0 env NEUME_MODEL=model \
  "$neume" transcribe 'a song.wav'
check "the same notes" lines 9 out

# Weights of ours: those that look ahead where they may, here not even readable
mkdir -p ours/bin ours/share/neume
cp "$neume" ours/bin
cp model ours/share/neume/live.safetensors
echo none >ours/share/neume/accurate.safetensors
unset NEUME_MODEL
check "live by default" exits 0 ours/bin/neume transcribe 'a song.wav' \
  --lookahead 124
check "accurate ahead" exits 1 ours/bin/neume transcribe 'a song.wav' \
  --lookahead 125
check "says so" says 'accurate.safetensors: '
check "unless told" exits 0 ours/bin/neume transcribe 'a song.wav' \
  --lookahead 125 --model live

check "look-ahead" exits 0 "$neume" transcribe --model model 'a song.wav' \
  --notes got --lookahead 1250 --interleave 8 --gate -60 --min-note 0 \
  --threshold 0.5
check "and all notes" exits 0 "$neume" compare truth.csv 'got/a song.notes.csv'
check "are found" prints ': 8 right'
check "decided" exits 0 "$neume" transcribe --model model 'a song.wav' --decided
check "is for networks that tell onsets" lines 9 out
# The first of two notes is as short as may be, which is 7 steps of 15.6 ms
check "decided, of one" exits 0 "$neume" transcribe --model "$onsets" \
  'a song.wav' --threshold 0 --decided --min-note 112 --notes decided
# shellcheck disable=SC2016
check "no note goes on in the next" awk -F, '
  NR > 1 { if ($1 < last - 1e-6) exit 1; met += $1 < last + 1e-3; last = $2 }
  END { exit met < 1 }' 'decided/a song.notes.csv'
check "gate" exits 0 "$neume" transcribe --model model 'a song.wav' --gate 0
check "shuts" lines 1 out

# --- Many files -----------------------------------------------------------

mkdir one two
for i in 1 2 3 4 5 6; do
  "$fixture" melody "song $i.wav" $((8000 * i)) 1
done
check "one job" exits 0 "$neume" transcribe --model model song*.wav \
  --notes one --frames one --midi one --jobs 1
check "many jobs" exits 0 "$neume" transcribe --model model song*.wav \
  --notes two --frames two --midi two --jobs 5
check "give the same" diff -r one two
check "printed in order" exits 0 "$neume" transcribe --model model song*.wav
grep '\.wav:$' out >names
printf 'song %s.wav:\n' 1 2 3 4 5 6 >wanted
check "indeed" diff wanted names
check "a bad file among good ones" exits 1 "$neume" transcribe \
  --model model 'song 1.wav' model 'song 2.wav' --notes three
check "says which" says 'neume: model: '
check "the others are there" test -s 'three/song 1.notes.csv' \
  -a -s 'three/song 2.notes.csv'

mkdir other
cp 'song 1.wav' other
check "the same name twice" exits 2 "$neume" transcribe --model model \
  'song 1.wav' 'other/song 1.wav' --midi four
check "says so" says "'song 1.wav' and 'other/song 1.wav'"
check "before anything is done" test ! -e four
check "but both can be printed" exits 0 "$neume" transcribe --model model \
  'song 1.wav' 'other/song 1.wav'

# --- Hostile input --------------------------------------------------------

printf 'This is no audio file, only text that goes on for a while.' >text.wav
printf 'RIFF\377\377\377\377WAVEfmt \020\0\0\0\1\0\1\0' >header.wav
: >nothing.wav
mkdir folder.wav
"$fixture" rate low.wav 4000
"$fixture" rate high.wav 1000000
check "text" fails 'not a known audio file' text.wav
check "a header alone" fails 'header.wav: ' header.wav
check "no bytes" fails 'no bytes' nothing.wav
check "a folder" fails 'is a folder' folder.wav
check "not there" fails 'No such file' absent.wav
check "4 kHz" fails 'sample rate 4000 Hz is outside 8000 to 384000' low.wav
check "1 MHz" fails 'sample rate 1000000 Hz is outside' high.wav

# root may read everything, so this needs someone else
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  cp 'song 1.wav' secret.wav
  chmod 600 secret.wav
  chmod 755 .
  check "unreadable" exits 1 setpriv --reuid 65534 --clear-groups \
    "$neume" transcribe --model model secret.wav
  check "says so" says 'Permission denied'
  chmod 700 .
fi

head -c 100000 'song 4.wav' >cut.wav
check "a cut WAV" exits 0 "$neume" transcribe --model model cut.wav --notes got
check "has the notes so far" grep -q ',60,' got/cut.notes.csv
"$fixture" silence long.flac 3600
head -c 3000 long.flac >cut.flac
"$neume" transcribe --model model cut.flac --notes got >out 2>err
check "a cut FLAC ends well" test $? -le 1
check "NaN and infinity" "$fixture" nan nan.wav
check "are silence" exits 0 "$neume" transcribe --model model nan.wav --notes got
check "and the notes stay" exits 0 "$neume" compare truth.csv got/nan.notes.csv
check "right" prints ': 8 right'
"$fixture" silence empty.wav 0
check "0 frames" exits 0 "$neume" transcribe --model model empty.wav \
  --notes got --frames got --midi got --picture got
check "give no notes" lines 1 got/empty.notes.csv
check "and no frames" lines 1 got/empty.frames.csv
check "and an empty MIDI file" exits 0 "$fixture" midi got/empty.mid

check "a model that is none" exits 1 "$neume" transcribe --model truth.csv \
  'song 1.wav'
check "says so" says 'truth.csv: '
check "no model" exits 1 env NEUME_MODEL=absent "$neume" transcribe 'song 1.wav'
check "truth that is none" exits 1 "$neume" transcribe --model model \
  'song 1.wav' --picture got --truth model
check "notes that are none" exits 1 "$neume" compare truth.csv model

# --- Where it can't write -------------------------------------------------

check "a file for a folder" exits 1 "$neume" transcribe --model model \
  'song 1.wav' --notes truth.csv
check "says so" says "'truth.csv' is not a folder"
check "two levels at once" exits 1 "$neume" transcribe --model model \
  'song 1.wav' --notes absent/below
mkdir -p 'full/song 1.mid'
check "a folder in the way" exits 1 "$neume" transcribe --model model \
  'song 1.wav' --notes full --midi full
check "all or nothing" test ! -e 'full/song 1.notes.csv'
check "no temporary file" no_temporary
check "a small disk" exits 1 sh -c 'ulimit -f 8; trap "" XFSZ; exec "$@"' - \
  "$neume" transcribe --model model 'song 1.wav' --picture small
check "leaves nothing" empty small
check "says of which file" says "can't write 'small/song 1.png': File too large"
for command in mono features transcribe; do
  case $command in
    mono) set -- --out small/x.wav ;;
    features) set -- --model model --out small/x.npy ;;
    *) set -- --model model --frames small ;;
  esac
  # shellcheck disable=SC2016
  check "a small disk for $command" exits 1 \
    env --default-signal sh -c 'ulimit -f 1; exec "$@"' - \
    "$neume" $command 'song 1.wav' "$@"
  check "says what" says "can't write 'small/.*': File too large"
  check "leaves nothing" empty small
done
mkdir -p many
for i in $(seq 24); do # Whose notes are more than a buffer holds
  ln 'song 1.wav' "many/$i.wav"
done
# shellcheck disable=SC2016
check "nobody who reads" env --default-signal sh -c \
  '"$@" many/*.wav --print --midi piped 2>err | true' - \
  "$neume" transcribe --model model --quiet
check "is told nothing" lines 0 err
check "leaves nothing half done" no_temporary
check "and no recording out" test "$(find piped -name "*.mid" | wc -l)" -eq 24

# --- Signals --------------------------------------------------------------

# stop SIGNAL STATUS COMMAND...: ends by the signal once it is writing
stop() {
  signal=$1
  wanted=$2
  shift 2
  # Not ignored, even where the tests run under nohup
  env --default-signal "$@" >out 2>err &
  pid=$!
  tries=0
  while no_temporary && [ $tries -lt 200 ]; do
    sleep 0.02
    tries=$((tries + 1))
  done
  if no_temporary; then
    echo "it never wrote" >&2
    return 1
  fi
  kill -s "$signal" $pid
  wait $pid
  status=$?
  [ $status -eq "$wanted" ] || { echo "status $status" >&2; return 1; }
}

check "SIGTERM" stop TERM 143 \
  "$neume" features --model model long.flac --out long.npy
check "leaves nothing" test ! -e long.npy
check "no temporary file" no_temporary
printf kept >long.npy
check "SIGHUP" stop HUP 129 \
  "$neume" features --model model long.flac --out long.npy
check "leaves what was there" grep -qx kept long.npy
check "no temporary file" no_temporary

# --- The other commands ---------------------------------------------------

check "features" exits 0 "$neume" features --model model 'song 2.wav' \
  --out f.npy --interleave 8
check "of 384 frames" test "$(wc -c <f.npy)" -eq $((128 + 384 * 39 * 4))
check "features of text" exits 1 "$neume" features --model model text.wav \
  --out text.npy
check "write nothing" test ! -e text.npy

check "info" exits 0 "$neume" info model
check "name" prints '^name  *sines$'
check "window" prints 'window 1024 (250 ms), highest at 512, FFT 2048$'
check "stack" prints '^  *stack of 1, 125 ms between frames$'
check "onsets" prints '^onsets  *not told$'
check "no doubt" prints '^doubt  *0 ms$'
check "parameters" prints '1600 *1560'
check "provenance" prints 'command: by hand'
check "all of it" exits 0 "$neume" info --provenance model
check "as JSON" prints '^  "command": "by hand"'
check "info of the bundled weights" exits 0 "$neume" info
check "their doubt" prints '^doubt  *35 ms, of onsets '
check "their provenance" prints '^provenance'
check "in short lines" test "$(wc -L <out)" -le 240
check "the same when named" exits 0 "$neume" info "$weights"
check "info of one that tells onsets" exits 0 "$neume" info "$onsets"
check "says so" prints '^onsets  *told$'
check "info of text" exits 1 "$neume" info text.wav

# A file that is opened must not get the number of a stream that is closed
mkdir -p open closed
check "streams open" exits 0 "$neume" transcribe --model model 'a song.wav' \
  --print --notes open --midi open --frames open
sh -c '"$@" >&- 2>&- <&-' - "$neume" transcribe --model model 'a song.wav' \
  --print --notes closed --midi closed --frames closed
check "streams closed" test $? -eq 1
check "write what they do open" diff -r open closed
mkfifo waits.wav
sh -c 'exec "$@" >&- 2>&- <&-' - "$neume" transcribe --model model waits.wav &
for try in 1 2 3 4 5 6 7 8 9; do
  [ "$(readlink /proc/$!/fd/2)" != /dev/null ] || break
  sleep 0.$try
done
for fd in 0 1 2; do
  check "number $fd is nobody's" test "$(readlink /proc/$!/fd/$fd)" = /dev/null
done
kill $!
wait $! 2>>err
rm waits.wav

mkdir -p own
"$fixture" melody own.wav 44100 2
cp own.wav own/again.wav
ln -sf ../own.wav own/link.wav
check "mono over its own recording" exits 1 "$neume" mono own.wav \
  --out own/link.wav
check "says why" says "is read, and is not written over"
check "features over it" exits 1 "$neume" features --model model own.wav \
  --out own.wav
check "leave it as it was" cmp own.wav own/again.wav
cp truth.csv own/own.notes.csv
check "a picture of a truth, and notes over that" exits 1 "$neume" transcribe \
  --model model own.wav --truth own/own.notes.csv --notes own --picture own
check "leave it too" cmp truth.csv own/own.notes.csv

cp model own/weights
check "features over the weights" exits 1 "$neume" features own.wav \
  --model own/weights --out own/weights
check "leave them as they were" cmp model own/weights
mkdir -p own/live
# shellcheck disable=SC2016
check "a folder is no weights" sh -c 'cd own && "$1" info live >/dev/null' - \
  "$neume"

check "mono" exits 0 "$neume" mono 'a song.wav' --out mono.wav
check "mono to what is no WAV" exits 2 "$neume" mono 'a song.wav' --out m.flac
check "says what" says "'m.flac' does not end in .wav"
check "has the notes" exits 0 "$neume" transcribe --model model mono.wav \
  --notes got
check "of the song" exits 0 "$neume" compare truth.csv got/mono.notes.csv
check "all" prints ': 8 right'
check "50 hours of sound" "$fixture" endless endless.wav
check "are too long for a WAV file" exits 1 "$neume" mono endless.wav \
  --out mono3.wav
check "which is said" says 'more samples than the [0-9]* that fit'
check "at once" test ! -e mono3.wav
rm -f endless.wav
"$fixture" melody whole.wav 16000 1
cp whole.wav stream.wav
for at in 4 40; do # As long as can be, says who writes into a pipe
  printf '\377\377\377\377' |
    dd of=stream.wav bs=1 seek=$at conv=notrunc 2>>err
done
# shellcheck disable=SC2016
check "mono of a stream" sh -c 'cat stream.wav | "$1" mono /dev/stdin --out s.wav' - \
  "$neume"
check "mono of the file" exits 0 "$neume" mono whole.wav --out w.wav
check "is the same" cmp s.wav w.wav
check "mono of text" exits 1 "$neume" mono text.wav --out mono2.wav
check "writes nothing" test ! -e mono2.wav

echo "$checks checks, $failures failures" >&2
[ $failures -eq 0 ]
