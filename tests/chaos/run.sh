#!/usr/bin/env bash
# Kills hub, nodes and clients and cuts connections, as a seed says, while jobs run on a real fleet; then checks
# what was recorded: one outcome a task, nothing run twice, nothing acknowledged and lost, every watch equal to the store.
#
#   tests/chaos/run.sh --seeds 1-200 [--minutes 5] [--nodes 20] [--keep]
#
# Stops after --minutes, between two seeds. A seed that fails prints how to repeat it and where its records are kept.
# Ends with "N seeds passed, N failed". Programs come from $ORCH_BIN, else build/dev/bin, and must be built with
# failpoints (the preset dev is).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec /usr/bin/python3 -u "$here/chaos.py" "$@"
