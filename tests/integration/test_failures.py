"""What breaks in the middle: nodes and hubs that die, clients that stop reading, Ctrl-C."""
import fcntl
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from fleet import PATIENCE, Fleet, runs, wait_until

# Runs as long as the file `slow` is there, so that a test decides when a package manager is ready.
# What apt-get itself answers is test_main_job's business, and takes it seconds on a busy machine.
SLOW_APT = """#!/bin/sh
folder="$(dirname "$0")"
echo $$ >>"$folder/started"
while [ -e "$folder/slow" ]; do sleep 0.05; done
echo "Inst base-files [12.1] (12.2 Debian:12/stable [amd64])"
"""


def setUpModule():
    global fleet, tools
    holder = tempfile.TemporaryDirectory(prefix="orch-ring-tools.")
    unittest.addModuleCleanup(holder.cleanup)
    tools = pathlib.Path(holder.name)
    (tools / "apt-get").write_text(SLOW_APT)
    (tools / "apt-get").chmod(0o755)
    fleet = Fleet(3, agent_yaml="reconnect: {min: 50ms, max: 500ms}\n"
                                f"plugin.package.path: {tools}:/usr/bin:/bin:/usr/sbin:/sbin\n")
    unittest.addModuleCleanup(fleet.close)


class FailuresTest(unittest.TestCase):
    def setUp(self):
        fleet.wait_connected(fleet.nodes)

    def start_slow_checkupdates(self, *arguments):
        """checkupdates that does not end before `slow` is removed, running on every node."""
        (tools / "started").unlink(missing_ok=True)
        (tools / "slow").touch()
        self.addCleanup(self.end_slowness)
        process = fleet.start_orchctl("invoke", "package", "checkupdates", *arguments)
        self.addCleanup(process.communicate)
        self.addCleanup(self.end_slowness)
        wait_until("all nodes run the action",
                   lambda: (tools / "started").exists() and len((tools / "started").read_text().split()) >= 3)
        return process

    @staticmethod
    def end_slowness():
        (tools / "slow").unlink(missing_ok=True)

    def test_a_node_killed_in_the_middle_of_an_action_is_a_reply_that_says_so(self):
        process = self.start_slow_checkupdates("--json")
        self.addCleanup(fleet.restart_node, "node002.example.net")
        fleet.kill("node002.example.net")
        self.end_slowness()
        out, err = process.communicate(timeout=30 * PATIENCE)
        self.assertEqual(process.returncode, 2, out + err)
        self.assertIn("node002.example.net", out)
        self.assertRegex(out, r"INDETERMINATE|indeterminate")
        self.assertIn("disconnected", out)
        for node in ("node001.example.net", "node003.example.net"):
            self.assertIn(node, out)

    def test_the_human_output_names_the_killed_node(self):
        process = self.start_slow_checkupdates()
        self.addCleanup(fleet.restart_node, "node001.example.net")
        fleet.kill("node001.example.net")
        self.end_slowness()
        out, err = process.communicate(timeout=30 * PATIENCE)
        self.assertEqual(process.returncode, 2, out + err)
        self.assertRegex(out + err, r"node001\.example\.net")
        self.assertRegex(out + err, r"may or may not have run|stream ended|disconnected")

    def test_nodes_come_back_by_themselves_to_a_hub_that_was_killed(self):
        fleet.kill()
        start = time.monotonic()
        down = fleet.orchctl("ping")
        self.assertEqual(down.code, 6, down)
        self.assertLess(time.monotonic() - start, 5 * PATIENCE, down)
        self.assertIn(fleet.address, down.err, down)
        fleet.restart_hub()
        fleet.wait_connected(fleet.nodes)
        self.assertEqual(fleet.orchctl("ping").code, 0)

    def test_a_hub_killed_in_the_middle_of_a_job_ends_the_client_with_6(self):
        process = self.start_slow_checkupdates()
        self.addCleanup(fleet.restart_hub)
        fleet.kill()
        out, err = process.communicate(timeout=15 * PATIENCE)
        self.assertEqual(process.returncode, 6, out + err)

    def test_a_hub_told_to_stop_says_what_became_of_running_jobs(self):
        process = self.start_slow_checkupdates("--json")
        hub = fleet.pid()
        self.addCleanup(fleet.restart_hub)
        os.kill(hub, signal.SIGTERM)
        out, err = process.communicate(timeout=30 * PATIENCE)
        self.assertIn(process.returncode, (2, 3, 6), out + err)
        wait_until("the hub has ended", lambda: not runs(hub))

    def test_a_client_that_does_not_read_holds_up_nobody(self):
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
        fcntl.fcntl(write_end, fcntl.F_SETFL, os.O_NONBLOCK)
        try:  # a full pipe: the first byte of output has no room
            while True:
                os.write(write_end, b"x" * 4096)
        except BlockingIOError:
            pass
        fcntl.fcntl(write_end, fcntl.F_SETFL, 0)
        slow = fleet.start_orchctl("invoke", "rpcutil", "inventory", "--jsonl", stdout=write_end)
        os.close(write_end)
        for _ in range(5):
            other = fleet.orchctl("ping")
            self.assertEqual(other.code, 0, other)
            self.assertLess(other.seconds, 2 * PATIENCE, other)
        self.assertIsNone(slow.poll(), "the slow client was to hang on its full pipe")
        got = bytearray()
        while data := os.read(read_end, 65536):
            got += data
        _, err = slow.communicate(timeout=20 * PATIENCE)
        self.assertEqual(slow.returncode, 0, err)
        for node in fleet.nodes:
            self.assertIn(node.encode(), got)

    def test_a_stopped_client_holds_up_nobody_and_goes_on_when_woken(self):
        process = self.start_slow_checkupdates("--jsonl")
        os.kill(process.pid, signal.SIGSTOP)
        self.addCleanup(lambda: process.poll() is None and os.kill(process.pid, signal.SIGCONT))
        self.end_slowness()
        for _ in range(5):
            other = fleet.orchctl("ping")
            self.assertEqual(other.code, 0, other)
            self.assertLess(other.seconds, 2 * PATIENCE, other)
        os.kill(process.pid, signal.SIGCONT)
        out, err = process.communicate(timeout=30 * PATIENCE)
        self.assertEqual(process.returncode, 0, out + err)
        for node in fleet.nodes:
            self.assertIn(node, out)

    def test_a_client_that_vanishes_is_forgotten(self):
        process = self.start_slow_checkupdates()
        process.kill()
        process.wait()
        self.assertEqual(fleet.orchctl("ping").code, 0)
        self.end_slowness()
        wait_until("no job runs any more", lambda: int(fleet.status()["jobs_running"]) == 0)

    def test_control_c_ends_with_130_and_what_was_there(self):
        process = self.start_slow_checkupdates()
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10 * PATIENCE)
        self.assertEqual(process.returncode, 130, out + err)
        self.assertLess(time.monotonic() - start, 2 * PATIENCE)

    def test_a_task_over_its_time_is_a_reply_that_says_so(self):
        process = self.start_slow_checkupdates("-t", "1", "--json")
        out, err = process.communicate(timeout=15 * PATIENCE)
        self.assertEqual(process.returncode, 2, out + err)
        self.assertRegex(out, r"(?i)timed.out")
        # The deadline ends the action's processes too, not only the waiting.
        pids = [int(pid) for pid in (tools / "started").read_text().split()]
        wait_until("the package managers are gone", lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids))

    def test_a_closed_output_ends_the_client(self):
        process = subprocess.Popen(fleet.command(["rpc", "rpcutil", "inventory"]), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        self.assertNotEqual(process.wait(timeout=20 * PATIENCE), 0)
        process.stderr.close()


class NoHubTest(unittest.TestCase):
    def down(self, address, config=None):
        result = fleet.orchctl("ping", "--hub", address)
        self.assertEqual(result.code, 6, result)
        self.assertLess(result.seconds, 5.5 * PATIENCE, result)
        self.assertIn(address, result.err, result)
        self.assertEqual(result.out, "", result)
        return result

    def test_a_port_where_nobody_listens_is_named_at_once(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            result = self.down("127.0.0.1:%d" % unused.getsockname()[1])
            self.assertLess(result.seconds, 2 * PATIENCE, result)

    def test_a_port_that_accepts_and_says_nothing_is_given_up_within_5_seconds(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.down("127.0.0.1:%d" % silent.getsockname()[1])

    def test_a_port_that_speaks_something_else_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            def serve():
                try:
                    while True:
                        connection, _ = other.accept()
                        connection.sendall(b"220 mail.example.net ESMTP\r\n")
                        connection.close()
                except OSError:
                    pass
            threading.Thread(target=serve, daemon=True).start()
            self.down("127.0.0.1:%d" % other.getsockname()[1])

    def test_a_name_nobody_has_is_named(self):
        self.down("no-such-host.invalid:61613")


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
