"""The plugin package against real apt, real dnf and, where it is installed, real zypper, through a hub and three agents.

Needs root (a package manager's own scripts run as root), dnf, rpm, createrepo-c, apt-utils.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
from fleet import Fleet, wait_until  # noqa: E402
from repositories import Apt, Dnf, Zypper  # noqa: E402

PROGRAMS = ("apt-get", "apt-ftparchive", "dpkg-deb", "dnf", "rpm", "rpmbuild", "createrepo_c")
OLD, NEW = "1.0-1", "2:1.1-1"  # of orch-tool; the new one also needs orch-extra


def setUpModule():
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    assert not missing, f"{missing} are missing; deploy/install-deps.sh installs them"
    global fleet, folder, nodes
    folder = pathlib.Path(tempfile.mkdtemp(prefix="orch-packages."))
    fleet = Fleet(3)
    nodes = {}
    for node, provider, kind in zip(fleet.nodes, ("apt", "dnf", "zypper"), (Apt, Dnf, Zypper)):
        if shutil.which(provider if provider != "apt" else "apt-get") is None:
            continue
        manager = kind(folder / provider)
        manager.add("orch-tool", OLD)
        manager.add("orch-lib", "3-1")
        nodes[provider] = (node, manager)
        with open(fleet.home / "nodes" / node / "agent.yaml", "a") as config:
            config.write(f"plugin:\n  package: {manager.settings()}\n")
        os.kill(fleet.pid(node), signal.SIGHUP)
        wait_until("the node has its own package manager", lambda: fleet.orchctl(
            "invoke", "rpcutil", "get_config_item", "item=plugin.package.root", "--senders", "-I", node).out.split())


def tearDownModule():
    fleet.close()
    shutil.rmtree(folder)


class Conversation:
    """What all package managers must do; every step builds on those before."""
    refusal = None  # of a version that is not there, where the package manager itself says it

    def package(self, action, *arguments, code=0):
        node, _ = nodes[self.provider]
        result = fleet.orchctl("invoke", "package", action, *arguments, "-I", node, "-j", timeout=120)
        self.assertEqual(result.code, code, result)
        reply = result.json()["replies"][0]
        return {**reply["data"], "message": reply["statusmsg"], "code": reply["statuscode"]}

    def ensure(self, package):
        return self.package("status", f"package={package}")["ensure"]

    def full(self, version):
        return nodes[self.provider][1].full_version(version)

    def outdated(self, data):
        return [(each["package"].split(".")[0], each["version"]) for each in data["outdated_packages"]]

    def test_a_life_of_packages(self):
        _, manager = nodes[self.provider]
        absent = self.absent
        self.assertEqual(self.package(self.refresh)["exitcode"], 0)
        self.assertEqual(self.package("count")["output"], 0)
        empty = self.package("md5")["output"]
        self.assertEqual(self.ensure("orch-tool"), absent)
        found = self.package("search", "package=orch-tool")
        self.assertEqual((found["package_count"], found["available_packages"][0]["version"]), (1, OLD))
        self.assertEqual(self.package("search", "package=orch-nothing")["package_count"], 0)

        data = self.package("install", "package=orch-tool")
        self.assertEqual((data["ensure"], data["version"], data["release"], data["provider"], data["name"], data["changed"]),
                         (OLD, "1.0", "1", self.provider, "orch-tool", True))
        self.assertEqual(self.package("install", "package=orch-tool")["changed"], False)
        self.assertEqual(self.package("count")["output"], 1)
        self.assertNotEqual(self.package("md5")["output"], empty)
        current = self.package("checkupdates")
        self.assertEqual((current["package_manager"], current["exitcode"], self.outdated(current)), (self.provider, 0, []))

        manager.add("orch-extra", "1-1")
        manager.add("orch-tool", NEW, depends="orch-extra")
        self.package("refresh")
        updates = self.package("checkupdates")
        self.assertEqual((updates["exitcode"], self.outdated(updates)), (self.updates_exit_code, [("orch-tool", NEW)]))
        data = self.package("update", "package=orch-tool")
        self.assertEqual((data["ensure"], data["changed"]), (self.full(NEW), True))
        self.assertEqual(self.ensure("orch-extra"), "1-1")
        self.assertEqual(self.package("update", "package=orch-tool")["changed"], False)

        data = self.package("install", "package=orch-tool", f"version={OLD}")  # a downgrade
        self.assertEqual((data["ensure"], data["changed"]), (OLD, True))
        self.assertEqual(self.package("install", "package=orch-tool", "version=1.0")["changed"], False)
        data = self.package("install", "package=orch-tool", f"version={NEW}")  # an upgrade
        self.assertEqual((data["ensure"], data["changed"]), (self.full(NEW), True))

        several = self.package("install", f"packages=orch-lib=3-1,orch-nothing,orch-tool={OLD}", code=2)
        self.assertRegex(several["message"], "^1 of 3 packages: ")
        self.assertEqual([(each["package"], each["ok"], each.get("ensure")) for each in several["results"]],
                         [("orch-lib", True, "3-1"), ("orch-nothing", False, absent), ("orch-tool", True, OLD)])
        status = self.package("status", "packages=orch-lib,orch-tool,orch-nothing")["results"]
        self.assertEqual([each["ensure"] for each in status], ["3-1", OLD, absent])
        lines = fleet.orchctl("package", "orch-lib,orch-nothing", "status", "-I", nodes[self.provider][0]).out
        self.assertRegex(lines, rf"version = orch-lib-3-1\n\S+ +version = orch-nothing {absent}\n")

        setting = manager.root / "etc/orch-tool.conf"
        setting.write_text("changed by hand\n")
        self.assertEqual(self.package("uninstall", "package=orch-tool")["changed"], True)
        self.assertEqual(self.ensure("orch-tool"), "absent")
        self.package("purge", "package=orch-tool")
        self.assertEqual(self.ensure("orch-tool"), absent)
        if self.provider == "apt":
            self.assertFalse(setting.exists())
        self.assertEqual(self.package("purge", "package=orch-tool")["changed"], False)
        missing = self.package("update", "package=orch-tool", code=2)
        self.assertEqual(missing["code"], 1)
        unknown = self.package("install", "package=orch-nothing", code=2)
        self.assertIn("orch-nothing", unknown["message"])
        wrong = self.package("install", "package=orch-tool", "version=9.9-9", code=2)
        self.assertEqual((wrong["code"], wrong["changed"]), (1, False))

    def test_names_and_versions_stay_what_they_are(self):
        _, manager = nodes[self.provider]
        for name, version in (("orch-odd", self.odd), ("orch-odd-extra", "1-1"), ("orch.odd", "1-1")):
            manager.add(name, version)
        self.package(self.refresh)
        for version in ("extra", "1+", "9-1-9"):  # "orch-odd-extra" is another package
            wrong = self.package("install", "package=orch-odd", f"version={version}", code=2)
            self.assertRegex(wrong["message"], self.refusal or
                             rf"offers no version .* of package orch-odd; it has: {re.escape(self.odd)}")
        self.package("install", "package=orch.od+", code=2)  # a pattern to apt, which matches
        for name in ("orch-odd", "orch-odd-extra", "orch.odd"):
            self.assertEqual(self.ensure(name), self.absent)
        data = self.package("install", "package=orch-odd", f"version={self.odd}")
        self.assertEqual((data["ensure"], data["changed"]), (self.full(self.odd), True))
        self.assertEqual(self.package("install", f"packages=orch-odd={self.odd}")["changed"], False)
        self.package("purge", "package=orch-odd")

    def test_the_provider_is_found_by_its_programs(self):
        node, _ = nodes[self.provider]
        out = fleet.orchctl("package", "orch-none", "status", "-I", node).out
        self.assertRegex(out, rf"{node} +version = {self.absent}")


class AptTest(Conversation, unittest.TestCase):
    provider, absent, refresh, updates_exit_code = "apt", "purged", "apt_update", 0
    odd = "1:2.0~rc1+dfsg-1~bpo12+1"

    def test_a_held_package_is_counted(self):
        _, manager = nodes[self.provider]
        manager.add("orch-held", "1-1")
        self.package("refresh")
        self.package("install", "package=orch-held")
        count, digest = self.package("count")["output"], self.package("md5")["output"]
        manager.hold("orch-held")
        self.assertEqual((self.package("count")["output"], self.package("md5")["output"]), (count, digest))
        self.assertEqual(self.ensure("orch-held"), "1-1")
        manager.unhold("orch-held")
        self.package("purge", "package=orch-held")

    def test_updates_are_checked_by_name(self):
        self.assertEqual(self.package("apt_checkupdates")["package_manager"], "apt")

    def test_changes_at_once_wait_for_each_other(self):
        node, _ = nodes[self.provider]
        self.package("refresh")
        started = [fleet.start_orchctl("invoke", "package", action, "package=orch-lib", "-I", node, "-j")
                   for action in ("install", "purge", "install", "uninstall")]
        for process in started:
            out, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, out + err)


class DnfTest(Conversation, unittest.TestCase):
    provider, absent, refresh, updates_exit_code = "dnf", "absent", "refresh", 100
    odd = "1:2.0~rc1^git20240101-1"

    def test_packages_that_are_only_installed_stand_side_by_side(self):
        _, manager = nodes[self.provider]
        for version in ("5.9-1", "5.10-1"):
            manager.add("orch-kernel", version)
        self.package("refresh")
        for version in ("5.10-1", "5.9-1"):
            self.assertEqual(self.package("install", "package=orch-kernel", f"version={version}")["changed"], True)
        status = self.package("status", "package=orch-kernel")
        self.assertEqual((status["ensure"], status["versions"]), ("5.10-1", ["5.10-1", "5.9-1"]))
        for version in ("5.10-1", "5.9-1", "5.9"):
            self.assertEqual(self.package("install", "package=orch-kernel", f"version={version}")["changed"], False)
        self.package("uninstall", "package=orch-kernel")

    def test_the_cache_is_cleaned(self):
        self.assertEqual(self.package("yum_clean", "mode=metadata")["exitcode"], 0)
        self.assertEqual(self.package("yum_clean")["exitcode"], 0)
        self.assertEqual(self.package("yum_checkupdates")["package_manager"], "dnf")


@unittest.skipIf(shutil.which("zypper") is None, "there is no zypper here")
class ZypperTest(Conversation, unittest.TestCase):
    provider, absent, refresh, updates_exit_code = "zypper", "absent", "refresh", 0
    odd = "1:2.0~rc1^git20240101-1"
    refusal = "No provider of 'orch-odd="


class MachineTest(unittest.TestCase):
    def test_nothing_of_the_machine_was_changed(self):
        for name in ("orch-tool", "orch-lib", "orch-extra"):
            self.assertNotEqual(subprocess.run(["dpkg-query", "-W", name], capture_output=True).returncode, 0)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("needs root, as package managers do")
        sys.exit(77)
    unittest.main(verbosity=2, argv=sys.argv)
