"""Disks that are full, on real programs: changes are refused by name, nothing that was promised is lost, and
all goes on once there is room, without a restart. And a store that is damaged: the hub does not begin anew."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from fleet import BIN, PATIENCE, Fleet, SmallDisk, in_own_mounts, wait_until

DDL = {
    "metadata": {"name": "work", "description": "Works", "author": "A", "license": "L", "version": "1.0.0",
                 "url": "http://example.com", "timeout": 60, "provider": "external"},
    "actions": [{"action": "go", "description": "Goes", "display": "always", "input": {},
                 "output": {"done": {"description": "Whether", "display_as": "Done", "type": "string"}}}],
}
# Goes on for as long as the file `hold` is there; counts its runs.
PROGRAM = """#!/bin/sh
case "$CHORIA_EXTERNAL_PROTOCOL" in *activation*) echo '{"activate": true}' >"$CHORIA_EXTERNAL_REPLY"; exit 0 ;; esac
here=$(dirname "$0")
echo $$ >>"$here/runs"
while [ -e "$here/hold" ]; do sleep 0.05; done
echo '{"statuscode": 0, "statusmsg": "OK", "data": {"done": "yes"}}' >"$CHORIA_EXTERNAL_REPLY"
"""
NODE = "node001.example.net"


def setUpModule():
    global fleet, plugins, node_disk, hub_disk
    holder = tempfile.TemporaryDirectory(prefix="orch-ring-plugins.")
    unittest.addModuleCleanup(holder.cleanup)
    plugins = pathlib.Path(holder.name)
    (plugins / "work.json").write_text(json.dumps(DDL))
    (plugins / "work").write_text(PROGRAM)
    (plugins / "work").chmod(0o755)
    fleet = Fleet(3, agent_yaml="reconnect: {min: 50ms, max: 500ms}\n"
                                f"plugins: {{directories: [{plugins}], mcollective: []}}\n")
    unittest.addModuleCleanup(fleet.close)
    fleet.kill(NODE)
    node_disk = SmallDisk(fleet.home / "nodes" / NODE / "state", "1m")
    unittest.addModuleCleanup(node_disk.close)
    fleet.restart_node(NODE)
    fleet.kill()
    (fleet.home / "store").mkdir()
    hub_disk = SmallDisk(fleet.home / "store", "4m")
    unittest.addModuleCleanup(hub_disk.close)
    yaml = fleet.home / "hub.yaml"
    yaml.write_text(yaml.read_text().replace("hub/jobs.db", "store/jobs.db"))
    fleet.restart_hub()


class DiskTest(unittest.TestCase):
    def setUp(self):
        node_disk.make_room()
        hub_disk.make_room()
        fleet.wait_connected(fleet.nodes)
        self.assertEqual(self.go().code, 0, "there is room")
        (plugins / "runs").unlink(missing_ok=True)
        self.pids = [fleet.pid(), *map(fleet.pid, fleet.nodes)]

    def runs(self):
        return len((plugins / "runs").read_text().split()) if (plugins / "runs").exists() else 0

    def go(self, *options):
        return fleet.orchctl("invoke", "work", "go", "--yes", "--json", *options)

    def start_slow(self, *options):
        (plugins / "hold").touch()
        self.addCleanup((plugins / "hold").unlink, missing_ok=True)
        process = fleet.start_orchctl("invoke", "work", "go", "--yes", "--json", *options)
        self.addCleanup(process.communicate)
        self.addCleanup((plugins / "hold").unlink, missing_ok=True)
        return process

    def expect_same_programs(self):
        self.assertEqual(self.pids, [fleet.pid(), *map(fleet.pid, fleet.nodes)])
        self.assertEqual(fleet.connected(), fleet.nodes)

    @staticmethod
    def reply(result, node):
        return next(reply for reply in result.json()["replies"] if reply["sender"] == node)


class NodeDiskTest(DiskTest):
    def test_a_change_is_refused_by_name_and_not_run_while_reads_go_on(self):
        node_disk.fill()
        refused = self.go()
        self.assertEqual(refused.code, 2, refused)
        reply = self.reply(refused, NODE)
        self.assertEqual((reply["state"], reply["error_kind"]), ("FAILED", "journal"), refused)
        self.assertRegex(reply["statusmsg"], "No space left on device")
        self.assertEqual(self.runs(), 2, "the two others ran it")
        self.assertEqual(fleet.orchctl("ping", "-I", NODE).code, 0)
        self.assertEqual(fleet.orchctl("rpc", "rpcutil", "get_fact", "fact=role", "-I", NODE).code, 0)

    def test_with_room_again_changes_run_without_a_restart(self):
        node_disk.fill()
        self.assertEqual(self.go("-I", NODE).code, 2)
        node_disk.make_room()
        again = self.go("-I", NODE)
        self.assertEqual(again.code, 0, again)
        self.assertEqual(self.runs(), 1)
        self.expect_same_programs()

    def test_the_outcome_of_what_ran_when_the_disk_filled_is_delivered(self):
        process = self.start_slow("-I", NODE)
        wait_until("the node runs it", self.runs)
        node_disk.fill()
        (plugins / "hold").unlink()
        out, err = process.communicate(timeout=40 * PATIENCE)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertIn('"yes"', out)

    def test_an_agent_killed_then_is_back_on_the_full_disk_with_the_outcome(self):
        process = self.start_slow("-I", NODE)
        wait_until("the node runs it", self.runs)
        node_disk.fill()
        fleet.kill(NODE)
        fleet.restart_node(NODE)
        fleet.wait_connected(fleet.nodes)
        (plugins / "hold").unlink()
        out, err = process.communicate(timeout=40 * PATIENCE)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertIn('"yes"', out)
        self.assertEqual(self.runs(), 1)
        node_disk.fill()  # with the room the task had
        self.assertEqual(self.go("-I", NODE).code, 2, "changes are refused still")


class HubDiskTest(DiskTest):
    def fill(self):
        """What is left of the last pages of the store is used up too."""
        hub_disk.fill()
        wait_until("a change is refused", lambda: self.go().code != 0)
        (plugins / "runs").unlink(missing_ok=True)

    def test_a_change_is_refused_by_name_while_reads_go_on(self):
        self.fill()
        refused = self.go()
        self.assertEqual(refused.code, 1, refused)
        self.assertRegex(refused.err, "job store .*full")
        self.assertEqual(self.runs(), 0)
        self.assertEqual(fleet.orchctl("ping").code, 0)
        self.assertEqual(fleet.orchctl("job", "list").code, 0)
        status = fleet.orchctl("hub", "status")
        self.assertRegex(status.out, "full", status)

    def test_with_room_again_changes_run_without_a_restart(self):
        self.fill()
        hub_disk.make_room()
        again = self.go()
        self.assertEqual(again.code, 0, again)
        self.assertEqual(self.runs(), 3)
        self.expect_same_programs()

    def test_outcomes_of_a_running_job_wait_for_room_and_none_is_lost(self):
        process = self.start_slow()
        wait_until("all nodes run it", lambda: self.runs() == 3)
        hub_disk.fill()
        wait_until("the store takes no writes", lambda: self.go().code != 0)
        (plugins / "hold").unlink()
        self.assertEqual(fleet.orchctl("ping").code, 0)
        hub_disk.make_room()
        out, err = process.communicate(timeout=40 * PATIENCE)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertEqual(out.count('"yes"'), 3, out)
        self.assertEqual(self.runs(), 3, "each node ran it once")
        self.expect_same_programs()

    def test_a_hub_killed_on_a_full_disk_has_every_job_it_told_of(self):
        process = self.start_slow("--async")
        out, err = process.communicate(timeout=40 * PATIENCE)
        job = json.loads(out)["job_id"]
        wait_until("all nodes run it", lambda: self.runs() == 3)
        hub_disk.fill()
        fleet.kill()
        (plugins / "hold").unlink()
        hub_disk.make_room()
        fleet.restart_hub()
        fleet.wait_connected(fleet.nodes)
        watched = fleet.orchctl("job", "watch", job, "--json")
        self.assertEqual(watched.code, 0, watched)
        self.assertEqual(watched.out.count('"yes"'), 3, watched)
        self.assertEqual(self.runs(), 3)

    def test_a_hub_that_cannot_count_its_start_says_that_the_disk_is_full(self):
        fleet.kill()
        hub_disk.fill()
        started = self.start_hub_that_ends()
        hub_disk.make_room()
        fleet.restart_hub()
        self.assertNotEqual(started.returncode, 0)
        self.assertRegex(started.stderr, "job store .*full")

    def test_a_damaged_store_is_refused_with_what_to_do_and_left_as_it_is(self):
        fleet.kill()
        store = fleet.home / "store/jobs.db"
        kept = {path: path.read_bytes() for path in store.parent.glob("jobs.db*")}
        try:
            for damage in (b"", b"no store" * 1000, kept[store][:100] + bytes(len(kept[store]) - 100)):
                store.write_bytes(damage)
                started = self.start_hub_that_ends()
                self.assertNotEqual(started.returncode, 0)
                self.assertIn(str(store), started.stderr)
                self.assertRegex(started.stderr, "Put a good copy in its place, or move it and its -wal and -shm files")
                self.assertEqual(store.read_bytes(), damage)
        finally:
            for path, contents in kept.items():
                path.write_bytes(contents)
            fleet.restart_hub()
        fleet.wait_connected(fleet.nodes)
        self.assertGreater(len(fleet.orchctl("job", "list", "--json").json()), 0)

    @staticmethod
    def start_hub_that_ends():
        return subprocess.run([str(BIN / "orch-hub"), "-c", str(fleet.home / "hub.yaml")], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20 * PATIENCE)


if __name__ == "__main__":
    in_own_mounts(__file__)
    unittest.main(verbosity=2)
