#!/usr/bin/env bash
# Puppet as users have it: a real puppetserver on loopback, real agents, and our programs between
# them. As root; installs puppet-agent, facter and puppetserver when missing. Some minutes; needs 1.5 GB
# of memory. Writes only below temporary folders.
#
#   tests/e2e/puppet/run.sh            everything
#   tests/e2e/puppet/run.sh --short    the part that continuous integration runs
#   tests/e2e/puppet/run.sh NAME…      single tests, such as PuppetTest.test_04_puppetd_runall_one_by_one
#
# Programs come from $ORCH_BIN, build/dev/bin when not set. Exit code 77: Puppet cannot be installed here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export PYTHONDONTWRITEBYTECODE=1
if [ "${1:-}" = --short ]; then
  export ORCH_E2E_SHORT=1
  shift
fi
exec python3 test_puppet.py -v "$@"
