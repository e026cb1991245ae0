#!/usr/bin/env bash
# puppetral and MCollective's Ruby agents with real Puppet, on a hub and two agents. No puppetserver.
# As root; installs puppet-agent (with ruby) when missing. About 20 s. Writes only below a temporary folder.
#
#   tests/e2e/puppetral/run.sh [NAME…]     all, or single tests such as PuppetralTest.test_search_gives_one_output_a_title
#
# Programs come from $ORCH_BIN, build/dev/bin when not set. ORCH_TEST_FIGURES=1 prints warm latencies.
# Exit code 77: Puppet cannot be installed here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export PYTHONDONTWRITEBYTECODE=1 DEBIAN_FRONTEND=noninteractive
if [ "$(id -u)" -ne 0 ]; then
  echo "SKIPPED: only root may create and look at every resource"
  exit 77
fi
if ! command -v puppet >/dev/null || ! command -v ruby >/dev/null; then
  { apt-get -q -o DPkg::Lock::Timeout=300 update &&
    apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends puppet-agent ruby; } >/dev/null 2>&1 ||
    { echo "SKIPPED: puppet-agent cannot be installed here"; exit 77; }
  # Its service is not ours to run.
  if command -v systemctl >/dev/null; then systemctl disable --now puppet >/dev/null 2>&1 || true; fi
fi
exec python3 test_puppetral.py -v "$@"
