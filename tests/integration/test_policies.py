"""The node's own policy files, with real programs: they deny, say why, and count without a restart."""
import unittest

from fleet import Fleet, wait_until


def setUpModule():
    global fleet
    fleet = Fleet(3)


def tearDownModule():
    fleet.close()


def write_policy(node, name, text):
    folder = fleet.home / "nodes" / node / "policies"
    folder.mkdir(exist_ok=True)
    new = folder / f".{name}.new"
    new.write_text(text)
    new.chmod(0o644)
    new.rename(folder / name)


def outcome(node, *words):
    """(state, message) of an action on one node."""
    result = fleet.orchctl("invoke", *words, "-I", node, "--json")
    reply = result.json()["replies"][0]
    return reply["statuscode"], reply["statusmsg"]


class PoliciesTest(unittest.TestCase):
    def test_a_policy_denies_on_its_node_and_counts_without_a_restart(self):
        node, other = fleet.nodes[0], fleet.nodes[1]
        fact = ("rpcutil", "get_fact", "fact=osfamily")
        self.assertEqual(outcome(node, *fact)[0], 0)
        write_policy(node, "rpcutil.policy", "policy default deny\nallow\tclient=peadmin\tping inventory\t*\t*\n")
        wait_until("the policy counts", lambda: outcome(node, *fact)[0] == 1)
        message = outcome(node, *fact)[1]
        self.assertIn("You are not authorized to call this agent or action.", message)
        self.assertIn("rpcutil.policy:1", message)
        self.assertEqual(outcome(node, "rpcutil", "ping")[0], 0)
        self.assertEqual(outcome(other, *fact)[0], 0)
        result = fleet.orchctl("invoke", *fact)
        self.assertEqual(result.code, 2, result)  # one of three is denied, none is dropped
        self.assertIn("rpcutil.policy:1", result.out + result.err)

        facts = "policy default deny\nallow\tclient=peadmin\t*\tosfamily=Debian or osfamily=RedHat\n"
        write_policy(node, "rpcutil.policy", facts)
        wait_until("facts decide", lambda: outcome(node, *fact)[0] == 0)
        (fleet.home / "nodes" / node / "policies" / "rpcutil.policy").unlink()
        wait_until("without a file the hub decides", lambda: outcome(node, *fact)[0] == 0)

    def test_a_fault_denies_and_is_a_problem_of_the_node(self):
        node = fleet.nodes[2]
        write_policy(node, "service.policy", "policy default allow\ndeny cert=rip * * *\n")
        wait_until("the node says so", lambda: "service.policy:2" in fleet.orchctl("inventory", node).out)
        code, message = outcome(node, "service", "status", "service=cron")
        self.assertEqual(code, 1)
        self.assertIn("the policy file is not valid", message)
        self.assertIn("service.policy:2", fleet.log(node))
        write_policy(node, "service.policy", "policy default allow\n")
        wait_until("the problem is gone", lambda: "service.policy" not in fleet.orchctl("inventory", node).out)

    def test_rules_are_checked_and_tried_without_a_hub(self):
        rules = fleet.home / "rules.yaml"
        rules.write_text("rules:\n  - {callers: client=peadmin, role: admin}\n  - {callers: client=ci, allow: invoke, "
                         "actions: service.restart, nodes: trusted.role=web}\n")
        self.assertEqual(fleet.orchctl("policy", "lint", str(rules)).code, 0)
        ask = ("policy", "test", str(rules), "--caller", "client=ci", "--action", "service.restart", "--label")
        self.assertEqual(fleet.orchctl(*ask, "role=web").code, 0)
        self.assertEqual(fleet.orchctl(*ask, "role=db").code, 2)
        rules.write_text("rules:\n  - {callers: peadmin, role: admin}\n")
        result = fleet.orchctl("policy", "lint", str(rules))
        self.assertEqual(result.code, 1)
        self.assertIn(f"{rules}:2: error: 'peadmin' names no caller", result.out)


if __name__ == "__main__":
    unittest.main()
