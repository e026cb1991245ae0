#!/usr/bin/env bash
# Times real programs on a real fleet (deploy/fleet.sh) and prints a Markdown table for docs/BENCHMARKS.md:
# the wall time of whole commands, including the start of the program, and memory.
#
#   tests/bench/fleet_bench.sh [NODES] [RUNS]      100 nodes and 25 runs by default
#
# The programs are taken from $ORCH_BIN, or else from build/release/bin. The script uses only the shell and /proc,
# so that anybody can check the figures with `time`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

nodes=${1:-100}
runs=${2:-25}
[[ $nodes =~ ^[1-9][0-9]*$ && $runs =~ ^[1-9][0-9]*$ ]] && [ "$runs" -ge 5 ] || {
  echo "usage: tests/bench/fleet_bench.sh [NODES] [RUNS, at least 5]" >&2; exit 2; }
export ORCH_BIN=${ORCH_BIN:-$PWD/build/release/bin}
export LC_ALL=C
[ -x "$ORCH_BIN/orchctl" ] || { echo "$ORCH_BIN holds no programs; run deploy/quickstart.sh first" >&2; exit 1; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/orch-bench.XXXXXX")
fleet=$folder/fleet
cleanup() {
  deploy/fleet.sh stop "$fleet" >/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

began=$(now_us)
deploy/fleet.sh start "$nodes" "$fleet" >"$folder/start.log" || { cat "$folder/start.log"; exit 1; }
started_ms=$((($(now_us) - began) / 1000))

# Runs "$@" once without counting, then $runs times, and prints "median min p90 max" in ms.
measure() {
  local i before after sorted=()
  "$@" >"$folder/out" 2>&1 </dev/null || { echo "failed: $*" >&2; cat "$folder/out" >&2; exit 1; }
  for ((i = 0; i < runs; i++)); do
    before=${EPOCHREALTIME/[.,]/}
    "$@" >"$folder/out" 2>&1 </dev/null
    after=${EPOCHREALTIME/[.,]/}
    echo $((after - before))
  done | sort -n >"$folder/times"
  mapfile -t sorted <"$folder/times"
  awk -v median="${sorted[$((runs / 2))]}" -v min="${sorted[0]}" -v p90="${sorted[$((runs * 9 / 10))]}" \
    -v max="${sorted[$((runs - 1))]}" 'BEGIN { printf "%.1f %.1f %.1f %.1f", median/1000, min/1000, p90/1000, max/1000 }'
}
time_row() {
  local name=$1 aim=$2 figures
  shift 2
  figures=$(measure "$@")
  read -r median min p90 max <<<"$figures"
  printf '| %s | %s ms | %s ms | %s ms | %s ms | %s |\n' "$name" "$median" "$min" "$p90" "$max" "$aim"
}
orchctl() { "$ORCH_BIN/orchctl" -c "$fleet/client.yaml" "$@"; }
# Prints "resident proportional" memory of process $1 in MiB; only the first counts shared pages in full.
memory_of() {
  awk '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } END { printf "%.1f %.1f\n", rss / 1024, pss / 1024 }' "/proc/$1/smaps_rollup"
}

printf 'Machine: %s × %s, %s MiB, Linux %s. ' "$(nproc)" \
  "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" \
  "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" "$(uname -r)"
printf 'Command: `tests/bench/fleet_bench.sh %s %s`. %s nodes attached %s ms after `fleet.sh start`.\n\n' \
  "$nodes" "$runs" "$nodes" "$started_ms"
printf '| whole command, %s runs | median | min | p90 | max | aim |\n|---|---|---|---|---|---|\n' "$runs"
aim_ping='–'
[ "$nodes" -eq 100 ] && aim_ping='≤ 60 ms'
time_row '`orchctl version`' '≤ 15 ms' "$ORCH_BIN/orchctl" version
time_row "\`orchctl ping\`, $nodes nodes" "$aim_ping" orchctl ping
time_row "\`orchctl find -F osfamily=Debian\`" '–' orchctl find -F osfamily=Debian
time_row "\`orchctl facts osfamily\`" '–' orchctl facts osfamily
time_row "\`orchctl rpc rpcutil get_fact fact=role\`, $nodes nodes" '–' orchctl rpc rpcutil get_fact fact=role
time_row "\`orchctl inventory node001.example.net\`" '–' orchctl inventory node001.example.net

printf '\n| memory after these | resident (RSS) | proportional (PSS) | aim |\n|---|---|---|---|\n'
read -r rss pss < <(memory_of "$(<"$fleet/hub.pid")")
printf '| hub with %s nodes | %s MiB | %s MiB | – |\n' "$nodes" "$rss" "$pss"
for file in "$fleet"/nodes/*/pid; do memory_of "$(<"$file")"; done | sort -n >"$folder/memory"
awk '{ rss[NR] = $1; pss += $2 } END {
  printf "| node agent, median of %d | %.1f MiB | %.1f MiB (mean) | ≤ 15 MB |\n", NR, rss[int((NR + 1) / 2)], pss / NR
  printf "| node agent, largest | %.1f MiB | – | ≤ 15 MB |\n", rss[NR] }' "$folder/memory"
