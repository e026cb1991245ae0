"""Jobs that change nodes, while agents are killed and started again: run once, and no outcome is lost."""
import json
import pathlib
import tempfile
import unittest

from fleet import PATIENCE, Fleet, runs, wait_until

DDL = {
    "$schema": "https://choria.io/schemas/mcorpc/ddl/v1/agent.json",
    "metadata": {"name": "work", "description": "Works", "author": "A", "license": "L", "version": "1.0.0",
                 "url": "http://example.com", "timeout": 60, "provider": "external"},
    "actions": [{"action": "go", "description": "Goes", "display": "always", "input": {},
                 "output": {"done": {"description": "Whether", "display_as": "Done", "type": "string"}}}],
}
# Goes on for as long as the file `hold` is there; counts its runs by node.
PROGRAM = """#!/bin/sh
case "$CHORIA_EXTERNAL_PROTOCOL" in *activation*) echo '{"activate": true}' >"$CHORIA_EXTERNAL_REPLY"; exit 0 ;; esac
here=$(dirname "$0")
echo $$ >>"$here/runs"
while [ -e "$here/hold" ]; do sleep 0.05; done
echo '{"statuscode": 0, "statusmsg": "OK", "data": {"done": "yes"}}' >"$CHORIA_EXTERNAL_REPLY"
"""
NODE = "node001.example.net"


def setUpModule():
    global fleet, plugins
    holder = tempfile.TemporaryDirectory(prefix="orch-ring-plugins.")
    unittest.addModuleCleanup(holder.cleanup)
    plugins = pathlib.Path(holder.name)
    (plugins / "work.json").write_text(json.dumps(DDL))
    (plugins / "work").write_text(PROGRAM)
    (plugins / "work").chmod(0o755)
    fleet = Fleet(3, agent_yaml="reconnect: {min: 50ms, max: 500ms}\n"
                                f"plugins: {{directories: [{plugins}], mcollective: []}}\n",
                  hub_yaml="heartbeat: 1s\n")  # acknowledgements go with its answers
    unittest.addModuleCleanup(fleet.close)


class NodeDurabilityTest(unittest.TestCase):
    def setUp(self):
        fleet.wait_connected(fleet.nodes)
        (plugins / "runs").unlink(missing_ok=True)
        (plugins / "hold").touch()
        self.addCleanup((plugins / "hold").unlink, missing_ok=True)

    @staticmethod
    def pids():
        return [int(line) for line in (plugins / "runs").read_text().split()] if (plugins / "runs").exists() else []

    def start(self, *arguments):
        process = fleet.start_orchctl("invoke", "work", "go", "--yes", "--json", *arguments)
        self.addCleanup(process.communicate)
        self.addCleanup((plugins / "hold").unlink, missing_ok=True)
        return process

    def test_an_agent_killed_in_the_middle_of_a_change_delivers_its_outcome_when_it_is_back(self):
        process = self.start()
        wait_until("all nodes run it", lambda: len(self.pids()) == 3)
        fleet.kill(NODE)
        (plugins / "hold").unlink()
        fleet.restart_node(NODE)
        out, err = process.communicate(timeout=40 * PATIENCE)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertEqual(out.count('"yes"'), 3, out)
        self.assertEqual(len(self.pids()), 3, "each node ran it once")

    def test_what_runs_is_found_again_by_the_next_agent_and_not_started_anew(self):
        process = self.start("-I", NODE)
        wait_until("the node runs it", self.pids)
        fleet.kill(NODE)
        fleet.restart_node(NODE)
        fleet.wait_connected(fleet.nodes)
        self.assertTrue(runs(self.pids()[0]))
        (plugins / "hold").unlink()
        out, err = process.communicate(timeout=40 * PATIENCE)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertEqual(len(self.pids()), 1)

    def test_a_hub_killed_in_the_middle_gets_the_outcome_afterwards(self):
        process = self.start("-I", NODE)
        wait_until("the node runs it", self.pids)
        fleet.kill()
        fleet.restart_hub()
        fleet.wait_connected(fleet.nodes)
        (plugins / "hold").unlink()
        process.communicate(timeout=60 * PATIENCE)
        wait_until("the node's journal holds nothing unacknowledged",
                   lambda: not any((fleet.home / "nodes" / NODE / "state/tasks").iterdir()))
        self.assertEqual(len(self.pids()), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
