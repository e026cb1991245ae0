"""Logging in with an OpenID provider (oidc-provider from npm, on loopback): the device flow from 'orchctl login' to a
denied and an allowed job, with wrong passwords, a provider that is away, and a hub that restarts."""
import html
import http.cookiejar
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request

from fleet import PATIENCE, ROOT, SKIPPED, Fleet, wait_until

SOURCE = ROOT / "tests/integration/openid"
RULES = """groups:
  ops: [oidc-group=ops]
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: group=ops, role: operator}
  - {callers: oidc=bob, role: viewer}
"""


class Provider:
    """The provider's process; it keeps its port, and everything else, only while it runs."""

    def __init__(self, folder, **environment):
        self.process = subprocess.Popen(["node", "provider.mjs"], cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env=dict(os.environ, **environment))
        self.issuer = self.process.stdout.readline().strip()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def install(folder):
    """A folder with the provider and its packages, as package-lock.json names them."""
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        shutil.copy(SOURCE / name, folder)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    if done.returncode != 0:
        raise AssertionError(done.stdout)


def confirm(page_url, name, answer="yes"):
    """What a user does in a browser: opens the page, confirms the code, logs in and consents."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    response = browser.open(page_url)
    for _ in range(5):
        page, url = response.read().decode(), response.geturl()
        form = re.search(r'<form[^>]*?action="([^"]*)"[^>]*>(.*?)</form>', page, re.S)
        if form is None:
            return page
        fields = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', form[2]))
        if "xsrf" in fields:
            fields["confirm" if answer == "yes" else "abort"] = "yes"
        else:
            fields.update(login=name, password="any")
        response = browser.open(urllib.parse.urljoin(url, html.unescape(form[1])), urllib.parse.urlencode(fields).encode())
        if answer == "no":
            return response.read().decode()
    raise AssertionError("the provider asks without end")


def setUpModule():
    global fleet, provider, homes
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("skipped: node and npm are not installed")
        sys.exit(SKIPPED)
    holder = tempfile.TemporaryDirectory(prefix="orch-ring-openid.")
    unittest.addModuleCleanup(holder.cleanup)
    folder = pathlib.Path(holder.name)
    install(folder)
    provider = Provider(folder)
    unittest.addModuleCleanup(provider.close)
    homes = folder / "homes"
    secret = folder / "client-secret"
    secret.touch(mode=0o600)
    secret.write_text("not-so-secret\n")
    fleet = Fleet(2, hub_yaml=f"security:\n  login: {{issuer: '{provider.issuer}', client_id: orch, "
                              f"client_secret_file: {secret}, scopes: openid email}}\n")
    unittest.addModuleCleanup(fleet.close)
    fleet.set_rules(RULES)
    fleet.wait_connected(fleet.nodes)


class User:
    """Somebody at a workstation with a home directory of his own."""

    def __init__(self, name):
        self.name, self.home = name, homes / name
        self.home.mkdir(parents=True)
        key = subprocess.run([str(fleet.command([])[0]).replace("orchctl", "orch-hub"), "key", "login", "-c",
                              str(fleet.home / "hub.yaml")], check=True, capture_output=True, text=True).stdout.strip()
        self.config = self.home / "client.yaml"
        self.config.write_text(f"hub: {fleet.address}\nlogin_key: {key}\n")

    def start(self, *words):
        return subprocess.Popen(fleet.command(words, self.config), env=dict(os.environ, HOME=str(self.home)), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def orchctl(self, *words):
        process = self.start(*words)
        out, err = process.communicate(timeout=60 * PATIENCE)
        return process.returncode, out, err

    def login(self, answer="yes", account=None):
        process = self.start("login")
        said = ""
        for line in process.stderr:
            said += line
            if "Waiting for" in line:
                break
        page = re.search(r"compare the code:\n +(\S+)", said)
        if page is None:
            process.wait(timeout=60 * PATIENCE)
            return process.returncode, "", said
        confirm(page[1], account or self.name, answer)
        out, err = process.communicate(timeout=60 * PATIENCE)
        return process.returncode, out, said + err

    def must_log_in(self):
        code, out, err = self.login()
        assert code == 0, (code, out, err)
        return out

    @property
    def file(self):
        return next((self.home / ".orch/logins").iterdir())


class LoginTest(unittest.TestCase):
    def user(self, name):
        user = User(name)
        self.addCleanup(shutil.rmtree, user.home)
        return user

    def audit(self, event):
        lines = (fleet.home / "hub/audit/audit.jsonl").read_text().splitlines()
        return [record for record in map(json.loads, lines) if record["event"] == event]

    def test_a_user_logs_in_and_may_do_what_the_rules_give_to_the_groups(self):
        alice = self.user("alice+ops")
        code, out, err = alice.orchctl("ping")
        self.assertEqual(code, 5, "nobody has logged in yet")
        self.assertIn("run 'orchctl login'", err)
        out = alice.must_log_in()
        self.assertRegex(out, r"Logged in as oidc=alice\+ops until 20\d\d-")
        self.assertIn("Groups: ops", out)
        self.assertEqual(stat.S_IMODE(alice.file.stat().st_mode), 0o600)
        code, out, err = alice.orchctl("whoami", "-j")
        self.assertEqual(code, 0, err)
        who = json.loads(out)
        self.assertEqual((who["caller"], who["roles"]), ("oidc=alice+ops", ["operator"]))
        self.assertIn("oidc-group=ops", who["groups"])
        self.assertEqual(alice.orchctl("rpc", "rpcutil", "ping")[0], 0)
        code, out, err = alice.orchctl("node", "tokens")
        self.assertEqual(code, 5, "administration is not for operators")
        self.assertEqual(self.audit("job.invoke")[-1]["caller"], "oidc=alice+ops")
        granted = self.audit("login")[-1]
        self.assertEqual((granted["caller"], granted["decision"], granted["groups"]), ("oidc=alice+ops", "allowed", ["ops"]))
        self.assertNotIn("not-so-secret", fleet.log() + (fleet.home / "hub/audit/audit.jsonl").read_text())
        self.assertIn("oidc=alice+ops", fleet.orchctl("auth", "status").out)
        self.assertIn("Logged out", alice.orchctl("logout")[1])
        self.assertFalse(list((alice.home / ".orch/logins").iterdir()))
        self.assertNotEqual(alice.orchctl("ping")[0], 0)

    def test_another_user_is_somebody_else(self):
        bob = self.user("bob")
        bob.must_log_in()
        self.assertEqual(json.loads(bob.orchctl("whoami", "-j")[1])["roles"], ["viewer"])
        self.assertEqual(bob.orchctl("rpc", "rpcutil", "ping")[0], 5)
        self.assertEqual(bob.orchctl("find")[0], 0)

    def test_a_login_outlives_the_hub_and_ends_with_a_ban(self):
        carol = self.user("carol+ops")
        carol.must_log_in()
        fleet.kill()
        fleet.restart_hub()
        fleet.wait_connected(fleet.nodes)
        carol.config.write_text(re.sub("hub: .*", f"hub: {fleet.address}", carol.config.read_text()))
        self.assertEqual(carol.orchctl("find")[0], 0)
        events = carol.start("events", "--follow")
        self.addCleanup(events.communicate)
        self.addCleanup(events.kill)
        self.assertIn("Logged in: oidc=carol+ops", fleet.orchctl("auth", "status").out)
        self.assertEqual(fleet.orchctl("auth", "ban", "oidc", "carol+ops").code, 0)
        self.assertNotIn("Logged in: oidc=carol+ops", fleet.orchctl("auth", "status").out)
        wait_until("the stream of the banned user ends", lambda: events.poll() is not None)
        code, out, err = carol.orchctl("find")
        self.assertEqual(code, 5)
        self.assertIn("banned", err)
        code, out, err = carol.login()
        self.assertEqual(code, 5, err)
        self.assertIn("banned", err)
        self.assertEqual(fleet.orchctl("auth", "unban", "oidc", "carol+ops").code, 0)
        self.assertEqual(carol.orchctl("find")[0], 5, "the key from before the ban is over for good")
        carol.must_log_in()
        self.assertEqual(carol.orchctl("find")[0], 0)

    def test_a_login_that_is_refused_in_the_browser_leaves_nothing(self):
        dave = self.user("dave")
        code, out, err = dave.login(answer="no")
        self.assertEqual(code, 5, err)
        self.assertIn("refused at the OpenID provider", err)
        self.assertFalse((dave.home / ".orch").exists())
        self.assertEqual(self.audit("login")[-1]["decision"], "refused")

    def test_a_name_that_rules_cannot_hold_is_refused_with_the_remedy(self):
        code, out, err = self.user("eve").login(account="two words")
        self.assertEqual(code, 1, err)
        self.assertIn("security.login.name_claim", err)

    def test_wrong_input_is_told(self):
        frank = self.user("frank")
        good = frank.config.read_text()
        for text, said, code in ((good.replace("login_key", "name"), "login_key is not set", 1),
                                 (good.replace("login_key: ", "login_key: x"), "the hub does not know this login key", 5),
                                 (good[:-9] + "\n", "is not whole", 1)):
            frank.config.write_text(text)
            result = frank.orchctl("login")
            self.assertEqual(result[0], code, result)
            self.assertIn(said, result[2])
        # The right key of a hub that another one pretends to be.
        wrong = re.sub(r"\.([0-9a-f]{64})$", "." + "9" * 64, good.strip()) + "\n"
        frank.config.write_text(wrong)
        result = frank.orchctl("login")
        self.assertEqual(result[0], 5, result)
        self.assertIn("does not come from the hub", result[2])

    def test_while_the_provider_is_away_logins_fail_and_all_else_goes_on(self):
        grace = self.user("grace+ops")
        grace.must_log_in()
        provider.process.send_signal(subprocess.signal.SIGSTOP)
        self.addCleanup(provider.process.send_signal, subprocess.signal.SIGCONT)
        late = self.user("late")
        process = late.start("login")
        self.assertEqual(grace.orchctl("rpc", "rpcutil", "ping")[0], 0)
        out, err = process.communicate(timeout=60 * PATIENCE)
        self.assertEqual(process.returncode, 6, err)
        self.assertIn("the OpenID provider does not answer", err)

    def test_an_attempt_can_be_interrupted(self):
        harry = self.user("harry")
        process = harry.start("login")
        for line in process.stderr:
            if "Waiting for" in line:
                break
        process.send_signal(subprocess.signal.SIGINT)
        process.communicate(timeout=20 * PATIENCE)
        self.assertEqual(process.returncode, 130)


if __name__ == "__main__":
    unittest.main(verbosity=2)
