"""puppetral and MCollective's Ruby agents from end to end: a hub, two agents, real Puppet, no puppetserver.

With ORCH_TEST_FIGURES=1 the warm latencies are printed, for docs/BENCHMARKS.md.
"""
import os
import pathlib
import re
import shutil
import statistics
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/integration"))
from fleet import Fleet, runs, wait_until  # noqa: E402

AGENTS = ROOT / "tests/actions/mcollective"


def setUpModule():
    global fleet, folder
    folder = pathlib.Path(tempfile.mkdtemp(prefix="orch-puppetral."))
    # Agents that nobody else may write, however the repository was checked out.
    shutil.copytree(AGENTS, folder / "agents")
    for path in [folder / "agents", *(folder / "agents").rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o022)
    (folder / "puppet.conf").write_text(f"[main]\nconfdir = {folder}/etc\nvardir = {folder}/var\n"
                                        f"statedir = {folder}/state\nlogdir = {folder}/log\n")
    for name in ("etc", "var", "state", "log"):
        (folder / name).mkdir()
    # As Puppet 7 writes it, then as older ones do.
    (folder / "state/resources.txt").write_text(f"file[{folder}/MANAGED]\n".lower() + f"file[{folder}/Older]\n")
    # A shell script in Puppet's place, as its own packages have it.
    (folder / "puppet").write_text(f"#!/bin/sh\nunset RUBYLIB\nexec {shutil.which('puppet')} \"$@\"\n")
    (folder / "puppet").chmod(0o755)
    fleet = Fleet(2, agent_yaml=f"plugin.puppet.config: {folder}/puppet.conf\n"
                                f"plugin.puppet.command: {folder}/puppet\nplugin.inspector.greeting: good day\n"
                                f"plugins.mcollective: [{folder}/agents/installed, {folder}/agents/trouble, "
                                f"{folder}/agents/broken]\n")
    fleet.orchctl("rpc", "puppetral", "find", "type=file", "title=/", timeout=180)  # Puppet is loaded


def tearDownModule():
    fleet.close()
    shutil.rmtree(folder)


class EndToEnd(unittest.TestCase):
    def invoke(self, *arguments, code=0):
        result = fleet.orchctl("rpc", *arguments, timeout=180)
        self.assertEqual(result.code, code, result)
        return result

    def data(self, *arguments, code=0):
        """Replies by node, as JSON."""
        result = self.invoke(*arguments, "--json", code=code)
        replies = result.json()
        replies = replies.get("replies", replies) if isinstance(replies, dict) else replies
        return {reply["sender"]: reply for reply in replies}


class PuppetralTest(EndToEnd):
    def test_create_runs_a_command_and_find_sees_its_file_as_in_the_guide(self):
        hello = folder / "hello"
        title = f"/bin/bash -c 'echo Hello > {hello}'"
        created = self.invoke("puppetral", "create", "type=exec", f"title={title}", "--yes")
        self.assertEqual(hello.read_text(), "Hello\n")
        self.assertEqual(len(re.findall(
            r"(?m)^node00\d\.example\.net +\n"
            r"   Status: Resource was created\n"
            r"   Resource:\n"
            r"     \{\"exported\"=>false,\n"
            r"      \"title\"=>\"" + re.escape(title) + r"\",\n"
            r"      \"parameters\"=>\{:returns=>:notrun\},\n"
            r"      \"tags\"=>\[\"exec\"\],\n"
            r"      \"type\"=>\"Exec\"\}\n", created.out)), 2, created)
        found = self.invoke("puppetral", "find", "type=file", f"title={hello}")
        self.assertEqual(len(re.findall(
            r"(?m)^node00\d\.example\.net +\n"
            r"   exported: false\n"
            r"   managed: false\n"
            r"   title: " + re.escape(str(hello)) + r"\n"
            r"   parameters:\n"
            r"     \{:content=>\"\{\w+\}\w+\",\n"
            r"      :ctime=>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+,\n"
            r"      :ensure=>:file,\n"
            r"      :group=>0,\n"
            r"      :mode=>\"0?644\",\n"
            r"      :mtime=>[^\n\"]+,\n"
            r"      :owner=>0,\n"
            r"      :type=>\"file\"\}\n"
            r"   tags: \[\"file\"\]\n"
            r"   type: File\n", found.out)), 2, found)

    def test_create_takes_any_property(self):
        path = folder / "property"
        self.invoke("puppetral", "create", "type=file", f"title={path}", "ensure=file", "content=some text",
                    "mode=0600", "--yes", "-I", fleet.nodes[0])
        self.assertEqual(path.read_text(), "some text")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.invoke("puppetral", "create", "type=file", f"title={path}", "ensure=absent", "--yes", "-I", fleet.nodes[0])
        self.assertFalse(path.exists())

    def test_a_resource_that_fails_says_why(self):
        for reply in self.data("puppetral", "create", "type=exec", "title=/bin/false", "--yes", code=2).values():
            self.assertEqual(reply["statuscode"], 1)
            self.assertIn("'/bin/false' returned 1 instead of one of [0]", reply["statusmsg"])
            self.assertEqual(reply["data"]["status"], reply["statusmsg"])

    def test_what_puppet_refuses_is_an_answer_and_the_process_stays(self):
        before = self.workers()
        for arguments, words in ((("type=nosuchtype", "title=x"), "no resource type 'nosuchtype'"),
                                 (("type=exec", "title=relative"), "not qualified"),
                                 (("type=file", f"title={folder}/x", "nosuch=1"), "nosuch")):
            for reply in self.data("puppetral", "create", *arguments, "--yes", code=2).values():
                self.assertEqual(reply["statuscode"], 1)
                self.assertIn(words, reply["statusmsg"])
        self.assertEqual(self.workers(), before)

    def test_find_knows_what_the_catalogue_manages(self):
        for name, managed in (("MANAGED", True), ("managed", True), ("/MANAGED/", True), ("Older", True), ("older", False),
                              ("other", False)):
            for reply in self.data("puppetral", "find", "type=file", f"title={folder}/{name}").values():
                self.assertIs(reply["data"]["managed"], managed, name)
                self.assertEqual(reply["data"]["parameters"]["ensure"], "absent")
            found = fleet.orchctl("find", "-S", f"resource('File[{folder}/{name}]').managed=true").out.split()
            self.assertEqual(len(found), 2 if managed else 0, f"{name}: the data function agrees")

    def test_search_gives_one_output_a_title(self):
        for reply in self.data("puppetral", "search", "type=user").values():
            self.assertEqual(reply["data"]["root"]["parameters"]["uid"], 0)
            self.assertEqual(reply["data"]["root"]["type"], "User")
            self.assertGreater(len(reply["data"]), 5)

    def test_a_package_is_found_without_listing_all(self):
        for reply in self.data("puppetral", "find", "type=package", "title=bash").values():
            self.assertRegex(reply["data"]["parameters"]["ensure"], r"^\d")

    def test_avoid_conflict_leaves_out_a_value_that_is_taken(self):
        reply = self.data("puppetral", "create", "type=user", "title=root", "uid=1", "avoid_conflict=uid", "--yes", "-I",
                          fleet.nodes[0])[fleet.nodes[0]]
        self.assertEqual(reply["statuscode"], 0, reply)
        self.assertEqual(self.data("puppetral", "find", "type=user", "title=root")[fleet.nodes[0]]["data"]["parameters"]
                         ["uid"], 0)

    def test_a_type_that_is_a_path_is_refused_before_anything_is_sent(self):
        result = self.invoke("puppetral", "find", "type=../../tmp/evil", "title=x", code=1)
        self.assertIn("input 'type'", result.err)

    def test_a_worker_that_died_is_replaced(self):
        node = fleet.nodes[0]
        pids = self.workers(node)
        self.assertTrue(pids)
        for pid in pids:
            os.kill(pid, 9)
            wait_until("it is gone", lambda: not runs(pid))
        self.assertEqual(self.data("puppetral", "find", "type=file", "title=/")[node]["statuscode"], 0)
        self.assertFalse(set(pids) & set(self.workers(node)))

    def test_warm_calls_are_as_quick_as_the_guides(self):
        hello = folder / "quick"
        calls = {"find": (["find", "type=file", "title=/etc/hostname"], 166),
                 "create": (["create", "type=exec", f"title=/bin/bash -c 'echo Hello > {hello}'", "--yes"], 249)}
        for name, (arguments, guide) in calls.items():
            times = []
            for _ in range(7):
                out = self.invoke("puppetral", *arguments).out
                times.append(float(re.search(r"Finished processing 2 / 2 hosts in ([\d.]+) ms", out)[1]))
            if os.environ.get("ORCH_TEST_FIGURES"):
                print(f"puppetral {name}: best {min(times):.1f} ms, median {statistics.median(times):.1f} ms", file=sys.stderr)
            if "ORCH_TEST_PATIENCE" not in os.environ:
                self.assertLess(min(times), guide, times)

    @staticmethod
    def workers(node=None):
        """Pids of warm Puppets, of one node or all."""
        parents = [fleet.pid(one) for one in ([node] if node else fleet.nodes)]
        return sorted(pid for parent in parents for pid in descendants(parent) if "puppetral.rb" in command_line(pid))


class McollectiveAgentsTest(EndToEnd):
    def test_an_unmodified_agent_answers_with_labels_and_summaries(self):
        (folder / "four").write_text("1234")
        result = self.invoke("inspector", "inspect", f"file={folder}/four", "--yes")
        self.assertRegex(result.out, r"(?m)^ +State: present$", result)
        self.assertRegex(result.out, r"(?m)^ +Size: 4$", result)
        self.assertRegex(result.out, r"(?m)^ *Summary of State:$", result)
        self.assertRegex(result.out, r"present = 2", result)
        self.assertRegex(result.out, r"Average size: 4", result)
        self.assertRegex(result.out, r"All of it: 8", result)

    def test_an_agent_sees_the_node_and_its_caller(self):
        for node, reply in self.data("inspector", "surroundings", "--yes").items():
            self.assertEqual(reply["data"]["identity"], node)
            self.assertEqual(reply["data"]["greeting"], "good day")
            self.assertEqual(reply["data"]["caller"], "client=peadmin")
            self.assertIn(reply["data"]["family"], ("RedHat", "Debian", "Suse"))

    def test_its_ddl_is_held_by_the_client(self):
        result = self.invoke("inspector", "inspect", "file=relative", "--yes", code=1)
        self.assertIn("input 'file'", result.err)

    def test_scripts_implement_actions(self):
        for reply in self.data("scripted", "echo", "word=hello", "--yes").values():
            self.assertEqual(reply["data"]["said"], "echo hello")

    def test_an_agent_that_goes_wrong_harms_nobody(self):
        pids = [fleet.pid(node) for node in fleet.nodes]
        for action, words in (("raises", "it went wrong"), ("vanishes", "exit code 7"), ("dies", "signal 9"),
                              ("exits", "exit 7"), ("floods", "longer than")):
            for reply in self.data("trouble", action, "--yes", code=2).values():
                self.assertEqual(reply["statuscode"], 5, reply)
                self.assertIn(words, reply["statusmsg"])
        self.assertEqual([fleet.pid(node) for node in fleet.nodes], pids)
        self.assertTrue(all(runs(pid) for pid in pids))
        for reply in self.data("trouble", "nothing", "--yes").values():
            self.assertEqual(reply["statuscode"], 0)

    def test_broken_agents_are_said_and_the_rest_is_there(self):
        log = fleet.log(fleet.nodes[0])
        for plugin, why in (("syntax", "SyntaxError"), ("validators", "no validator is named nosuch"),
                            ("package", "there already")):
            self.assertRegex(log, rf"plugin={plugin}\b.*{why}")


def descendants(pid):
    """Pids of its children, whichever thread started them, and of theirs."""
    parents = {}
    for folder_of_one in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = re.search(r"(?m)^PPid:\s*(\d+)$", (folder_of_one / "status").read_text())
        except OSError:
            continue
        if parent:
            parents[int(folder_of_one.name)] = int(parent[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    unittest.main(verbosity=2)
