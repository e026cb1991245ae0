#!/usr/bin/env bash
# Runs one step, which the argument names. bare.sh calls it inside the bare root, in the folder of the clone. The
# output of the step goes to the caller; the exit code is the verdict.
set -euo pipefail
failures=0

# Runs the command "$@" under the name $1; shows its output when it fails.
check() {
  local name=$1 log started=$SECONDS
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then
    echo "ok      $name ($((SECONDS - started)) s)"
  else
    failures=$((failures + 1))
    echo "FAILED  $name: $*"
    sed 's/^/        /' "$log"
  fi
  grep -E '\.\.\. skipped ' "$log" || true
  rm -f "$log"
}
finish() { [ "$failures" -eq 0 ] || { echo "$failures checks failed"; exit 1; }; }

unresolved() { ! getent hosts "$1" >/dev/null; }
three_replies() { orchctl ping | grep -q '^3 replies '; }

case "${1:-}" in
  try)
    ;;
  short)
    check 'localhost is a name that nothing here knows' unresolved localhost
    check 'deploy/install-deps.sh installs what it lists' deploy/install-deps.sh
    check 'and then finds nothing to do' test -z "$(deploy/install-deps.sh 2>&1)"
    check 'the preset dev configures' cmake --preset dev
    check 'the floors of the house' python3 tests/house/house_includes.py "$PWD"
    check './x explains itself' ./x help
    # A service of systemd has no $HOME.
    export PYTHONDONTWRITEBYTECODE=1
    check 'the Python example and the main job' env -u HOME python3 tests/integration/test_main_job.py
    finish
    ;;
  quickstart)
    echo "== deploy/quickstart.sh"
    deploy/quickstart.sh
    echo "== What the README says next"
    export ORCHCTL_CONFIG=$PWD/build/fleet/client.yaml PATH=$PWD/build/release/bin:$PATH
    check 'orchctl ping has three replies' three_replies
    check 'the fleet stops' deploy/fleet.sh stop
    finish
    ;;
  tests)
    echo "== tests/run.sh"
    tests/run.sh
    ;;
  *)
    echo "in_bare_root.sh: unknown step '${1:-}'" >&2
    exit 2
    ;;
esac
