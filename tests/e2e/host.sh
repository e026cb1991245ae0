#!/usr/bin/env bash
# Boots a real Debian 12 host with systemd as its first process and tries what a build machine cannot: our
# units with all their limits, users and folders, and the service plugin against a real systemd. Must be root;
# installs debootstrap and systemd-container when they are missing. The first run makes an image, which takes
# some minutes and 250 MB; later runs boot the image in two seconds and change nothing in it.
#
#   tests/e2e/host.sh [BUILD]      installs the programs of BUILD; build/release by default
#
# The image is kept in $ORCH_HOST_CACHE (/var/cache/orch-test-host by default).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath -m "${1:-$root/build/release}")
cache=${ORCH_HOST_CACHE:-/var/cache/orch-test-host}
# The packages that our programs link and the tests use, without those that the build needs.
packages=systemd,systemd-sysv,dbus,cron,apt,libssl3,libsystemd0,libyaml-cpp0.7,libsqlite3-0,libcurl4,libcjose0,ruby

[ "$(id -u)" -eq 0 ] || { echo "host.sh: needs root, to boot a container" >&2; exit 1; }
[ -x "$build/bin/orch-hub" ] || { echo "host.sh: no programs in $build/bin; build them first" >&2; exit 1; }
if ! command -v debootstrap >/dev/null || ! command -v systemd-nspawn >/dev/null; then
  DEBIAN_FRONTEND=noninteractive apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends debootstrap systemd-container >/dev/null
fi

# Each list of packages has an image of its own; an unfinished image is never used.
image=$cache/bookworm-$(printf %s "$packages" | sha256sum | cut -c1-12)
if [ ! -d "$image" ]; then
  mkdir -p "$cache"
  rm -rf "$image.part"
  echo "Making the image $image"
  debootstrap --variant=minbase --include="$packages" bookworm "$image.part" >"$cache/debootstrap.log" 2>&1 ||
    { tail -n 20 "$cache/debootstrap.log" >&2; exit 1; }
  # Old package lists would mislead.
  rm -rf "$image.part"/var/cache/apt/archives/*.deb
  mv "$image.part" "$image"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/orch-host.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"
DESTDIR=$work/stage cmake --install "$build" --prefix /usr/local --strip >"$work/install.log" 2>&1 ||
  { cat "$work/install.log" >&2; exit 1; }
cp "$root/tests/e2e/on_host.sh" "$work/on_host.sh"
cat >"$work/orch-test.service" <<'UNIT'
[Unit]
Description=Tests of the installed programs
[Service]
ExecStart=/opt/on_host.sh
ExecStopPost=/bin/systemctl poweroff
UNIT

# The image is the lower layer; what the run writes goes to a layer in memory.
timeout 300 systemd-nspawn --quiet --directory="$image" --volatile=overlay --boot --register=no --keep-unit \
  --private-network --hostname=host1 --bind-ro="$work/stage/usr/local:/usr/local" \
  --bind-ro="$work/on_host.sh:/opt/on_host.sh" --bind-ro="$work/orch-test.service:/etc/systemd/system/orch-test.service" \
  --bind="$work/out:/out" -- systemd.wants=orch-test.service systemd.show_status=no \
  </dev/null >"$work/console" 2>&1 || true

cat "$work/out/report" 2>/dev/null || { echo "host.sh: the host did not run the tests; its console:" >&2; tail -n 40 "$work/console" >&2; exit 1; }
[ "$(cat "$work/out/verdict" 2>/dev/null)" = passed ]
