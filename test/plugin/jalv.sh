#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC

# The plugin runs in a live host: jalv, under a JACK server without a device.
# LV2_PATH leads to the plugin.

set -eu

for program in jackd jalv; do
	command -v "$program" >/dev/null || exit 77
done

uri=urn:neume:voice-to-midi
JACK_DEFAULT_SERVER=neume-test-$$
JACK_NO_AUDIO_RESERVATION=1
JACK_NO_START_SERVER=1
export JACK_DEFAULT_SERVER JACK_NO_AUDIO_RESERVATION JACK_NO_START_SERVER

logs=$(mktemp -d)
jackd -r -n "$JACK_DEFAULT_SERVER" -d dummy -r 48000 -p 256 >"$logs/jackd" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || :; wait $server 2>/dev/null || :; rm -r "$logs"' EXIT

fail() {
	printf '%s\n' "$1"
	cat "$logs"/*
	exit 1
}

if command -v jack_wait >/dev/null; then
	jack_wait -w -t 5 >/dev/null 2>&1 || { cat "$logs/jackd"; exit 77; }
else
	sleep 2
fi
kill -0 $server 2>/dev/null || { cat "$logs/jackd"; exit 77; }

# Two seconds, with controls moved meanwhile
{
	sleep 0.7
	echo "set monitor 0.5"
	sleep 0.3
	echo "set min_note 125"
	sleep 0.5
	echo "controls"
	sleep 0.5
} | LC_ALL=C timeout 30 jalv -n neume-test -p $uri >"$logs/out" 2>"$logs/err" ||
	fail "jalv failed: $?"

kill -0 $server 2>/dev/null || fail "the server has died"
grep -q '^Sample rate: *48000' "$logs/out" "$logs/err" || fail "jalv has not started"
grep -q 'monitor = 0.5' "$logs/out" || fail "the control has not moved"
grep -q 'min_note = 125' "$logs/out" || fail "the second control has not moved"
if grep "neume:" "$logs/err"; then
	fail "the plugin complains"
fi
