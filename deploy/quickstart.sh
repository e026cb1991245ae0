#!/usr/bin/env bash
# Goes from a fresh clone on a bare Debian 12 to a running fleet, as root: installs what building needs,
# builds the programs, starts a hub and three node agents on loopback and asks them a few questions.
# Takes under five minutes on two cores, nearly all of it for compiling. Safe to run again.
#
#   deploy/quickstart.sh [DIR]      DIR gets the keys, configuration and logs; build/fleet by default
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

# Builds the targets "$@" and shows how far the build is: on one line of a terminal, otherwise by a line for each
# tenth of the way. What else the compiler says is shown in full.
build() {
  if [ -t 1 ]; then
    NINJA_STATUS='[%p] ' ninja -C build/release -j"$(nproc)" "$@"
    return
  fi
  local line tenth shown=-1
  NINJA_STATUS='[%p] ' ninja -C build/release -j"$(nproc)" "$@" | while IFS= read -r line; do
    if [[ $line =~ ^\[\ *([0-9]+)%\] ]]; then
      tenth=$((BASH_REMATCH[1] / 10))
      [ "$tenth" -gt "$shown" ] || continue
      shown=$tenth
    fi
    printf '%s\n' "$line"
  done
}

step "1/4 Packages (deploy/install-deps.sh --build)"
deploy/install-deps.sh --build
echo "All there."

step "2/4 Build (preset release, into build/release)"
[ -n "${HOME:-}" ] || export CCACHE_DIR="$PWD/build/ccache"
mkdir -p build/release
cmake --preset release >build/release/configure.log 2>&1 || { cat build/release/configure.log >&2; exit 1; }
build orch-hub orch-nodeagent orchctl

step "3/4 A hub and three node agents on loopback (deploy/fleet.sh start 3)"
export ORCH_BIN="$PWD/build/release/bin"
deploy/fleet.sh stop "$fleet" >/dev/null
deploy/fleet.sh start 3 "$fleet"

step "4/4 First questions"
export ORCHCTL_CONFIG="$fleet/client.yaml"
readonly screen_lines=20
# Runs orchctl "$@" and shows its answer, cut to a screen.
ask() {
  local code=0 answer lines
  printf '\n$ orchctl %s\n' "$*"
  # An action that fails on a node is an answer too (exit code 2); a hub that cannot be reached is none.
  answer=$("$ORCH_BIN/orchctl" "$@" </dev/null) || code=$?
  lines=$(wc -l <<<"$answer")
  if [ "$lines" -gt "$screen_lines" ]; then
    head -n "$screen_lines" <<<"$answer"
    printf '[%s more lines]\n' $((lines - screen_lines))
  else
    printf '%s\n' "$answer"
  fi
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

They are linked with Debian's gRPC. For thousands of nodes build the preset package instead, with our gRPC
(deploy/grpc/build.sh, 10 to 20 minutes): it takes the hub a quarter to a third less time for each node.

Go on:   export ORCHCTL_CONFIG=$fleet/client.yaml PATH=$ORCH_BIN:\$PATH
         orchctl --help
         orchctl facts osfamily
         orchctl rpc rpcutil get_fact fact=country -W role=db
Stop:    deploy/fleet.sh stop $fleet
TEXT
