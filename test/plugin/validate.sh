#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC

# What hosts read is valid: validate.sh BUNDLE

set -eu
bundle=$1

command -v lv2_validate >/dev/null || exit 77

found=$(lv2_validate "$bundle"/*.ttl 2>&1) || {
	printf '%s\n' "$found"
	exit 1
}

# It returns success whatever it finds, and always skips a file of its own
printf '%s\n' "$found"
if printf '%s\n' "$found" | grep -v '^Skipping file /' | grep -v '^Found 0 errors '; then
	exit 1
fi
printf '%s\n' "$found" | grep -q '^Found 0 errors '

# The check above can fail: a port that lost its symbol is an error
broken=$(mktemp -d)
trap 'rm -r "$broken"' EXIT
cp "$bundle"/*.ttl "$broken"
sed '/lv2:symbol "gate"/d' "$bundle/neume.ttl" >"$broken/neume.ttl"
if lv2_validate "$broken"/*.ttl 2>&1 | grep -q '^Found 0 errors '; then
	echo "the validator finds nothing"
	exit 1
fi
