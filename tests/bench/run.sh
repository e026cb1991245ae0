#!/usr/bin/env bash
# Measures the hub beside nats-server and beside a hub without gRPC, under a swarm of light nodes, and writes the figures
# into docs/BENCHMARKS.md, docs/benchmarks.json and docs/benchmarks/*.svg. Takes about an hour; the machine should do
# nothing else.
#
#   tests/bench/run.sh            everything
#   tests/bench/run.sh --quick    1,000 nodes and 3 rounds, printed only
#
# Installs nats-server, builds our gRPC (deploy/grpc/build.sh) and the presets release and package where they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

quick=false
case "${1:-}" in
  "") ;;
  --quick) quick=true ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

deploy/install-deps.sh --build
command -v nats-server >/dev/null || apt-get install -y -q --no-install-recommends nats-server
deploy/grpc/build.sh
for preset in release package; do
  mkdir -p "build/$preset"
  cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || { cat "build/$preset/configure.log" >&2; exit 1; }
done
ninja --quiet -C build/release orch-hub light_swarm raw_hub bench_client
ninja --quiet -C build/package orch-hub

measure=(tests/bench/swarm/measure.py "--hub=hub=build/package/bin/orch-hub" "--hub=packaged gRPC=build/release/bin/orch-hub"
  --tools=build/release/bench --ddl=actions/plugins/rpcutil/rpcutil.json)
if $quick; then
  exec "${measure[@]}" --out=build/benchmarks.json --sizes=1000 --tls_sizes=1000 --rounds=3
fi
mkdir -p docs/benchmarks
"${measure[@]}" --out=docs/benchmarks.json --sizes=1000,5000,10000,19000 --tls_sizes=1000,6000
tests/bench/swarm/report.py docs/benchmarks.json docs/BENCHMARKS.md docs/benchmarks
