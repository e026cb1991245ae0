"""The main job on real input: every command of the guide, on a hub and three agents."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from fleet import BIN, ROOT, Fleet

INIT_SCRIPT = """#!/bin/sh
# A service as machines without systemd have it; its state is a file.
state="$(dirname "$0")/../state.$(basename "$0")"
case "$1" in
  start) : >"$state" ;;
  stop) rm -f "$state" ;;
  restart) : >"$state" ;;
  status) [ -e "$state" ] && { echo "running"; exit 0; }; echo "stopped"; exit 3 ;;
  *) exit 2 ;;
esac
"""


def setUpModule():
    global fleet, services
    services = tempfile.TemporaryDirectory(prefix="orch-ring-services.")
    folder = pathlib.Path(services.name) / "init.d"
    folder.mkdir()
    (folder / "webserver").write_text(INIT_SCRIPT)
    (folder / "webserver").chmod(0o755)
    # Without service(8) in the path, as on machines that only have the scripts.
    fleet = Fleet(3, agent_yaml="plugin.service.provider: script\nplugin.service.path: /usr/bin:/bin\n"
                                f"plugin.service.init_dir: {folder}\n")
    fleet.allow_everybody()


def tearDownModule():
    fleet.close()
    services.cleanup()


class MainJobTest(unittest.TestCase):
    def ok(self, *arguments, **options):
        result = fleet.orchctl(*arguments, **options)
        self.assertEqual(result.code, 0, result)
        notes = [line for line in result.err.splitlines() if line and not line.startswith("Discovering hosts using")]
        self.assertEqual(notes, [], result)
        return result

    def test_ping_names_every_node_with_its_time_and_ends_with_statistics(self):
        result = self.ok("ping")
        for node in fleet.nodes:
            self.assertRegex(result.out, rf"(?m)^{node} +time=\d+\.\d\d ms$", result)
        self.assertRegex(result.out, r"(?m)^---- ping statistics ----$", result)
        self.assertRegex(result.out, r"(?m)^3 replies max: [\d.]+ min: [\d.]+ avg: [\d.]+", result)
        self.assertLess(result.seconds, 1.0 if "ORCH_TEST_PATIENCE" not in os.environ else 10.0, result)

    def test_find_chooses_by_fact_class_identity_and_both(self):
        self.assertEqual(self.ok("find").out.split(), fleet.nodes)
        self.assertEqual(self.ok("find", "-F", "osfamily=Debian").out.split(), ["node002.example.net"])
        self.assertEqual(self.ok("find", "-C", "role::db").out.split(), ["node001.example.net"])
        self.assertEqual(self.ok("find", "-I", "/node00[13]/").out.split(), ["node001.example.net", "node003.example.net"])
        self.assertEqual(self.ok("find", "-W", "common osfamily=RedHat").out.split(), ["node001.example.net"])
        self.assertEqual(self.ok("find", "-S", "osfamily=RedHat or role=app").out.split(),
                         ["node001.example.net", "node003.example.net"])

    def test_find_of_nothing_prints_nothing_and_exits_1(self):
        result = fleet.orchctl("find", "-F", "osfamily=Plan9")
        self.assertEqual((result.code, result.out), (1, ""), result)

    def test_inventory_shows_statistics_plugins_classes_and_facts(self):
        out = self.ok("inventory", "node001.example.net").out
        self.assertTrue(out.startswith("Inventory for node001.example.net:\n"), out)
        for part in ("   Server Statistics:", "   Agents:", "   Configuration Management Classes:", "   Facts:",
                     "      role => db", "      operatingsystem => RedHat", "role::db", "rpcutil", "package", "service"):
            self.assertIn(part, out)

    def test_facts_counts_the_values_of_a_fact(self):
        out = self.ok("facts", "osfamily").out
        self.assertTrue(out.startswith("Report for fact: osfamily\n"), out)
        for value in ("Debian", "RedHat", "Suse"):
            self.assertRegex(out, rf"(?m)^        {value} +found 1 times$")
        self.assertRegex(out, r"Finished processing 3 / 3 hosts in [\d.]+ ms")

    def test_checkupdates_runs_the_package_manager_of_this_machine(self):
        result = self.ok("invoke", "package", "checkupdates")
        for node in fleet.nodes:
            self.assertRegex(result.out, rf"(?m)^{node}", result)
        self.assertRegex(result.out, r"Finished processing 3 / 3 hosts in [\d.]+ ms", result)
        replies = self.ok("invoke", "package", "checkupdates", "--json").json()["replies"]
        simulated = subprocess.run(["apt-get", "--simulate", "-q", "dist-upgrade"], env=dict(os.environ, LC_ALL="C"),
                                   text=True, capture_output=True, check=True).stdout
        wanted = sorted(line.split()[1] for line in simulated.splitlines() if line.startswith("Inst ") and " [" in line)
        for reply in replies:
            self.assertEqual(reply["data"]["package_manager"], "apt", reply)
            self.assertEqual(sorted(each["package"] for each in reply["data"]["outdated_packages"]), wanted, reply)

    def test_package_status_agrees_with_dpkg(self):
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "base-files"], text=True, capture_output=True).stdout
        out = self.ok("package", "base-files", "status", "-I", "node002.example.net").out
        self.assertIn(version, out)

    def test_service_runs_init_scripts_where_there_is_no_systemd(self):
        def status():
            replies = self.ok("service", "webserver", "status", "--json").json()["replies"]
            return {reply["sender"]: reply["data"]["status"] for reply in replies}
        self.assertEqual(self.ok("service", "webserver", "stop", "--yes").code, 0)
        self.assertEqual(set(status().values()), {"stopped"})
        result = self.ok("service", "webserver", "start", "-W", "osfamily=RedHat")
        self.assertRegex(result.out, r"---- service summary ----\n *Nodes: 1 / 1\n", result)
        # All three agents of this machine see the same script.
        self.assertEqual(set(status().values()), {"running"})

    def test_a_service_that_is_not_there_is_a_failed_reply_with_its_name(self):
        result = fleet.orchctl("service", "no-such-service", "status")
        self.assertEqual(result.code, 2, result)
        self.assertIn("no-such-service", result.out, result)

    def test_json_lines_come_one_object_a_line(self):
        lines = [json.loads(line) for line in self.ok("rpc", "rpcutil", "ping", "--jsonl").out.splitlines()]
        self.assertEqual(sorted(line["sender"] for line in lines if line["kind"] == "result"), fleet.nodes)
        self.assertEqual(lines[0]["kind"], "discovery")
        self.assertEqual(lines[-1]["kind"], "stats")

    def test_get_fact_answers_from_each_node(self):
        replies = self.ok("invoke", "rpcutil", "get_fact", "fact=role", "--json").json()["replies"]
        self.assertEqual({reply["sender"]: reply["data"]["value"] for reply in replies},
                         dict(zip(fleet.nodes, ("db", "web", "app"))))

    def test_data_functions_of_a_filter_are_decided_on_the_nodes(self):
        result = self.ok("invoke", "rpcutil", "ping", "-S", "fstat('/etc/passwd').present=1 and role=web", "--json")
        self.assertEqual([reply["sender"] for reply in result.json()["replies"]], ["node002.example.net"])

        nobody = fleet.orchctl("invoke", "rpcutil", "ping", "-S", "fstat('/no/such/file').present=1")
        self.assertEqual(nobody.code, 1, nobody)

    def test_find_asks_the_nodes_when_only_they_can_decide(self):
        self.assertEqual(self.ok("find", "-S", "fstat('/etc/passwd').present=1 and role=web").out.split(),
                         ["node002.example.net"])

    def test_names_that_nobody_has_are_named_and_counted(self):
        result = fleet.orchctl("invoke", "rpcutil", "ping", "-I", "node001.example.net", "-I", "ghost.example.net")
        self.assertEqual(result.code, 2, result)
        self.assertIn("ghost.example.net", result.out + result.err, result)
        only_ghost = fleet.orchctl("invoke", "rpcutil", "ping", "-I", "ghost.example.net")
        self.assertEqual(only_ghost.code, 4, only_ghost)

    def test_a_node_list_on_standard_input_chooses_nodes(self):
        result = self.ok("rpc", "rpcutil", "ping", "--json", text="node002.example.net\n")
        self.assertEqual([reply["sender"] for reply in result.json()["replies"]], ["node002.example.net"])

    def test_plugins_are_listed_and_documented(self):
        out = self.ok("plugin", "list").out
        for plugin in ("rpcutil", "package", "service"):
            self.assertIn(plugin, out)
        self.assertIn("checkupdates", self.ok("plugin", "doc", "package").out)

    def test_batches_reach_every_node(self):
        result = self.ok("rpc", "rpcutil", "ping", "--batch", "2", "--batch-sleep", "0.05", "--json")
        self.assertEqual(sorted(reply["sender"] for reply in result.json()["replies"]), fleet.nodes)

    def test_a_window_reaches_every_node_and_a_spent_budget_stops_it(self):
        result = self.ok("rpc", "rpcutil", "ping", "--concurrency", "1", "--json")
        self.assertEqual(sorted(reply["sender"] for reply in result.json()["replies"]), fleet.nodes)
        cut = fleet.orchctl("rpc", "rpcutil", "get_config_item", "item=no_such_item", "--concurrency", "1",
                            "--fail-max", "1", "--json")
        self.assertEqual(cut.code, 2, cut)
        kinds = sorted(reply.get("error_kind", "") for reply in cut.json()["replies"])
        self.assertEqual(kinds[1:], ["max-failures", "max-failures"], cut)
        stats = cut.json()["request_stats"]
        self.assertEqual((stats["discovered"], stats["responses"], len(stats["not_sent"])), (3, 1, 2), cut)
        shown = fleet.orchctl("rpc", "rpcutil", "get_config_item", "item=no_such_item", "--concurrency", "1",
                              "--fail-max", "1").out
        self.assertIn("Finished processing 1 / 3 hosts", shown)
        self.assertIn("Not sent the command (max-failures):", shown)

    def test_hub_status_counts_the_nodes(self):
        status = fleet.status()
        self.assertEqual(status["nodes_connected"], 3, status)
        self.assertIn("3", self.ok("hub", "status").out)

    def test_the_python_example_of_the_client_api_works(self):
        python = "/usr/bin/python3"
        with tempfile.TemporaryDirectory() as folder:
            protos = sorted(str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto/orch/v1").glob("*.proto"))
            subprocess.run([python, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"--python_out={folder}",
                            f"--grpc_python_out={folder}", *protos], check=True)
            pem = fleet.write_secret("service.pem", fleet.issue_key("client", "service", "--pem"))
            example = subprocess.run([python, str(ROOT / "docs/examples/invoke.py"), fleet.address, str(pem)],
                                     env=dict(os.environ, PYTHONPATH=folder), text=True, capture_output=True, timeout=60)
        self.assertEqual(example.returncode, 0, example.stderr)
        self.assertEqual(sorted(line.split()[0] for line in example.stdout.splitlines()), fleet.nodes, example.stdout)

    def test_sample_configurations_name_only_keys_that_exist(self):
        checked = subprocess.run([str(BIN / "orch-hub"), "-c", str(ROOT / "deploy/config/hub.yaml"), "--check-config"],
                                 text=True, capture_output=True, timeout=20)
        self.assertNotIn("unknown", checked.stderr + checked.stdout)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            text = (ROOT / "deploy/config/client.yaml").read_text()
            file.write(text.replace("/etc/orch/credentials", str(fleet.home / "hub/client.credentials"))
                       .replace("127.0.0.1:61613", fleet.address).replace("#name:", "name:"))
            file.flush()
            self.ok("find", config=file.name)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
