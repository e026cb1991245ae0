#!/usr/bin/env bash
# Holds the one list of Debian 12 packages that building, testing and checking need, and installs what is missing.
# Prints nothing when nothing is missing. Safe to run again; used by deploy/quickstart.sh and ./x.
#
#   deploy/install-deps.sh            installs all of them (as root)
#   deploy/install-deps.sh --build    installs only those that the programs need to be built
#   deploy/install-deps.sh --list     prints the names of all
set -euo pipefail

build=(
  # Tools
  build-essential ccache cmake mold ninja-build pkg-config protobuf-compiler protobuf-compiler-grpc
  # Libraries
  libabsl-dev libcjose-dev libcurl4-openssl-dev libgrpc++-dev libnghttp2-dev libprotobuf-dev libre2-dev libsqlite3-dev
  libssl-dev libsystemd-dev libyaml-cpp-dev nlohmann-json3-dev zlib1g-dev
  # CMake looks for these also where only the programs are built
  libbenchmark-dev libgmock-dev libgtest-dev python3
)
tests=(
  # The integration ring, the Python example of the client API, MCollective's Ruby agents
  # (python3 -m grpc_tools.protoc imports pkg_resources, which python3-grpc-tools does not depend on)
  dbus-daemon jq openssl procps python3-grpc-tools python3-grpcio python3-hpack python3-pkg-resources python3-protobuf
  ruby zsh
  # The plugin package against real package managers
  apt-utils createrepo-c dnf rpm
  # tests/bench/instructions.py
  valgrind
  # ./x lint, and the presets asan and tsan; npm follows below
  clang clang-format clang-tidy codespell flake8 libclang-rt-14-dev shellcheck
)
# The OpenID provider of tests/integration/test_login.py. Node.js from elsewhere brings an npm of its own.
command -v npm >/dev/null || tests+=(nodejs npm)
packages=("${build[@]}" "${tests[@]}")

case "${1:-}" in
  "") ;;
  --build) packages=("${build[@]}") ;;
  --list) printf '%s\n' "${packages[@]}"; exit 0 ;;
  *) echo "usage: deploy/install-deps.sh [--build | --list]" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "missing packages; as root run: apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run_apt() {
  # Another apt may hold the lock for a while on a machine that has just booted.
  if ! apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "apt-get $1 failed; its output is above" >&2
    exit 1
  fi
}
run_apt update
run_apt install -y --no-install-recommends "${missing[@]}"
