"""Labels on a real fleet: a node cannot claim one, and a change counts at once, on the hub and on the node."""
import json
import os
import signal
import subprocess
import unittest

from fleet import PATIENCE, Fleet, wait_until

LIAR, WEB, OTHER = "node001.example.net", "node002.example.net", "node003.example.net"


def setUpModule():
    global fleet
    fleet = Fleet(3, agent_yaml="reconnect: {min: 50ms, max: 500ms}\n")
    unittest.addModuleCleanup(fleet.close)


class LabelsTest(unittest.TestCase):
    def setUp(self):
        fleet.wait_connected(fleet.nodes)

    def tearDown(self):
        fleet.orchctl("node", "label", *fleet.nodes, "--remove", "role,env")

    def label(self, *words):
        done = fleet.orchctl("node", "label", *words, "-j")
        self.assertEqual(done.code, 0, done)
        return done.json()

    @staticmethod
    def found(*filters):
        return sorted(fleet.orchctl("find", *filters, "-q").out.split())

    @staticmethod
    def on_node(node, fact):
        """The fact as the node itself says it, at once."""
        replies = fleet.orchctl("rpcutil", "get_fact", f"fact={fact}", "-I", node, "--json").json()["replies"]
        return replies[0]["data"].get("value")

    def tell_facts(self, node, facts):
        file = fleet.home / "nodes" / node / "facts.d" / "claims.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(facts))
        self.addCleanup(file.unlink)
        os.kill(fleet.pid(node), signal.SIGHUP)

    def test_a_node_that_claims_a_label_gains_nothing(self):
        self.tell_facts(LIAR, {"trusted": {"role": "db"}, "trusted.role": "db", "claim": "made"})
        wait_until("the facts are read", lambda: self.found("-F", "claim=made") == [LIAR])
        self.assertEqual(self.found("-W", "trusted.role=db"), [])
        self.assertIsNone(self.on_node(LIAR, "trusted"))
        self.label(LIAR, "role=web")
        self.assertEqual(self.found("-W", "trusted.role=web"), [LIAR])
        self.assertEqual(self.on_node(LIAR, "trusted.role"), "web")
        self.assertIn("give the fact another name", fleet.orchctl("node", "show", LIAR).out)
        self.assertEqual(fleet.orchctl("node", "show", LIAR, "-j").json()["facts"]["trusted"], {"role": "web"})

    def test_a_change_counts_on_hub_and_node_at_once(self):
        for role in ("web", "db", "web"):
            self.label(WEB, f"role={role}")
            self.assertEqual(self.found("-F", f"trusted.role={role}"), [WEB])
            self.assertEqual(self.on_node(WEB, "trusted.role"), role)
            ran = fleet.orchctl("rpcutil", "ping", "-F", f"trusted.role={role}", "--json").json()
            self.assertEqual([reply["sender"] for reply in ran["replies"]], [WEB])
        self.label(WEB, "--remove", "role")
        self.assertIsNone(self.on_node(WEB, "trusted.role"))
        listed = {node["identity"]: node["labels"] for node in fleet.orchctl("node", "list", "-j").json()}
        self.assertEqual(listed[WEB], {})

    def test_an_agent_that_starts_without_the_hub_knows_its_labels(self):
        self.label(WEB, "role=web")
        self.assertEqual(self.on_node(WEB, "trusted.role"), "web")
        standing = fleet.home / "nodes" / WEB / "state" / "standing.json"
        if not standing.exists():
            standing = next((fleet.home / "nodes" / WEB).glob("**/standing.json"))
        self.assertEqual(json.loads(standing.read_text())["labels"], {"role": "web"})
        self.assertEqual(standing.stat().st_mode & 0o777, 0o600)
        fleet.kill()
        fleet.kill(WEB)
        fleet.restart_node(WEB)
        wait_until("the agent looks for its hub", lambda: "cannot" in fleet.log(WEB) or "refused" in fleet.log(WEB))
        self.assertEqual(json.loads(standing.read_text())["labels"], {"role": "web"})
        fleet.restart_hub()
        fleet.wait_connected(fleet.nodes)
        self.assertEqual(self.found("-W", "trusted.role=web"), [WEB], "the hub has kept them too")
        self.assertEqual(self.on_node(WEB, "trusted.role"), "web")

    def test_labels_of_nodes_that_are_away_or_were_never_seen(self):
        fleet.kill(OTHER)
        wait_until("it is away", lambda: OTHER not in fleet.connected())
        done = self.label(OTHER, "node999.example.net", "env=prod")
        self.assertEqual(done["unknown"], ["node999.example.net"])
        listed = fleet.orchctl("node", "list", "-W", "trusted.env=prod", "-j").json()
        self.assertEqual([node["identity"] for node in listed], [OTHER])
        fleet.restart_node(OTHER)
        fleet.wait_connected(fleet.nodes)
        self.assertEqual(self.on_node(OTHER, "trusted.env"), "prod")
        self.label("node999.example.net", "--remove", "env")

    def test_filters_lists_and_a_dry_run(self):
        chosen = fleet.orchctl("node", "label", "-I", "/node00[23]/", "env=test", "--dry-run").out.splitlines()
        self.assertEqual(len(chosen), 2)
        self.assertEqual(self.found("-W", "trusted.env=test"), [])
        self.assertEqual(fleet.orchctl("node", "label", "-I", "/node00[23]/", "env=test").code, 0)
        self.assertEqual(self.found("-W", "trusted.env=test"), [WEB, OTHER])
        piped = fleet.orchctl("node", "label", "role=web", text=f"{WEB}\n")
        self.assertEqual(piped.code, 0, piped)
        self.assertEqual(self.found("-W", "trusted.env=test trusted.role=web"), [WEB])
        report = fleet.orchctl("facts", "trusted.env", "-j").json()
        self.assertIn("test", json.dumps(report))

    def test_wrong_input_is_told_and_changes_nothing(self):
        for words, said in ((("Role=web",), "no name of a label"), (("role=" + "x" * 256,), "at most 255 bytes"),
                            ((), "no label is set"), (("--remove", "a.b"), "no name of a label"),
                            (("role=a\tb",), "printable")):
            wrong = fleet.orchctl("node", "label", WEB, *words)
            self.assertEqual(wrong.code, 1, wrong)
            self.assertIn(said, wrong.err)
        self.assertIn("no node is named", fleet.orchctl("node", "label", "role=web").err)
        self.assertEqual(fleet.orchctl("node", "show", WEB, "-j").json()["labels"], {})

    def test_two_agents_with_one_name_do_not_take_the_stream_from_each_other_all_the_time(self):
        events = fleet.start_orchctl("events", "--follow", "--nodes", "-j")
        self.addCleanup(events.communicate)
        self.addCleanup(events.kill)
        self.addCleanup(fleet.restart_node, OTHER)  # once the twin is gone, a new run has not to wait
        self.addCleanup(fleet.kill, OTHER)
        folder = fleet.home / "nodes" / OTHER
        twin = fleet.dir / "twin"
        twin.mkdir()
        text = (folder / "agent.yaml").read_text().replace(str(folder), str(twin))
        (twin / "agent.yaml").write_text(text)
        for name in ("credentials", "facts.d"):
            if (folder / name).exists():
                subprocess.run(["cp", "-a", str(folder / name), str(twin / name)], check=True)
        other = fleet.start_program([str(fleet.command([])[0]).replace("orchctl", "orch-nodeagent"), "-c",
                                     str(twin / "agent.yaml")], twin / "log")
        self.addCleanup(other.wait)
        self.addCleanup(other.terminate)

        def conflicts():
            return fleet.status().get("identity_conflicts", [])
        wait_until("the conflict is seen", conflicts, 40)
        line = wait_until("the alarm", lambda: next((row for row in iter(events.stdout.readline, "") if '"alarm"' in row), ""))
        self.assertEqual(json.loads(line)["identity"], OTHER)
        before = conflicts()[0]["replacements"]
        self.assertLessEqual(before, 4, conflicts())
        wait_until("the one that has to wait is told so", lambda: "two agents use the identity" in
                   (twin / "log").read_text() + fleet.log(OTHER), 20 * PATIENCE)
        self.assertEqual(conflicts()[0]["replacements"], before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
