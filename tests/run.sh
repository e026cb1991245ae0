#!/usr/bin/env bash
# Everything from a bare clone to a verdict: installs what is missing, builds, runs all tests by ctest.
# First the preset ci (dev in larger pieces, which is quicker from nothing), everything in it; then asan
# (AddressSanitizer and UndefinedBehaviorSanitizer), the tests and what they start. Ends with ctest's own
# verdict on each.
#
#   tests/run.sh                   both
#   tests/run.sh --fast            the preset dev only, which a small change rebuilds soonest
#   tests/run.sh --preset tsan     one preset of CMakePresets.json
#   tests/run.sh ... -R filter     arguments ctest knows (-R, -E, -L, -LE with a value) go to ctest
#
# Writes only below build/ (and to ccache's own folder).
set -euo pipefail
cd "$(dirname "$0")/.."

presets=(ci asan)
select=()
while [ $# -gt 0 ]; do
  case "$1" in
    --fast) presets=(dev); shift ;;
    --preset) [ $# -ge 2 ] || { echo "tests/run.sh: --preset needs a name" >&2; exit 2; }; presets=("$2"); shift 2 ;;
    -R|-E|-L|-LE) [ $# -ge 2 ] || { echo "tests/run.sh: $1 needs a value" >&2; exit 2; }; select+=("$1" "$2"); shift 2 ;;
    -h|--help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "tests/run.sh: unknown argument '$1'; try --help" >&2; exit 2 ;;
  esac
done

deploy/install-deps.sh
if [[ " ${presets[*]} " == *" analysis "* ]] && ! command -v clang-tidy >/dev/null; then
  echo "the preset analysis needs clang and clang-tidy: apt-get install clang clang-tidy" >&2
  exit 1
fi
[ -n "${HOME:-}" ] || export CCACHE_DIR="$PWD/build/ccache"
export LC_ALL=C.UTF-8
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
jobs=$(nproc)
verdicts=()
failed=0

# The programs that tests are or start, as build targets; benchmarks and the like are left out.
targets_of() {
  {
    printf '%s\n' orch-hub orch-nodeagent orch-taskrunner orchctl
    grep -rhoE "\"$PWD/build/$1/[^\"]+\"" --include=CTestTestfile.cmake "build/$1" | tr -d '"' | sed 's|.*/||'
  } | sort -u
}

for preset in "${presets[@]}"; do
  echo "== $preset: configure"
  mkdir -p "build/$preset"
  cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || { cat "build/$preset/configure.log"; exit 1; }
  started=$SECONDS
  echo "== $preset: build"
  targets=()
  [[ $preset =~ ^(dev|ci)$ ]] || mapfile -t targets < <(targets_of "$preset")
  ninja -C "build/$preset" -j"$jobs" --quiet "${targets[@]}"
  echo "== $preset: built in $((SECONDS - started)) s; test"
  log="build/$preset/ctest.log"
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j"$jobs" "${select[@]}" 2>&1 |
    tee "$log" || failed=1
  verdicts+=("$(grep -E '[0-9]+% tests passed' "$log" | tail -n 1 || true)")
done

echo
for i in "${!presets[@]}"; do
  echo "== ${presets[$i]}"
  echo "${verdicts[$i]:-no verdict: ctest did not run to its end}"
done
exit "$failed"
