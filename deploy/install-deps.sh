#!/usr/bin/env bash
# The one list of Debian 12 packages that building and testing need. Installs what is missing, says
# nothing when nothing is. Safe to run again; used by quickstart.sh and tests/run.sh.
#
#   deploy/install-deps.sh          install what is missing (as root)
#   deploy/install-deps.sh --list   print the names only
set -euo pipefail

packages=(
  # Tools
  build-essential ccache cmake mold ninja-build pkg-config protobuf-compiler protobuf-compiler-grpc
  # Libraries
  libabsl-dev libcli11-dev libgrpc++-dev libprotobuf-dev libre2-dev libspdlog-dev libsqlite3-dev libssl-dev
  libsystemd-dev libyaml-cpp-dev nlohmann-json3-dev zlib1g-dev
  # Tests: the integration ring, the Python example of the client API, MCollective's Ruby agents
  # (python3 -m grpc_tools.protoc imports pkg_resources, which python3-grpc-tools does not depend on)
  dbus-daemon jq libbenchmark-dev libgmock-dev libgtest-dev openssl procps python3 python3-grpc-tools python3-grpcio
  python3-pkg-resources python3-protobuf ruby zsh
  # Tests: the plugin package against real package managers
  apt-utils createrepo-c dnf rpm
)

case "${1:-}" in
  "") ;;
  --list) printf '%s\n' "${packages[@]}"; exit 0 ;;
  *) echo "usage: deploy/install-deps.sh [--list]" >&2; exit 2 ;;
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
