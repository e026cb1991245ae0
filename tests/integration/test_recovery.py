"""Jobs that change something, on real programs: the hub is killed in the middle, and nothing is lost or run twice."""
import json
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

from fleet import PATIENCE, Fleet, wait_until

FINISHED = 3  # JobState

# Notes that it began, waits for `go`, and answers.
ONCE = """#!/bin/sh
case "$3" in *activation_request) echo '{"activate": true}' >"$2"; exit ;; esac
folder=$(dirname "$0")
echo $$ >>"$folder/began"
while [ ! -e "$folder/go" ]; do sleep 0.05; done
echo '{"statuscode": 0, "data": {}}' >"$2"
"""
DDL = {
    "metadata": {"name": "once", "description": "Made by a test", "author": "a", "license": "Apache-2.0",
                 "version": "1.0.0", "url": "https://example.com", "timeout": 60, "provider": "external"},
    "actions": [{"action": "run", "description": "Runs", "display": "always", "impact": "change", "input": {},
                 "output": {}}]}


def setUpModule():
    global fleet, folder
    holder = pathlib.Path(tempfile.mkdtemp(prefix="orch-ring-recovery."))
    unittest.addModuleCleanup(shutil.rmtree, holder)
    folder = holder / "plugins.d"
    folder.mkdir()
    (folder / "once").write_text(ONCE)
    (folder / "once").chmod(0o755)
    (folder / "once.json").write_text(json.dumps(DDL))
    (folder / "once.json").chmod(0o644)
    folder.chmod(0o755)
    fleet = Fleet(3, agent_yaml=f"plugins.directories: [{folder}]\nreconnect: {{min: 50ms, max: 500ms}}\n")
    unittest.addModuleCleanup(fleet.close)


def began():
    path = folder / "began"
    return len(path.read_text().split()) if path.exists() else 0


def jobs():
    """(id, state, ok, failed, missing) of what the store holds, the oldest first."""
    with sqlite3.connect(f"file:{fleet.home / 'hub/jobs.db'}?mode=ro", uri=True) as store:
        return store.execute("SELECT id, state, ok, failed, missing FROM jobs ORDER BY num").fetchall()


class Recovery(unittest.TestCase):
    def setUp(self):
        for name in ("began", "go"):
            (folder / name).unlink(missing_ok=True)
        fleet.wait_connected(fleet.nodes)
        self.before = len(jobs())

    def job(self):
        stored = jobs()[self.before:]
        self.assertEqual(len(stored), 1, stored)
        return stored[0]

    def kill_hub_while_it_runs(self, *options, at_work):
        """The client, which comes back by itself."""
        client = fleet.start_orchctl("rpc", "once", "run", "--yes", "--json", *options)
        wait_until("nodes are at work", lambda: began() == at_work)
        fleet.kill()
        self.assertNotEqual(self.job()[1], FINISHED)
        fleet.restart_hub()
        fleet.wait_connected(fleet.nodes)
        return client

    def expect_each_node_once(self, client):
        out, err = client.communicate(timeout=60 * PATIENCE)
        self.assertEqual(client.returncode, 0, out + err)
        self.assertEqual(sorted(reply["sender"] for reply in json.loads(out)["replies"]), fleet.nodes, err)
        self.assertEqual(self.job()[1:], (FINISHED, 3, 0, 0))
        self.assertEqual(began(), 3)

    def test_what_runs_while_the_hub_is_killed_runs_once_and_its_outcome_is_kept(self):
        client = self.kill_hub_while_it_runs(at_work=3)
        (folder / "go").touch()
        self.expect_each_node_once(client)

    def test_a_window_goes_on_where_it_was(self):
        client = self.kill_hub_while_it_runs("--concurrency", "1", at_work=1)
        self.assertEqual(began(), 1, "the slot is still taken")
        (folder / "go").touch()
        self.expect_each_node_once(client)

    def test_a_job_that_ends_is_stored_with_its_counts(self):
        client = fleet.start_orchctl("rpc", "once", "run", "--yes", "--json")
        wait_until("nodes are at work", lambda: began() == 3)
        (folder / "go").touch()
        out, _ = client.communicate(timeout=60 * PATIENCE)
        self.assertEqual(client.returncode, 0, out)
        self.assertEqual(self.job()[1:], (FINISHED, 3, 0, 0))

    def test_what_only_reads_is_not_stored(self):
        self.assertEqual(fleet.orchctl("rpc", "rpcutil", "ping").code, 0)
        self.assertEqual(len(jobs()), self.before)


if __name__ == "__main__":
    unittest.main()
