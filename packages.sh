#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# packages.sh GROUP...: install what is missing of these groups of packages.txt

set -eu
root=$(dirname "$(readlink -f "$0")")

missing=
for group in "$@"; do
  awk -v group="$group" '$1 == group { found = 1 } END { exit !found }' \
    "$root/packages.txt" || {
    echo "packages.txt has no group '$group'" >&2
    exit 2
  }
  for package in $(awk -v group="$group" '$1 == group { print $2 }' \
    "$root/packages.txt"); do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) ||
      state=absent
    [ "$state" = installed ] || missing="$missing $package"
  done
done
[ -n "$missing" ] || exit 0

# explain TEXT: say why the packages can't be installed, and give up
explain() {
  echo "Neume needs these Debian packages, which are not installed:" >&2
  echo " $missing" >&2
  echo "$1" >&2
  exit 1
}

command -v apt-get >/dev/null ||
  explain "There is no apt-get here: install what corresponds to them by hand."
as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null ||
    explain "Installing them takes root: run this as root, or install sudo."
  as_root=sudo
fi

echo "Installing$missing"
set -- -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300
$as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" update ||
  echo "The list of packages could not be updated; trying with the old one." >&2
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" \
  install -y --no-install-recommends $missing ||
  explain "apt-get could not install them; it says why above."
