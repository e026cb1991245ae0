"""Anyone's own plugins on real agents: every provider, every bad program, reading them anew, the end."""
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

from fleet import PATIENCE, Fleet, runs, wait_until

SOURCE = pathlib.Path(__file__).resolve().parent / "plugins"
NODE = "node001.example.net"

# Waits for `go` beside the plugins, then says which version it is.
SLOW = """#!/bin/sh
case "$3" in *activation_request) echo '{"activate": true}' >"$2"; exit ;; esac
folder=$(dirname "$0")
echo $$ >>"$folder/waiting"
while [ ! -e "$folder/go" ]; do sleep 0.05; done
echo '{"statuscode": 0, "data": {"version": "VERSION"}}' >"$2"
"""


def ddl(name, provider="external", action="run", version="1.0.0"):
    return json.dumps({
        "metadata": {"name": name, "description": f"{name}, made by a test", "author": "a", "license": "Apache-2.0",
                     "version": version, "url": "https://example.com", "timeout": 30, "provider": provider},
        "actions": [{"action": action, "description": "Runs", "display": "always", "impact": "read", "input": {},
                     "output": {"version": {"description": "Version", "display_as": "Version"}}}]})


def install(name, program, **fields):
    (folder / name).write_text(program)
    (folder / name).chmod(0o755)
    (folder / f"{name}.json").write_text(ddl(name, **fields))
    (folder / f"{name}.json").chmod(0o644)


def remove(name):
    (folder / name).unlink(missing_ok=True)
    (folder / f"{name}.json").unlink(missing_ok=True)


def setUpModule():
    global fleet, folder, scratch
    holder = pathlib.Path(tempfile.mkdtemp(prefix="orch-ring-plugins."))
    unittest.addModuleCleanup(shutil.rmtree, holder)
    folder, scratch = holder / "plugins.d", holder / "tmp"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o022)
    scratch.mkdir()
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(scratch)
    try:
        fleet = Fleet(3, agent_yaml=f"plugins.directories: [{folder}]\nplugin.parrot.color: green\n"
                                    "reconnect: {min: 50ms, max: 500ms}\n")
    finally:
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before
    unittest.addModuleCleanup(fleet.close)


class PluginsTest(unittest.TestCase):
    def ok(self, *arguments):
        result = fleet.orchctl(*arguments)
        self.assertEqual(result.code, 0, result)
        return result

    def reply(self, plugin, action, *inputs, node=NODE, code=0):
        result = fleet.orchctl("invoke", plugin, action, *inputs, "-I", node, "--json")
        self.assertEqual(result.code, code, result)
        replies = result.json()["replies"]
        self.assertEqual(len(replies), 1, result)
        return replies[0]

    def offered(self):
        """Names of the plugins nodes offer now; those of the past stay documented."""
        return {entry["name"] for entry in self.ok("plugin", "list", "-j").json() if not entry.get("failed")}

    def reload(self):
        result = self.ok("controller", "reload_agents")
        for node in fleet.nodes:
            self.assertIn(f"{node}> reloaded all agents\n", result.out, result)

    def assert_unharmed(self, pids):
        self.assertEqual(pids, [fleet.pid(node) for node in fleet.nodes])
        self.assertTrue(all(runs(pid) for pid in pids))
        answers = [line.split()[0] for line in self.ok("ping").out.splitlines() if "time=" in line]
        self.assertEqual(sorted(answers), fleet.nodes)
        # A worker that lives keeps its folder; a call's is gone.
        wait_until("no folder of a call is left", lambda: not any(scratch.glob("*/request.json")))

    # Every provider.

    def test_an_agent_written_for_the_python_library_runs_unchanged(self):
        message = """$(id) `id` ; | && > < ' " \\ ../../etc/passwd größe 😀"""
        data = self.reply("parrot", "echo", f"message={message}")["data"]
        self.assertEqual(data, {"message": message, "color": "green", "family": "RedHat", "caller": "client=peadmin",
                                "mood": "content"})
        failed = self.reply("parrot", "invalid", code=2)
        self.assertEqual((failed["statuscode"], failed["statusmsg"]), (1, "Invalid command"))

    def test_a_long_text_arrives_whole(self):
        self.assertEqual(self.reply("parrot", "echo", "message=" + "x" * 100_000)["data"]["message"], "x" * 100_000)

    def test_a_script_of_mcollective_runs(self):
        self.assertEqual(self.reply("old", "greet", "name=World")["data"], {"greeting": "Hello World"})
        failed = self.reply("old", "greet", "name=nobody", code=2)
        self.assertEqual((failed["statuscode"], failed["statusmsg"]), (1, "nobody is not greeted"))

    def test_a_worker_stays_and_is_replaced_when_it_dies(self):
        first, second = self.reply("warm", "count")["data"], self.reply("warm", "count")["data"]
        self.assertEqual(second, {"calls": first["calls"] + 1, "pid": first["pid"]})
        died = self.reply("warm", "die", code=2)
        self.assertEqual(died["statuscode"], 5)
        self.assertIn("told to die", died["statusmsg"])
        third = self.reply("warm", "count")["data"]
        self.assertEqual(third["calls"], 1)
        self.assertNotEqual(third["pid"], first["pid"])

    # What is wrong with a plugin.

    def test_a_plugin_that_cannot_be_loaded_is_reported_with_the_reason(self):
        health = self.ok("inventory", NODE).out
        self.assertRegex(health, r"plugin broken: \S*broken\.json.*line \d")
        self.assertIn("plugin newer: plugin newer requires orch >=99", health)
        self.assertNotIn("plugin shy", health)  # it did not want to
        self.assertRegex(fleet.log(NODE), r"plugin not loaded.*plugin=broken")
        listed = self.ok("plugin", "list").out
        self.assertRegex(listed, r"(?m)^ +broken +\S*broken\.json: ")
        self.assertRegex(listed, r"(?m)^ +newer +.*requires orch >=99")
        self.assertIn("on " + ", ".join(fleet.nodes), listed)
        names = self.offered()
        self.assertLessEqual({"bad", "controller", "old", "parrot", "rpcutil", "warm"}, names)
        self.assertFalse({"shy", "newer", "broken"} & names, names)

    def test_each_thing_a_program_does_wrong_has_its_kind_and_harms_nobody(self):
        pids = [fleet.pid(node) for node in fleet.nodes]
        for action, kind, text in [
                ("garbage", "protocol", "not JSON"),
                ("flood", "output-limit", "printed more than"),
                ("large_reply", "output-limit", "1073741824"),
                ("forever", "timeout", "longer than"),
                ("fork", "protocol", "nothing to its reply file"),
                ("children", "timeout", "longer than"),
                ("signal", "crash", "SIGSEGV"),
                ("exit_code", "crash", "cannot open the pod bay doors"),
                ("shape", "protocol", "statuscode"),
                ("no_reply", "protocol", "nothing to its reply file"),
                ("missing", "crash", "exit code 127")]:
            with self.subTest(action):
                reply = self.reply("bad", action, code=2)
                self.assertEqual((reply["statuscode"], reply.get("error_kind")), (5, kind), reply)
                self.assertIn(f"Could not call external agent bad#{action}: ", reply["statusmsg"])
                self.assertIn(text, reply["statusmsg"])
                self.assertIn(f"starting {action}", reply["statusmsg"])
        for pid in map(int, (folder / "started").read_text().split()):
            wait_until(f"process {pid} of a bad plugin is gone", lambda: not runs(pid))
        self.assert_unharmed(pids)

    def test_all_bad_at_once_on_all_nodes_keep_nobody_from_answering(self):
        pids = [fleet.pid(node) for node in fleet.nodes]
        running = [fleet.start_orchctl("invoke", "bad", action, "--json")
                   for action in ("flood", "forever", "children", "signal", "garbage", "large_reply")]
        self.assertEqual(self.ok("ping").code, 0)
        for process in running:
            out, err = process.communicate(timeout=60 * PATIENCE)
            self.assertEqual(process.returncode, 2, out + err)
            self.assertEqual([reply["statuscode"] for reply in json.loads(out)["replies"]], [5, 5, 5], out)
        self.assert_unharmed(pids)

    # Reading them anew.

    def test_plugins_come_change_and_go_with_a_reload(self):
        self.addCleanup(self.reload)
        self.addCleanup(remove, "fresh")
        (folder / "go").touch()
        self.addCleanup((folder / "go").unlink)
        install("fresh", SLOW.replace("VERSION", "one"))
        self.assertEqual(fleet.orchctl("invoke", "fresh", "run").code, 1)
        self.reload()
        self.assertEqual(self.reply("fresh", "run")["data"], {"version": "one"})
        install("fresh", SLOW.replace("VERSION", "two"), action="walk", version="2.0.0")
        self.reload()
        self.assertEqual(self.reply("fresh", "walk")["data"], {"version": "two"})
        self.assertIn("walk", self.ok("plugin", "doc", "fresh").out)
        (folder / "fresh.json").write_text("{")
        self.reload()
        self.assertNotEqual(fleet.orchctl("invoke", "fresh", "walk").code, 0)
        self.assertRegex(self.ok("inventory", NODE).out, "plugin fresh: ")
        self.assertEqual(self.reply("parrot", "echo", "message=still")["data"]["message"], "still")
        remove("fresh")
        self.reload()
        self.assertNotIn("plugin fresh: ", self.ok("inventory", NODE).out)

    def test_a_running_action_ends_as_it_began(self):
        for path in ("go", "waiting"):
            (folder / path).unlink(missing_ok=True)
            self.addCleanup((folder / path).unlink, missing_ok=True)
        self.addCleanup(self.reload)
        self.addCleanup(remove, "slow")
        install("slow", SLOW.replace("VERSION", "old"))
        self.reload()
        process = fleet.start_orchctl("invoke", "slow", "run", "--json")
        wait_until("it runs on all nodes",
                   lambda: (folder / "waiting").exists() and len((folder / "waiting").read_text().split()) == 3)
        remove("slow")
        self.reload()
        self.assertNotIn("slow", self.offered())
        (folder / "go").touch()
        out, err = process.communicate(timeout=30 * PATIENCE)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertEqual([reply["data"] for reply in json.loads(out)["replies"]], [{"version": "old"}] * 3)

    def test_one_plugin_is_read_anew_by_name(self):
        self.addCleanup(self.reload)
        self.addCleanup(remove, "single")
        (folder / "go").touch()
        self.addCleanup((folder / "go").unlink)
        install("single", SLOW.replace("VERSION", "one"))
        install("other", SLOW)
        self.addCleanup(remove, "other")
        result = self.ok("controller", "reload_agent", "single")
        self.assertIn(f"{NODE}> reloaded single agent\n", result.out)
        self.assertEqual(self.reply("single", "run")["data"], {"version": "one"})
        self.assertNotIn("other", self.offered())
        self.assertIn("reloaded package agent", self.ok("controller", "reload_agent", "--argument", "package").out)
        nobody = fleet.orchctl("controller", "reload_agent", "nosuch")
        self.assertEqual(nobody.code, 2, nobody)
        self.assertIn("plugin nosuch is not on this node", nobody.out)
        (folder / "single").chmod(0o777)
        broken = fleet.orchctl("controller", "reload_agent", "single", "-I", NODE)
        self.assertEqual(broken.code, 2, broken)
        self.assertIn("chmod go-w", broken.out)

    def test_signals_read_them_anew_too(self):
        self.addCleanup(self.reload)
        self.addCleanup(remove, "signalled")
        for number in (signal.SIGHUP, signal.SIGUSR1):
            install("signalled", SLOW)
            os.kill(fleet.pid(NODE), number)
            wait_until("the plugin is offered", lambda: "signalled" in self.offered())
            remove("signalled")
            os.kill(fleet.pid(NODE), number)
            wait_until("it is gone", lambda: "signalled" not in self.offered())

    def test_many_plugins_that_hang_do_not_keep_a_node_from_answering(self):
        names = [f"hang{number}" for number in range(10)]
        for name in names:
            install(name, "#!/bin/sh\nsleep 600\n")
            self.addCleanup(remove, name)
        self.addCleanup(self.reload)
        process = fleet.start_orchctl("controller", "reload_agents", "-I", NODE)
        for _ in range(3):
            self.assertLess(self.ok("ping", "-I", NODE).seconds, 2 * PATIENCE)
        out, err = process.communicate(timeout=40 * PATIENCE)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertIn("plugin hang7: it did not activate", self.ok("inventory", NODE).out)
        for name in names:
            remove(name)

    # The controller's other actions.

    def test_stats_are_counters_of_the_node(self):
        counters = ", ".join([r"total=\d+", r"replies=\d+", r"valid=\d+", "invalid=0", r"filtered=\d+", r"passed=\d+"])
        self.assertRegex(self.ok("controller", "stats", "-I", NODE).out, rf"(?m)^ {{21}}{NODE}> {counters}$")

    def test_exit_answers_then_ends_for_good(self):
        node = "node003.example.net"
        pid = fleet.pid(node)
        refused = fleet.orchctl("controller", "exit", "-I", node)
        self.assertEqual(refused.code, 1, refused)
        self.assertIn("--yes", refused.err)
        self.addCleanup(fleet.wait_connected, fleet.nodes)
        self.addCleanup(fleet.restart_node, node)
        result = self.ok("controller", "exit", "--yes", "-I", node)
        self.assertIn(f"{node}> the node agent ends\n", result.out)
        wait_until("the agent has ended", lambda: not runs(pid))
        self.assertRegex(fleet.log(node), r"(?m)told to end.*client=peadmin")
        self.assertRegex(fleet.log(node), r"(?m)info stopped$")
        fleet.wait_connected([name for name in fleet.nodes if name != node])


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
