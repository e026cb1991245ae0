#!/usr/bin/env bash
# From a fresh clone on a bare Debian 12 to a running fleet, as root: installs what building needs,
# builds, starts a hub and three node agents on loopback and asks them something. Takes some minutes,
# nearly all of it compiling. Safe to run again.
#
#   deploy/quickstart.sh [DIR]      DIR holds keys, configuration and logs; build/fleet when not given
set -euo pipefail
case "${1:-}" in
  -h|--help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; exit 0 ;;
  -*) echo "usage: deploy/quickstart.sh [DIR]" >&2; exit 2 ;;
esac
[ $# -le 1 ] || { echo "usage: deploy/quickstart.sh [DIR]" >&2; exit 2; }
[ $# -eq 0 ] || fleet=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fleet=${fleet:-$PWD/build/fleet}
. /etc/os-release
[ "${ID:-}" = debian ] && [ "${VERSION_ID:-0}" = 12 ] ||
  echo "This is ${PRETTY_NAME:-no Debian}; the packages are those of Debian 12, so building may fail here." >&2

step() { printf '\n== %s\n' "$*"; }

step "1/4 Packages (deploy/install-deps.sh)"
deploy/install-deps.sh
echo "All there."

step "2/4 Build (preset release, into build/release)"
[ -n "${HOME:-}" ] || export CCACHE_DIR="$PWD/build/ccache"
mkdir -p build/release
cmake --preset release >build/release/configure.log 2>&1 || { cat build/release/configure.log >&2; exit 1; }
ninja -C build/release -j"$(nproc)" orch-hub orch-nodeagent orchctl

step "3/4 A hub and three node agents on loopback (deploy/fleet.sh start 3)"
export ORCH_BIN="$PWD/build/release/bin"
deploy/fleet.sh stop "$fleet" >/dev/null
deploy/fleet.sh start 3 "$fleet"

step "4/4 First questions"
export ORCHCTL_CONFIG="$fleet/client.yaml"
ask() {
  printf '\n$ orchctl %s\n' "$*"
  # An action that fails on a node is an answer too (exit code 2); a hub that is not there is not.
  local code=0
  "$ORCH_BIN/orchctl" "$@" </dev/null || code=$?
  [ "$code" -eq 0 ] || printf '[exit code %s]\n' "$code"
  [ "$code" -le 2 ] || exit "$code"
}
ask ping
ask find -F osfamily=Debian
ask inventory node001.example.net
ask invoke package checkupdates

step "Done"
cat <<TEXT
What happened: the programs were built into build/release/bin; orch-hub init made random keys and
certificates in $fleet/hub; a hub and three agents, each with a key of its own, run on loopback.

Go on:   export ORCHCTL_CONFIG=$fleet/client.yaml PATH=$ORCH_BIN:\$PATH
         orchctl --help
         orchctl facts osfamily
         orchctl rpc rpcutil get_fact fact=country -W role=db
Stop:    deploy/fleet.sh stop $fleet
TEXT
