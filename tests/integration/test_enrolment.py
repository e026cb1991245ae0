"""Nodes that join with tokens, wait, are approved, banned and forgotten; keys that end; a pre-shared key replaced."""
import os
import re
import signal
import subprocess
import unittest

from fleet import BIN, Fleet, wait_until


def setUpModule():
    global fleet
    fleet = Fleet(2, agent_yaml="reconnect: {max: 1s}")


def tearDownModule():
    fleet.close()


def make_token(*options):
    """The JSON of a new token."""
    return fleet.orchctl("node", "token", "-j", *options).json()


def enrol(name, token, *options, folder=None):
    """Runs `orch-nodeagent enrol` in a folder of its own; returns the finished process and the folder."""
    folder = folder or fleet.dir / name
    folder.mkdir(exist_ok=True)
    command = [str(BIN / "orch-nodeagent"), "enrol", "-c", str(folder / "agent.yaml"), "--hub", fleet.address,
               "--identity", name, "--token-file", "-", *options]
    return subprocess.run(command, input=token, capture_output=True, text=True, timeout=60), folder


def start_agent(folder):
    with open(folder / "agent.yaml", "r+") as file:
        if "state_dir" not in file.read():
            file.write(f"state_dir: {folder / 'state'}\nreconnect: {{min: 100ms, max: 500ms}}\n"
                       "facts: {facter: off, builtin: false}\n")
    return fleet.start_program([str(BIN / "orch-nodeagent"), "-c", str(folder / "agent.yaml")], folder / "log")


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait()


class EnrolmentTest(unittest.TestCase):
    def test_a_new_machine_joins_with_one_line(self):
        token = make_token("--name", "new1.example.net", "--label", "role=web")
        self.assertIn(f"--hub {fleet.address} --token-file - --identity new1.example.net", token["line"])
        done, folder = enrol("new1.example.net", token["token"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("label role=web", done.stdout)
        self.assertEqual(os.stat(folder / "credentials").st_mode & 0o7777, 0o600)
        self.assertFalse((folder / "credentials.enrolling").exists())
        agent = start_agent(folder)
        wait_until("the node is attached", lambda: "new1.example.net" in fleet.connected())
        status = fleet.orchctl("auth", "status", "-j").json()
        self.assertGreaterEqual(status["enrolled_nodes"], 1)
        # A key derived from the PSK no longer counts for this name.
        stop(agent)
        own = (folder / "credentials").read_text()
        (folder / "credentials").write_text(fleet.issue_key("node", "new1.example.net"))
        agent = start_agent(folder)
        wait_until("the derived key is refused", lambda: "replaced_key" in (folder / "log").read_text())
        (folder / "credentials").write_text(own)
        wait_until("the node is attached again", lambda: "new1.example.net" in fleet.connected())
        # The secret of neither is anywhere in the logs.
        for secret in (own.split()[-1], token["token"].split(".")[1]):
            self.assertNotIn(secret, fleet.log() + (folder / "log").read_text() + done.stdout + done.stderr)
        # Banned, it is cut off, and after the ban it comes back.
        fleet.orchctl("node", "ban", "new1.example.net", "--reason", "test")
        wait_until("the node is cut off", lambda: "new1.example.net" not in fleet.connected())
        self.assertEqual(fleet.orchctl("node", "unban", "new1.example.net").code, 0)
        wait_until("the node is back", lambda: "new1.example.net" in fleet.connected())
        stop(agent)

    def test_a_repeated_line_has_the_same_result_also_after_the_hub_was_restarted(self):
        token = make_token("--name", "again.example.net")
        first, folder = enrol("again.example.net", token["token"])
        self.assertEqual(first.returncode, 0, first.stderr)
        key = (folder / "credentials").read_text()
        fleet.kill()
        fleet.restart_hub()
        wait_until("the hub is back", lambda: fleet.orchctl("hub", "status").code == 0)
        second, _ = enrol("again.example.net", token["token"])
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertEqual((folder / "credentials").read_text(), key)
        # Another machine gets nothing for the used token.
        other, folder = enrol("again.example.net", token["token"], folder=fleet.dir / "thief")
        self.assertEqual(other.returncode, 1, other.stdout)
        self.assertFalse((folder / "credentials").exists())
        fleet.wait_connected(fleet.nodes)

    def test_a_known_name_waits_until_it_is_approved(self):
        node = fleet.nodes[0]
        done, folder = enrol(node, make_token("--name", node)["token"])
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn(f"orchctl node approve {node}", done.stdout)
        self.assertIn(node, fleet.connected(), "the old key still counts")
        waiting = fleet.orchctl("auth", "status", "-j").json()["waiting"]
        self.assertEqual([entry["node"] for entry in waiting], [node])
        agent = start_agent(folder)
        wait_until("it is told to wait", lambda: "waits for approval" in (folder / "log").read_text())
        self.assertEqual(fleet.orchctl("node", "approve", node).code, 0)
        wait_until("the old agent is refused", lambda: "replaced" in fleet.log(node))
        wait_until("the new key counts", lambda: '"own-' in fleet.orchctl("node", "show", node, "-j").out
                   and node in fleet.connected())
        self.assertEqual(fleet.orchctl("node", "approve", node).code, 1, "nothing waits any more")
        # Once the node is forgotten, its name is free again, for the old key too.
        stop(agent)
        wait_until("it is away", lambda: node not in fleet.connected())
        self.assertEqual(fleet.orchctl("node", "forget", node).code, 0)
        wait_until("the old agent is back", lambda: node in fleet.connected())

    def test_wrong_tokens_say_what_to_do(self):
        unknown = "0" * 12 + "." + "0" * 64
        for token, words in (("", "not whole"), ("x" * 5000, "not whole"), (unknown, "does not know this token")):
            done, folder = enrol("wrong.example.net", token)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(words, done.stderr)
            self.assertFalse((folder / "credentials").exists())
        token = make_token("--name", "right.example.net")
        done, _ = enrol("wrong.example.net", token["token"])
        self.assertRegex(done.stderr, "is for node 'right.example.net'")
        self.assertEqual(fleet.orchctl("node", "token", "--revoke", token["id"]).code, 0)
        done, _ = enrol("right.example.net", token["token"])
        self.assertIn("does not know this token", done.stderr)
        self.assertEqual(fleet.orchctl("node", "token", "--pattern", "web[").code, 1)
        self.assertEqual(fleet.orchctl("node", "token", "--ttl", "soon").code, 1)

    def test_a_token_can_do_nothing_else(self):
        token = make_token("--uses", "5")["token"]
        credentials = fleet.write_secret("token.credentials", f"client token {token.split('.')[0]} {'0' * 64}\n")
        result = fleet.orchctl("ping", config=fleet.write_config("token", name=token.split(".")[0], credentials=credentials))
        self.assertEqual(result.code, 5, result)


class ClientKeyTest(unittest.TestCase):
    def test_a_replaced_key_is_refused_and_the_new_one_counts(self):
        config = fleet.write_config("alice", name="alice", credentials=fleet.dir / "alice.credentials")
        fleet.write_secret("alice.credentials", fleet.issue_key("client", "alice"))
        self.assertNotIn("replaced_key", fleet.orchctl("ping", config=config).err)
        line = fleet.issue_key("client", "alice", "--expires", "90d", "--replace")
        self.assertRegex(line, r"^client \S+ alice [0-9a-f]{64} generation=1 expires=20..-..-..T..:..:..Z\n$")
        wait_until("the old key is refused", lambda: "replaced_key" in fleet.orchctl("ping", config=config).err)
        fleet.write_secret("alice.credentials", line)
        self.assertNotIn("refused", fleet.orchctl("ping", config=config).err)
        # Nobody can move the end of his key.
        fleet.write_secret("alice.credentials", re.sub("expires=20..", "expires=2099", line))
        self.assertIn("wrong_key", fleet.orchctl("ping", config=config).err)

    def test_a_wrong_end_is_refused(self):
        for text in ("never", "-1d", "0d", "99999d", "2020-01-01"):
            done = subprocess.run([str(BIN / "orch-hub"), "key", "client", "bob", "--expires=" + text, "-c",
                                   str(fleet.home / "hub.yaml")], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn("--expires", done.stderr)


class RotationTest(unittest.TestCase):
    def test_a_pre_shared_key_is_replaced_under_running_nodes(self):
        own = Fleet(2, agent_yaml="reconnect: {max: 1s}")
        self.addCleanup(own.close)

        def rotate(*words):
            return own.orchctl("auth", "rotate", *words, "-j")

        def node_keys():
            keys = own.orchctl("auth", "status", "-j").json()["keys"]
            return [key["key_id"] for key in keys if key["kind"] == "node"]

        added = rotate().json()
        self.assertEqual((added["step"], added["key_id"]), ("ADD", "n2"))
        self.assertEqual(rotate("retire", "--key", "n1").code, 1, "it is in use")
        self.assertEqual(rotate().json()["told"], 2)
        wait_until("both nodes use the new key", lambda: rotate("move").json()["moved"] == 2, 40)
        own.wait_connected(own.nodes)
        self.assertEqual(rotate().json()["step"], "RETIRE")
        wait_until("only the new key is left", lambda: node_keys() == ["n2"])
        for node in own.nodes:
            own.kill(node)
            own.restart_node(node)
        own.wait_connected(own.nodes)
        self.assertEqual(rotate("retire", "--key", "n2").code, 1, "it is the only one")


if __name__ == "__main__":
    unittest.main(verbosity=2)
