"""Puppet through orchctl, end to end: the guide's commands against a real puppetserver and three agents.

The tests are a story and run in the order of their numbers.
"""
import os
import pathlib
import re
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "integration")]

from fleet import Fleet, wait_until  # noqa: E402
import puppet_site  # noqa: E402

SKIPPED = 77
RUN_SECONDS = 300  # of three runs at once on a busy machine
NODES = ["node001.example.net", "node002.example.net", "node003.example.net"]
OLD_TIME = r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d [+-]\d{4} \d{4}> "
NEW_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: "
FINISHED = r"Finished processing {0} / {0} hosts in \d+\.\d\d ms"
full_only = unittest.skipIf(os.environ.get("ORCH_E2E_SHORT"), "left out of the short version")


def setUpModule():
    global site, fleet
    site = puppet_site.PuppetSite()
    try:
        site.start()
        for node in NODES:
            site.add_agent(node)
        fleet = Fleet(3, agent_yaml=f"plugin.puppet.config: {site.agents}/%n/puppet.conf\n"
                                    "plugin.puppet.resource_type_whitelist: file\n")
        site.wait_ready()
    except BaseException:
        site.close()
        raise


def tearDownModule():
    fleet.close()
    site.close()


class PuppetTest(unittest.TestCase):
    maxDiff = None

    def run_cli(self, code, *arguments):
        result = fleet.orchctl(*arguments, timeout=RUN_SECONDS)
        self.assertEqual(result.code, code, result)
        return result

    def transcript(self, result, *patterns):
        """Each line of the output is as its pattern says, and there are no others."""
        lines = result.out.rstrip("\n").split("\n")
        for number, pattern in enumerate(patterns):
            self.assertLess(number, len(lines), f"line {number + 1} should be like {pattern!r}\n{result}")
            self.assertRegex(lines[number], rf"\A{pattern}\Z", f"line {number + 1} of\n{result}")
        self.assertEqual(len(lines), len(patterns), result)

    def data(self, plugin, action, node, *inputs, code=0):
        """The data of one node's reply."""
        document = self.run_cli(code, "rpc", plugin, action, *inputs, "-I", node, "--json").json()
        return document["replies"][0]

    def idle(self, node):
        state = self.data("puppet", "status", node)["data"]
        return not state["applying"] and state

    def test_01_a_fresh_node_has_no_run_yet(self):
        self.transcript(self.run_cli(0, "puppetd", "status", "--sort"),
                        *(f"{node}  Enabled, not running, no run yet" for node in NODES), "", FINISHED.format(3))
        refused = self.data("puppet", "last_run_summary", NODES[0], code=2)
        self.assertIn("Puppet has not run on this node yet", refused["statusmsg"])

    def test_02_puppet_runall_runs_all_nodes_that_are_enabled(self):
        result = self.run_cli(0, "puppet", "runall", "3")
        lines = result.out.strip().split("\n")
        for line, pattern in zip(lines, ("Running all nodes with a concurrency of 3",
                                         "Discovering enabled Puppet nodes to manage", "Found 3 enabled nodes")):
            self.assertRegex(line, f"^{NEW_TIME}{pattern}$", result)
        for node in NODES:
            self.assertRegex(result.out, rf"(?m)^{NEW_TIME}{node} schedule status: OK$", result)
            self.assertRegex(result.out, rf"(?m)^{NEW_TIME}{node} finished: Puppet run ended: [23] of \d+ resources "
                                         r"changed, 0 failed, in [\d.]+ seconds$", result)
            self.assertEqual((site.managed / node).read_text(), f"managed for {node}\n")
        self.assertRegex(lines[-1], f"^{FINISHED.format(3)}$", result)

    def test_03_status_count_and_summary_are_the_guides(self):
        self.transcript(self.run_cli(0, "puppetd", "status", "--sort"),
                        *(rf"{node}  Enabled, not running, last run \d+ seconds ago" for node in NODES), "",
                        FINISHED.format(3))
        status = self.run_cli(0, "puppet", "status", "--sort")
        for node in NODES:
            self.assertRegex(status.out, rf"(?m)^{node}: Currently stopped; last completed run (\d+ minutes? )?\d\d "
                                         "seconds ago$", status)
        self.assertIn("Summary of Status:\n\n   stopped = 3\n", status.out)
        self.transcript(self.run_cli(0, "puppet", "count"), "Total Puppet nodes: 3", "",
                        "          Nodes currently enabled: 3", "         Nodes currently disabled: 0", "",
                        "Nodes currently doing puppet runs: 0", "          Nodes currently stopped: 3", "",
                        "       Nodes with daemons started: 0", "    Nodes without daemons started: 3",
                        "       Daemons started but idling: 0")
        figures = r" +{}: [▁-▇ ]{{20}}  min: \d+\.\d +avg: \d+\.\d +max: \d+\.\d"
        self.transcript(self.run_cli(0, "puppet", "summary"), "Summary statistics for 3 nodes:", "",
                        *(figures.format(re.escape(label)) for label in (
                            "Total resources", "Out Of Sync resources", "Failed resources", "Changed resources",
                            "Corrected resources", "Config Retrieval time (seconds)", "Total run-time (seconds)",
                            "Time since last run (seconds)")))
        old = self.data("puppetd", "last_run_summary", NODES[0])["data"]
        self.assertEqual(old["resources"]["failed"], 0)
        self.assertEqual(old["version"]["puppet"].split(".")[0], "7")
        new = self.data("puppet", "last_run_summary", NODES[0], "logs=true")["data"]
        self.assertEqual(new["type_distribution"], {"Exec": 2, "File": 1, "Notify": 1})
        self.assertIn({"level": "notice", "source": "Puppet"},
                      [{key: line[key] for key in ("level", "source")} for line in new["logs"]])
        self.assertTrue(any("Applied catalog" in line["msg"] for line in new["logs"]), new["logs"])
        self.assertEqual(self.run_cli(0, "ping", "-S", f"resource('File[{site.managed}/{NODES[1]}]').managed=true").out
                         .split()[0], NODES[1])

    def test_04_puppetd_runall_one_by_one_is_the_guides_log(self):
        nodes = NODES[:2]
        before = {node: self.idle(node)["lastrun"] for node in nodes}
        result = self.run_cli(0, "puppetd", "runall", "1", "-I", nodes[0], "-I", nodes[1])
        patterns = [OLD_TIME + "Running all machines with a concurrency of 1", OLD_TIME + "Discovering hosts to run",
                    OLD_TIME + "Found 2 hosts"]
        order = re.findall(r"> Running (node\S+), ", result.out)
        self.assertEqual(sorted(order), nodes, result)
        for number, node in enumerate(order):
            patterns += [f"{OLD_TIME}Running {node}, concurrency is 0", f"{OLD_TIME}{node} schedule status: OK"]
            patterns += [OLD_TIME + "Currently 1 nodes running; waiting"] if number == 0 else []
        self.transcript(result, *patterns, FINISHED.format(2))
        for node in nodes:
            self.assertGreater(self.idle(node)["lastrun"], before[node])

    def test_05_disabled_nodes_refuse_and_are_left_out(self):
        node, reason = NODES[2], "maintenance until noon"
        self.run_cli(0, "puppet", "disable", *reason.split(), "-I", node)
        self.assertEqual(site.state_file(node, "state/agent_disabled.lock").read_text(),
                         f'{{"disabled_message":"{reason}"}}')
        self.assertNotEqual(site.run_agent(node)[0], 2, "Puppet itself takes the lock for one")
        self.assertRegex(self.run_cli(0, "puppetd", "status", "-I", node).out, f"^{node}  Disabled, not running, ")
        self.assertRegex(self.run_cli(0, "puppet", "status", "-I", node).out, f"Currently disabled: '{reason}'; last")
        self.assertIn("         Nodes currently disabled: 1\n", self.run_cli(0, "puppet", "count").out)
        for plugin in ("puppet", "puppetd"):
            refused = self.data(plugin, "runonce", node, code=2)
            self.assertEqual(refused["statusmsg"], f"Puppet is disabled: '{reason}'")
        self.assertEqual(self.run_cli(0, "ping", "-S", "puppet().enabled=false").out.split()[0], node)
        again = self.run_cli(2, "puppet", "disable", "-I", node)
        self.assertIn("Could not disable Puppet: Already disabled", again.out)
        result = self.run_cli(0, "puppet", "runall", "1", "-I", node, "-I", NODES[0], "--noop")
        self.assertIn(": Found 1 enabled node\n", result.out)
        self.assertNotIn(f"{node} schedule", result.out)
        self.assertIn("enabled = 1", self.run_cli(0, "puppet", "enable", "-I", node).out)
        self.assertIn("Already enabled", self.run_cli(2, "puppet", "enable", "-I", node).out)

    def test_06_resources_are_read_and_set_as_far_as_allowed(self):
        path = site.dir / "by_hand"
        made = self.data("puppet", "resource", NODES[0], "type=file", f"name={path}", "ensure=file",
                         "content=hello; $(id)")
        self.assertEqual(path.read_text(), "hello; $(id)")
        self.assertTrue(made["data"]["changed"], made)
        shown = self.run_cli(0, "puppet", "resource", "file", str(path), "-I", NODES[0])
        self.assertIn("ensure   => 'file'", shown.out)
        refused = self.data("puppet", "resource", NODES[0], "type=user", "name=root", code=2)
        self.assertIn("not allowed here", refused["statusmsg"])
        managed = site.managed / NODES[0]
        refused = self.data("puppet", "resource", NODES[0], "type=file", f"name={managed}", "content=x", code=2)
        self.assertIn("Puppet itself manages", refused["statusmsg"])

    @full_only
    def test_07_runonce_answers_at_once_and_the_run_goes_on(self):
        node = NODES[0]
        site.switch("slow", node, True)
        self.addCleanup(site.switch, "slow", node, False)
        begun = self.data("puppet", "runonce", node, "force=true")
        self.assertRegex(begun["data"]["summary"],
                         r"^Started a Puppet run using the 'puppet agent --config \S+ --onetime --no-daemonize "
                         "--color=false --show_diff --verbose --no-splay' command$")
        wait_until("the catalog is being applied", lambda: self.data("puppet", "status", node)["data"]["applying"], 120)
        self.assertIn(f"{node}  Enabled, running, ", self.run_cli(0, "puppetd", "status", "-I", node).out)
        self.assertEqual(self.data("puppet", "runonce", node, "force=true", code=2)["statusmsg"],
                         "Puppet is currently applying a catalog, cannot run now")
        # The agent that started it goes, the run stays.
        fleet.kill(node)
        fleet.restart_node(node)
        fleet.wait_connected(NODES)
        self.assertTrue(self.data("puppet", "status", node)["data"]["applying"])
        site.switch("slow", node, False)
        wait_until("the run has ended", lambda: self.idle(node), 120)
        self.assertGreaterEqual(self.data("puppet", "status", node)["data"]["lastrun"], begun["data"]["initiated_at"])

    @full_only
    def test_08_a_busy_node_does_not_hold_up_the_rest(self):
        slow, others = NODES[0], NODES[1:]
        before = {node: self.idle(node)["lastrun"] for node in others}
        site.switch("slow", slow, True)
        self.addCleanup(site.switch, "slow", slow, False)
        runall = fleet.start_orchctl("puppetd", "runall", "2")
        wait_until("the others have run", lambda: all(
            (state := self.idle(node)) and state["lastrun"] > before[node] for node in others), RUN_SECONDS)
        self.assertTrue(self.data("puppet", "status", slow)["data"]["applying"], "all others have ended")
        self.assertIsNone(runall.poll())
        site.switch("slow", slow, False)
        out, err = runall.communicate(timeout=RUN_SECONDS)
        self.assertEqual(runall.returncode, 0, out + err)
        self.assertEqual(len(re.findall("> Running node", out)), 3, out)

    @full_only
    def test_09_failed_runs_are_told_and_end_the_rollout(self):
        node = NODES[1]
        site.switch("broken", node, True)
        self.addCleanup(site.switch, "broken", node, False)
        result = self.run_cli(2, "puppetd", "runall", "3")
        self.assertRegex(result.out, rf"(?m)^{OLD_TIME}{node} failed: Puppet run failed \(exit code [46]\): \d+ of \d+ "
                                     r"resources changed, 1 failed, in [\d.]+ seconds: .*/bin/false")
        result = self.run_cli(2, "puppetd", "runall", "1", "--max-failures", "1", "-I", node, "-I", NODES[2])
        self.assertEqual(re.findall("> Running (node[^,]+),", result.out), [node], result)
        self.assertIn(f"> {NODES[2]} was not run: not sent: as many nodes had failed", result.out)
        self.assertIn("Finished processing 1 / 2 hosts in ", result.out)

    @full_only
    def test_10_an_idle_daemon_is_signalled_unless_options_are_given(self):
        node = NODES[0]
        before = self.idle(node)["lastrun"]
        daemon = fleet.start_program(["puppet", "agent", "--config", str(site.agent_config(node)), "--no-daemonize",
                                      "--runinterval", "1d", "--color=false"], site.dir / "daemon.log")
        # It runs once when it starts.
        wait_until("the daemon idles", lambda: (state := self.data("puppet", "status", node)["data"])["idling"]
                   and state["lastrun"] > before, 180)
        self.assertIn("Currently idling;", self.run_cli(0, "puppet", "status", "-I", node).out)
        self.assertIn("       Daemons started but idling: 1\n", self.run_cli(0, "puppet", "count").out)
        before = self.idle(node)["lastrun"]
        time.sleep(1)  # Puppet's own clock has whole seconds
        signalled = self.data("puppet", "runonce", node)["data"]
        self.assertEqual((signalled["method"], signalled["summary"]), ("signal", "Signalled the running Puppet Daemon"))
        wait_until("the daemon has run", lambda: (state := self.data("puppet", "status", node)["data"])["idling"]
                   and state["lastrun"] > before, 180)
        own = self.data("puppet", "runonce", node, "noop=true", "splay=false", "wait=true", "-t", "120")["data"]
        self.assertEqual(own["method"], "run")
        self.assertEqual(own["exitcode"], 0)
        self.assertIsNone(daemon.poll())
        daemon.terminate()
        daemon.wait(30)

    @full_only
    def test_11_runall_waits_for_a_node_that_is_busy_with_its_own_run(self):
        busy, others = NODES[0], NODES[1:]
        before = {node: self.idle(node)["lastrun"] for node in NODES}
        site.switch("slow", busy, True)
        self.addCleanup(site.switch, "slow", busy, False)
        own = threading.Thread(target=site.run_agent, args=[busy])
        own.start()
        self.addCleanup(own.join)
        wait_until("the node runs by itself", lambda: self.data("puppet", "status", busy)["data"]["applying"], 120)
        runall = fleet.start_orchctl("puppetd", "runall", "2")
        wait_until("the others have run", lambda: all(
            (state := self.idle(node)) and state["lastrun"] > before[node] for node in others), RUN_SECONDS)
        self.assertIsNone(runall.poll())
        site.switch("slow", busy, False)
        own.join()
        ended = self.data("puppet", "status", busy)["data"]["lastrun"]
        out, err = runall.communicate(timeout=RUN_SECONDS)
        self.assertEqual(runall.returncode, 0, out + err)
        self.assertGreaterEqual(self.idle(busy)["lastrun"], ended)
        self.assertTrue(all(int(number) < 2 for number in re.findall(r"concurrency is (\d+)$", out, re.M)), out)
        self.assertTrue(all(int(number) <= 2 for number in re.findall(r"Currently (\d+) nodes running", out)), out)

    @full_only
    def test_12_a_catalog_that_does_not_compile_is_said(self):
        node = NODES[0]
        site.set_manifest("no_such_function()\n")
        self.addCleanup(site.set_manifest, site.manifest)
        run = ["puppet", "runonce", node, "wait=true", "force=true", "-t", "120"]
        error = "Could not retrieve catalog from remote server: Error 500 on SERVER"
        # By default Puppet applies the one of before.
        self.assertIn(f"; the last run applied a catalog of before: {error}", self.data(*run)["data"]["summary"])
        self.assertIn(f"the last run applied a catalog of before: {error}",
                      self.data("puppet", "last_run_summary", node)["statusmsg"])
        with open(site.agent_config(node), "a") as config:
            config.write("usecacheonfailure = false\n")
        self.assertIn(f"Error: {error}", self.data(*run, code=2)["statusmsg"])
        for plugin in ("puppet", "puppetd"):
            self.assertIn(f"the last run applied no catalog: {error}",
                          self.data(plugin, "last_run_summary", node)["statusmsg"])


if __name__ == "__main__":
    problem = puppet_site.install_packages()
    if problem:
        print(f"SKIPPED: Puppet cannot be installed here: {problem}")
        sys.exit(SKIPPED)
    unittest.main()
