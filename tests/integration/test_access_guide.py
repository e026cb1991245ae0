"""docs/guides/access.md, command by command, with the real programs; and what the second operator may not do."""
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import unittest

from fleet import BIN, ROOT, Fleet, wait_until

GUIDE = (ROOT / "docs/guides/access.md").read_text()
NODE = "web1.example.net"

INIT_SCRIPT = """#!/bin/sh
state=$(dirname "$0")/../$(basename "$0").state
case $1 in
  status) [ -e "$state" ] && exit 0; exit 3 ;;
  start|restart) touch "$state" ;;
  stop) rm -f "$state" ;;
  *) exit 2 ;;
esac
"""


class GuideTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The fleet's own nodes have no label: they are those that the operator must not see.
        cls.fleet = Fleet(2)
        cls.folder = tempfile.TemporaryDirectory(prefix="orch-ring-guide.")
        cls.scripts = pathlib.Path(cls.folder.name) / "init.d"
        cls.scripts.mkdir()
        for name in ("nginx", "sshd"):
            (cls.scripts / name).write_text(INIT_SCRIPT)
            (cls.scripts / name).chmod(0o755)

    @classmethod
    def tearDownClass(cls):
        cls.fleet.close()
        cls.folder.cleanup()

    def enrol(self, words):
        self.assertEqual(words[:2], ["orch-nodeagent", "enrol"])
        folder = pathlib.Path(self.folder.name) / "web1"
        folder.mkdir(exist_ok=True)
        words = [self.fleet.address if word == "HUB" else word for word in words[2:]]
        done = subprocess.run([str(BIN / "orch-nodeagent"), "enrol", "-c", str(folder / "agent.yaml"), *words],
                              input=self.token, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def start_agent(self, _):
        folder = pathlib.Path(self.folder.name) / "web1"
        with open(folder / "agent.yaml", "a") as file:
            file.write(f"state_dir: {folder}/state\nfacts: {{facter: off}}\nplugin.service.provider: script\n"
                       f"plugin.service.path: /usr/bin:/bin\nplugin.service.init_dir: {self.scripts}\n")
        agent = self.fleet.start_program([str(BIN / "orch-nodeagent"), "-c", str(folder / "agent.yaml")], folder / "log")
        self.addCleanup(lambda: (agent.send_signal(signal.SIGTERM), agent.wait()))
        wait_until("web1 is attached", lambda: NODE in self.fleet.connected())

    def make_token(self, words):
        result = self.fleet.orchctl(*words[1:], "-j")
        self.assertEqual(result.code, 0, result)
        self.token = result.json()["token"]

    def make_key(self, words):
        self.assertEqual(words[:4], ["orch-hub", "key", "client", "bob"])
        credentials = self.fleet.write_secret("bob.credentials", self.fleet.issue_key("client", "bob", *words[4:]))
        self.bob_config = self.fleet.write_config("bob", name="bob", credentials=credentials)

    def write_rules(self, words):
        self.fleet.set_rules(re.search(r"```yaml\n(.*?)```", GUIDE, re.S).group(1).replace("\n   ", "\n")[3:])
        self.ask([word.replace("/etc/orch", str(self.fleet.home / "hub")) for word in words])

    def ask(self, words):
        result = self.fleet.orchctl(*words[1:])
        self.assertEqual(result.code, 0, result)
        return result

    def bob(self, *words):
        return self.fleet.orchctl(*words, config=self.bob_config)

    def test_the_guide(self):
        commands = re.findall(r"^ +(?:hub|web1|bob)\$ (.*)$", GUIDE, re.M)
        steps = [None,  # the fleet has a hub
                 None, self.make_token, self.enrol, self.start_agent, self.make_key, self.write_rules, self.ask,
                 lambda words: self.assertEqual((result := self.bob(*words[1:])).code, 0, result), self.ask]
        self.assertEqual(len(commands), len(steps), "ten commands")
        for command, step in zip(commands, steps):
            with self.subTest(command):
                if step is not None:
                    step(shlex.split(command))
        self.assertTrue((self.scripts.parent / "nginx.state").exists(), "nginx was restarted")
        self.check_what_bob_may_not_do()

    def check_what_bob_may_not_do(self):
        self.assertEqual(self.bob("whoami", "--json").json()["roles"], ["web-restarter"])
        self.assertEqual(self.bob("find").out.split(), [NODE])
        other = self.bob("service", "sshd", "restart", "--yes")
        self.assertEqual(other.code, 5, other)
        self.assertIn("client=bob may not run service.restart", other.err)
        self.assertEqual(self.bob("invoke", "rpcutil", "ping").code, 5)
        hidden = self.bob("service", "nginx", "restart", "-I", self.fleet.nodes[0])
        self.assertIn("Unknown to the hub", hidden.out)
        self.assertEqual(self.bob("node", "label", NODE, "role=db").code, 5)
        self.assertEqual(self.bob("job", "prune", "--keep", "1").code, 5)
        denied = self.fleet.orchctl("audit", "search", "--caller", "client=bob", "--decision", "denied", "--json")
        self.assertEqual(denied.code, 0, denied)
        self.assertIn("service", denied.out)
        # Rules that change reach him at once.
        self.fleet.set_rules("rules:\n  - {callers: client=peadmin, role: admin}\n")
        self.assertEqual(self.bob("find").code, 5)

    def test_a_broken_file_denies_everything_and_says_where(self):
        log = self.fleet.log().count("cannot be read")
        (self.fleet.home / "hub/access.yaml").write_text("rules:\n  - {callers: client=peadmin, rol: admin}\n")
        wait_until("the fault is noticed", lambda: self.fleet.log().count("cannot be read") > log)
        result = self.fleet.orchctl("find")
        self.assertEqual(result.code, 5, result)
        self.assertIn("access.yaml:2", result.err)
        lint = self.fleet.orchctl("policy", "lint", str(self.fleet.home / "hub/access.yaml"))
        self.assertEqual(lint.code, 1, lint)
        self.fleet.set_rules("rules:\n  - {callers: client=peadmin, role: admin}\n")
        self.assertEqual(self.fleet.orchctl("find").code, 0)


if __name__ == "__main__":
    unittest.main()
