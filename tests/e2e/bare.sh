#!/usr/bin/env bash
# Tries a bare machine: makes a fresh Debian 12 root (minbase, no /etc/hosts), runs both commands of the README
# there from a fresh clone of the last commit, and reports what was missing. Must be root; installs debootstrap
# and systemd-container on this machine when they are missing. The new root shares the network, the package
# sources, npm's registry and the compiler cache of this machine, and is removed at the end.
#
#   tests/e2e/bare.sh            runs deploy/quickstart.sh and tests/run.sh; an hour with an empty ccache
#   tests/e2e/bare.sh --short    uses a copy of the working tree: packages, configure, the Python example and the
#                                integration test of the main job, with the programs in $ORCH_BIN
#                                (build/dev/bin by default); about a minute
#   tests/e2e/bare.sh --quickstart   only deploy/quickstart.sh; five minutes or less where ccache is warm
#   ... --keep                   keeps the root and says where it is
#
# The root is made below $ORCH_BARE_DIR (/var/tmp by default) and takes 3 GB, or 25 GB for the full run. The exit
# code is 77 when this machine cannot make or enter such a root; the reason is printed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root

short=false keep=false quickstart=false
while [ $# -gt 0 ]; do
  case "$1" in
    --short) short=true ;;
    --quickstart) quickstart=true ;;
    --keep) keep=true ;;
    -h|--help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "bare.sh: unknown argument '$1'; try --help" >&2; exit 2 ;;
  esac
  shift
done

skip() { echo "SKIPPED: $*"; exit 77; }
fail() { echo "bare.sh: $*" >&2; exit 1; }

check_this_machine() {
  [ -z "${ORCH_IN_BARE_ROOT:-}" ] || skip "this is the bare root"
  [ "$(id -u)" -eq 0 ] || skip "only root may make and enter a root"
  if ! command -v debootstrap >/dev/null || ! command -v systemd-nspawn >/dev/null; then
    { apt-get -q -o DPkg::Lock::Timeout=300 update &&
      DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
        debootstrap systemd-container; } >/dev/null 2>&1 </dev/null ||
      skip "debootstrap and systemd-container cannot be installed here"
  fi
  local free_gb
  free_gb=$(($(df --output=avail -k "$base" | tail -n 1) / 1048576))
  [ "$free_gb" -ge "$need_gb" ] || skip "$base has $free_gb GB free and $need_gb are needed; set ORCH_BARE_DIR"
  if $short; then
    bin=$(realpath -m "${ORCH_BIN:-$root/build/dev/bin}")
    [ -x "$bin/orch-hub" ] || fail "no programs in $bin: build them first, or set ORCH_BIN to their folder"
  else
    command -v git >/dev/null || skip "git is not installed, and the full run makes a clone"
  fi
}

# When this machine is a Debian 12 itself, its package sources name a mirror that it can reach.
host_is_bookworm() { (. /etc/os-release && [ "${VERSION_CODENAME:-}" = bookworm ]); }
mirror() {
  local found=
  ! host_is_bookworm || found=$(apt-get indextargets 'Created-By: Packages' --format '$(CODENAME) $(REPO_URI)' 2>/dev/null |
    sed -n 's/^bookworm //p' | head -n 1)
  echo "${found:-http://deb.debian.org/debian}"
}
copy_sources() {
  host_is_bookworm || return 0
  rm -f "$image/etc/apt/sources.list"
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} /usr/share/keyrings/*.{gpg,asc} \
    /etc/apt/keyrings/* /etc/apt/trusted.gpg.d/* /etc/ssl/certs/ca-certificates.crt; do
    [ -f "$file" ] && [ ! -e "$image$file" ] || continue
    mkdir -p "$image${file%/*}"
    cp -L "$file" "$image$file"
  done
  apt-config dump | grep -E '^Acquire::(http|https|Check-|ForceIP|Retries|Languages)' >"$image/etc/apt/apt.conf.d/90host" || true
}

make_image() {
  echo "== A fresh Debian 12 in $image"
  debootstrap --variant=minbase bookworm "$image" "$(mirror)" >"$work/debootstrap.log" 2>&1 || {
    tail -n 5 "$work/debootstrap.log"
    skip "debootstrap cannot make a root here; its last words are above"
  }
  copy_sources
  rm -f "$image/etc/hosts"
  # Nothing in this root has to survive a power cut.
  echo force-unsafe-io >"$image/etc/dpkg/dpkg.cfg.d/unsafe-io"
  cp "$root/tests/e2e/in_bare_root.sh" "$image/in_bare_root.sh"
}

put_sources() {
  mkdir -p "$image$root"
  if $short; then
    tar -C "$root" --exclude=./build --exclude=./.git -c . | tar -C "$image$root" -x
    return
  fi
  rmdir "$image$root"
  [ -z "$(git -C "$root" status --porcelain)" ] ||
    echo "Uncommitted changes are not in the clone." >&2
  git -c safe.directory='*' clone --quiet "$root" "$image$root"
}

# Runs the step $1 of in_bare_root.sh with the variables that a login on a bare machine sets.
enter() {
  local options=(--quiet --directory="$image" --register=no --keep-unit --as-pid2 --pipe --hostname=bare)
  local variables=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb ORCH_IN_BARE_ROOT=1)
  local name cache authority
  for name in http_proxy https_proxy no_proxy; do
    [ -z "${!name:-}" ] || variables+=("$name=${!name}")
  done
  # npm's registry, and who vouches for it, may be this machine's own, as its package sources may.
  if command -v npm >/dev/null; then
    variables+=("NPM_CONFIG_REGISTRY=$(npm config get registry)")
    authority=$(npm config get cafile)
    if [ -f "$authority" ]; then
      options+=(--bind-ro="$(realpath "$authority"):/etc/npm-authority.pem")
      variables+=("NPM_CONFIG_CAFILE=/etc/npm-authority.pem")
    fi
  fi
  # The size limit is passed on too: a smaller one would make ccache delete entries of this machine.
  if ! $short && cache=$(ccache --get-config cache_dir 2>/dev/null) && [ -d "$cache" ]; then
    options+=(--bind="$cache:/root/.cache/ccache")
    variables+=("CCACHE_DIR=/root/.cache/ccache" "CCACHE_MAXSIZE=$(ccache --get-config max_size)")
  else
    # A cache of its own would end with the root, and filling it costs a third of a build.
    variables+=("CCACHE_DISABLE=1")
  fi
  if $short; then
    options+=(--bind-ro="$bin")
    variables+=("ORCH_BIN=$bin" "ORCH_TEST_PATIENCE=${ORCH_TEST_PATIENCE:-1}")
  fi
  [ "$1" = try ] || options+=(--chdir="$root")
  systemd-nspawn "${options[@]}" /usr/bin/env -i "${variables[@]}" bash /in_bare_root.sh "$1" </dev/null 2>&1
}

# Lists what the root lacked, from the messages of the programs that looked for it, and the skipped tests.
say_what_was_missing() {
  local logs=("$work/output")
  ! compgen -G "$image$root/build/*/Testing/Temporary/LastTest.log" >/dev/null ||
    logs+=("$image$root"/build/*/Testing/Temporary/LastTest.log)
  grep -hoaE "No module named '[^']+'|[^ :]+: command not found|No such file or directory: '[^']+'|env: .*: No such file.*|\
error while loading shared libraries: [^:]+|Could NOT find [A-Za-z0-9_]+|No package '[^']+' found|cannot load such file -- [^ )]+|\
[^ ]*[^:]*: Name or service not known|Temporary failure in name resolution|fatal error: [^:]+: No such file" "${logs[@]}" |
    sort -u | sed 's/^/missing: /' || true
  grep -haE '^\[  SKIPPED \] [^ ]+ \(|\.\.\. skipped |^SKIPPED: ' "${logs[@]}" | sort -u | sed 's/^/left out: /' || true
}

work="" base=$(realpath -m "${ORCH_BARE_DIR:-/var/tmp}") need_gb=25
! $short || need_gb=3
check_this_machine
work=$(mktemp -d "$base/orch-bare.XXXXXX")
image=$work/bare
clean_up() {
  if $keep && [ -d "$image" ]; then echo "The root is left in $image"; else rm -rf --one-file-system "$work"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

make_image
enter try >"$work/try.log" || { cat "$work/try.log"; skip "systemd-nspawn may not run here; its words are above"; }
put_sources
verdict=0
if $short; then steps=(short); elif $quickstart; then steps=(quickstart); else steps=(quickstart tests); fi
for step in "${steps[@]}"; do
  enter "$step" | grep --line-buffered -vaF 'Attempted to remove disk file system' | tee -a "$work/output" || verdict=1
done
echo "== What was missing"
say_what_was_missing | tee "$work/missing"
[ -s "$work/missing" ] || echo "Nothing."
exit "$verdict"
