#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# jalv_notes.sh SINGER TAKE SAME: the plugin in jalv, under a JACK server
# without a device, hears a phrase and sends the notes that the command finds in
# it.  The server freewheels, so a busy machine only makes it slower.  LV2_PATH
# leads to the plugin.

set -eu

singer=$1
take=$2
same=$3

for program in jackd jalv jack_lsp; do
	command -v "$program" >/dev/null || exit 77
done

folder=$(mktemp -d)
server=
host=
# Invoked by the trap
# shellcheck disable=SC2317
clean() {
	for process in $host $server; do
		kill "$process" 2>/dev/null || :
		wait "$process" 2>/dev/null || :
	done
	rm -rf "$folder"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

HOME=$folder
XDG_CONFIG_HOME=$folder
JACK_DEFAULT_SERVER=neume-notes-$$
JACK_NO_AUDIO_RESERVATION=1
JACK_NO_START_SERVER=1
export HOME XDG_CONFIG_HOME
export JACK_DEFAULT_SERVER JACK_NO_AUDIO_RESERVATION JACK_NO_START_SERVER

# until_there PROCESS PORT: wait for a port, for as long as a process lives
until_there() {
	tries=100
	until timeout -k 1 5 jack_lsp 2>/dev/null | grep -qx "$2"; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 "$1" 2>/dev/null; then
			return 1
		fi
		sleep 0.1
	done
}

timeout --foreground -k 5 100 jackd -r -S -t 20000 -n "$JACK_DEFAULT_SERVER" \
	-d dummy -r 48000 -p 256 >"$folder/jackd.log" 2>&1 &
server=$!
until_there $server system:capture_1 || {
	cat "$folder/jackd.log"
	exit 77
}

"$singer" --scale --seconds 12 "$folder/phrase.wav"

# jalv reads commands until its input ends: it is given one without end
mkfifo "$folder/commands"
LC_ALL=C timeout --foreground -k 5 90 jalv -x -n neume-jalv urn:neume:voice-to-midi \
	<>"$folder/commands" >"$folder/jalv.log" 2>&1 &
host=$!
until_there $host neume-jalv:midi_out || {
	echo "jalv has not started"
	cat "$folder"/*.log
	exit 1
}

timeout --foreground -k 5 80 "$take" neume-jalv "$folder/phrase.wav" "$folder/notes.csv" || {
	echo "nothing was recorded"
	cat "$folder"/*.log
	exit 1
}

# To the sample; what the lists round away is less than half of one
"$same" "$folder/phrase.wav" "$folder/notes.csv" 0.01 0

kill -0 $host 2>/dev/null || {
	echo "jalv has died"
	cat "$folder"/*.log
	exit 1
}
if grep "neume:" "$folder/jalv.log"; then
	echo "the plugin complains"
	exit 1
fi
