"""Data functions in filters: the hub narrows, the nodes decide, and say why one could not."""
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

from fleet import Fleet, wait_until

CHECK = "#!/bin/sh\necho \"LOAD state $1 | load=$1\"\nexit $1\n"
INIT_SCRIPT = "#!/bin/sh\n[ \"$1\" = status ] && exit 0\nexit 2\n"


def setUpModule():
    global fleet, folder
    folder = pathlib.Path(tempfile.mkdtemp(prefix="orch-ring-data."))
    (folder / "check").write_text(CHECK)
    (folder / "check").chmod(0o755)
    fleet = Fleet(3)
    # Checks load of node 1 and 2 are OK and CRITICAL; node 3 has none, and no service cron.
    for number, node in enumerate(fleet.nodes):
        own = folder / node
        (own / "nrpe.d").mkdir(parents=True)
        (own / "init.d").mkdir()
        if number < 2:
            (own / "nrpe.d/load.cfg").write_text(f"command[load]={folder}/check {number * 2}\n")
            (own / "init.d/cron").write_text(INIT_SCRIPT)
            (own / "init.d/cron").chmod(0o755)
        (own / "touched").write_text("x" * number)
        with open(fleet.home / "nodes" / node / "agent.yaml", "a") as config:
            config.write("plugin:\n"
                         f"  nrpe: {{conf_dir: {own}/nrpe.d}}\n"
                         f"  service: {{provider: script, path: '/usr/bin:/bin', init_dir: {own}/init.d}}\n"
                         f"  filemgr: {{touch_file: {own}/touched}}\n")
        os.kill(fleet.pid(node), signal.SIGHUP)
    wait_until("every node has read its configuration again", lambda: len(fleet.orchctl(
        "invoke", "rpcutil", "get_config_item", "item=plugin.filemgr.touch_file", "--senders").out.split()) == 3)


def tearDownModule():
    fleet.close()
    shutil.rmtree(folder)


class DataFunctionsTest(unittest.TestCase):
    def find(self, select, *more):
        return fleet.orchctl("find", "-S", select, *more)

    def matching(self, select):
        result = self.find(select)
        self.assertIn(result.code, (0, 1), result)
        return sorted(name.split(".")[0] for name in result.out.split())

    def test_each_function_decides_on_the_node(self):
        self.assertEqual(self.matching("service('cron').status=running"), ["node001", "node002"])
        self.assertEqual(self.matching("nrpe('load').exitcode=0"), ["node001"])
        self.assertEqual(self.matching("nrpe('load').exitcode>=1"), ["node002"])
        self.assertEqual(self.matching("sysctl('kernel.ostype').value=Linux"), ["node001", "node002", "node003"])
        self.assertEqual(self.matching("process('orch-nodeagent').running=true and process('orch-nodeagent').count>=3"),
                         ["node001", "node002", "node003"])
        self.assertEqual(self.matching("process('^no such program').running=true"), [])
        self.assertEqual(self.matching("agent('filemgr').version=/^1/ and plugin('filemgr').timeout=5"),
                         ["node001", "node002", "node003"])
        size = "".join(f" or fstat('{folder}/{node}/touched').size={number}" for number, node in enumerate(fleet.nodes))
        self.assertEqual(self.matching(size[len(" or "):]), ["node001", "node002", "node003"])

    def test_package_asks_the_real_package_manager(self):
        self.assertEqual(self.matching("package('dpkg').installed=true"), ["node001", "node002", "node003"])
        self.assertEqual(self.matching("package('no-such-package-anywhere').installed=true"), [])

    def test_the_hub_narrows_first(self):
        before = {node: self.total(node) for node in fleet.nodes}
        self.assertEqual(self.matching("osfamily=Debian and sysctl('kernel.ostype').value=Linux"), ["node002"])
        # One message for the question before, one for this; the filter's job reached node 2 alone.
        asked = {node: self.total(node) - before[node] for node in fleet.nodes}
        self.assertEqual([asked[node] for node in fleet.nodes], [1, 2, 1], asked)

    @staticmethod
    def total(node):
        return fleet.orchctl("invoke", "rpcutil", "daemon_stats", "-I", node, "-j").json()["replies"][0]["data"]["total"]

    def test_a_failed_function_makes_the_node_no_target_and_is_said_on_request(self):
        for select in ("nrpe('load').exitcode=0", "not nrpe('load').exitcode=0", "country=/./ or nrpe('load').exitcode=0"):
            self.assertNotIn("node003", self.matching(select), select)
        quiet = self.find("nrpe('load').exitcode=0")
        self.assertEqual(quiet.err, "", quiet)
        told = self.find("nrpe('load').exitcode=0", "-v")
        self.assertIn("orchctl: node003.example.net does not match: nrpe('load'): this node has no check 'load'", told.err)
        self.assertNotIn("node002", told.err, told)

    def test_an_invocation_goes_to_those_that_match_alone(self):
        result = fleet.orchctl("invoke", "nrpe", "runcommand", "command=load", "-S", "service('cron').status=running", "-j")
        data = result.json()
        self.assertEqual(sorted(reply["sender"] for reply in data["replies"]), fleet.nodes[:2], result)
        self.assertEqual(data["request_stats"]["discovered"], 2)
        failures = data["request_stats"]["filter_failures"]
        self.assertEqual([failure["sender"] for failure in failures], [fleet.nodes[2]], result)
        self.assertIn("service('cron'): ", failures[0]["reason"])

    def test_a_check_that_fails_is_counted_in_the_summary(self):
        result = fleet.orchctl("invoke", "nrpe", "runcommand", "command=load", "-I", "/node00[12]/")
        self.assertEqual(result.code, 2, result)
        self.assertRegex(result.out, r"OK = 1\n +WARNING = 0\n +CRITICAL = 1\n +UNKNOWN = 0", result)
        self.assertIn("CRITICAL", result.out)

    def test_a_wrong_call_is_refused_before_anything_is_sent(self):
        for select in ("process('x').pid=1", "service().status=running", "nosuch('x').y=1"):
            result = self.find(select)
            self.assertEqual(result.code, 1, result)
            self.assertIn("-S: column", result.err, result)


class SmallPluginsTest(unittest.TestCase):
    def data(self, *arguments, code=0):
        result = fleet.orchctl("invoke", *arguments, "-I", fleet.nodes[0], "-j")
        self.assertEqual(result.code, code, result)
        return result.json()["replies"][0]

    def test_filemgr_touches_looks_and_removes(self):
        file = folder / "by-filemgr"
        self.assertEqual(self.data("filemgr", "touch", f"file={file}")["data"], {"changed": True})
        status = self.data("filemgr", "status", f"file={file}")["data"]
        self.assertEqual((status["output"], status["present"], status["type"]), ("present", 1, "file"))
        self.data("filemgr", "remove", f"file={file}")
        self.assertFalse(file.exists())
        self.assertEqual(self.data("filemgr", "status", f"file={file}", code=2)["statuscode"], 1)
        typed = fleet.orchctl("filemgr", "touch", "--file", str(file), "-I", fleet.nodes[0])
        self.assertEqual(typed.code, 0, typed)
        self.assertTrue(file.exists())

    def test_process_lists_this_fleet(self):
        data = self.data("process", "list", f"pattern={fleet.home}.*orch-hub|orch-hub.*{fleet.home}")["data"]
        self.assertIn(fleet.pid(), [process["pid"] for process in data["pslist"]])

    def test_shell_is_not_there_by_default_and_says_why_when_it_cannot_load(self):
        node = fleet.nodes[0]
        refused = fleet.orchctl("invoke", "shell", "run", "command=id", "-I", node)
        self.assertNotEqual(refused.code, 0, refused)
        self.assertNotIn("uid=", refused.out, refused)
        policies = folder / "policies"
        policies.mkdir()
        config = fleet.home / "nodes" / node / "agent.yaml"
        config.write_text(config.read_text() + f"  shell: {{allow: true, policies_dir: {policies}}}\n")
        os.kill(fleet.pid(node), signal.SIGHUP)
        wait_until("the node says why", lambda: "shell.policy" in fleet.log(node))
        (policies / "shell.policy").write_text("policy default deny\n")
        os.kill(fleet.pid(node), signal.SIGHUP)
        wait_until("the plugin is there", lambda: fleet.orchctl("find", "-A", "shell").out.split() == [node])
        data = self.data("shell", "run", "command=echo $((6*7)); exit 3")["data"]
        self.assertEqual((data["stdout"], data["exitcode"], data["success"]), ("42\n", 3, False))
        handle = self.data("shell", "start", "command=echo begun; exec sleep 600")["data"]["handle"]
        wait_until("it has printed", lambda: self.data("shell", "status", f"handle={handle}")["data"]["stdout"] == "begun\n")
        os.kill(fleet.pid(node), signal.SIGHUP)  # a reload keeps the job
        self.assertEqual(self.data("shell", "list")["data"]["jobs"][handle]["status"], "running")
        self.data("shell", "kill", f"handle={handle}")
        wait_until("it has ended", lambda: self.data("shell", "status", f"handle={handle}")["data"]["status"] == "failed")


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
