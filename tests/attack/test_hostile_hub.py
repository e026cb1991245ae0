"""orchctl and agent against whoever answers at the hub's address: bounded in memory and time, and they say what is wrong."""
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time
import unittest

from hostile import HostileHub, after_the_proof, before_the_proof, proved, until_it_ends
from ring import BIN, FULL, PATIENCE, Ring, runs, wait_until, worked

MEMORY = 64 << 20   # more than with a hub that behaves
# A hub that holds the key may fill one answer of a few MB with empty fields, which are 28 times as large in memory.
ANSWER = 192 << 20
PROOF_SECONDS = 7    # orchctl gives a hub 5 s to prove itself,
CALL_SECONDS = 34    # and 30 s to answer
AT_ONCE = 4
LOOK = 20 if FULL else 5  # seconds at an agent
# These end by orchctl's own limit for a call; the short form leaves them to the agent.
SLOW = {"compressed bombs without a word", "messages of 2 MB", "messages of empty fields", "empty messages", "endless windows"}


def setUpModule():
    global ring, usual
    ring = Ring(1)
    usual = run_orchctl(ring.client_yaml)[1]


def tearDownModule():
    ring.close()


def peak(pid):
    """The most memory the process has had so far; 0 when it is gone."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def run_orchctl(config, *arguments, seconds=60):
    """(exit code, most memory, seconds, standard output, standard error)"""
    began = time.monotonic()
    most = 0
    with subprocess.Popen(ring.command(arguments or ("ping",), config), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            most = max(most, peak(process.pid))
            if time.monotonic() - began > seconds * PATIENCE:
                process.kill()
                process.wait()
            time.sleep(0.002)
        return process.returncode, most, time.monotonic() - began, process.stdout.read(), process.stderr.read()


class HostileHubTest(unittest.TestCase):
    def orchctl_against(self, what, behave, command):
        hub = HostileHub(behave)
        try:
            config = ring.write_config("-".join(("hostile", *command, re.sub(r"\W+", "-", what))), hub=hub.address)
            return run_orchctl(config, *command)
        finally:
            hub.close()

    def check_orchctl(self, behaviours, codes, seconds_at_most, memory=MEMORY, command=("ping",)):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            results = {what: pool.submit(self.orchctl_against, what, behave, command) for what, behave in behaviours.items()}
        for what, result in results.items():
            code, most, seconds, out, err = result.result()
            if FULL:
                more = max(0, most - usual) / 2**20
                print(f"| orchctl {' '.join(command)}: {what} | {more:.0f} | {seconds:.1f} s | {code} |", flush=True)
            with self.subTest(what):
                self.assertIn(code, codes, err)
                self.assertLess(most, usual + memory * PATIENCE, err)
                self.assertLess(seconds, seconds_at_most * PATIENCE, err)
                if what != "messages of empty fields":  # these are replies, of nobody
                    self.assertEqual(out, "")
                self.assertRegex(err, r"hub 127\.0\.0\.1:\d+", "it says which hub")
                self.assertLess(len(err), 1000)
                self.assertNotRegex(err, r"[\x00-\x09\x0b-\x1f\x7f]", "nothing of the hub's that a terminal obeys")

    def test_orchctl_before_the_proof(self):
        behaviours = before_the_proof(ring.dir)
        self.check_orchctl(behaviours, (5, 6), PROOF_SECONDS)

    def test_orchctl_after_a_proof_with_another_key(self):
        identity, key = ring.key("client", "peadmin")
        other = proved({identity: key[::-1]}, until_it_ends)
        code, _, _, out, err = self.orchctl_against("another key", other, ("ping",))
        self.assertIn(code, (5, 6), err)
        self.assertEqual(out, "")

    def test_orchctl_after_the_proof(self):
        identity, key = ring.key("client", "peadmin")
        behaviours = after_the_proof({identity: key})
        quick = {what: behave for what, behave in behaviours.items() if FULL or what not in SLOW}
        # 1: what came of the call itself, as gRPC puts it.
        self.check_orchctl(quick, (1, 5, 6), CALL_SECONDS if FULL else PROOF_SECONDS, ANSWER)
        if FULL:
            self.check_orchctl(behaviours, (1, 5, 6), CALL_SECONDS, ANSWER, ("hub", "status"))

    def test_names_without_end(self):
        """orchctl keeps the names that are found: up to a bound."""
        identity, key = ring.key("client", "peadmin")
        behaviours = after_the_proof({identity: key})
        self.check_orchctl({what: behaviours[what] for what in ("messages of 2 MB", "messages of empty fields")}, (1, 6),
                           2 * PROOF_SECONDS, ANSWER, ("find",))

    def start_agent(self, number, address):
        name = f"lured{number}.example.net"
        home = ring.dir / name
        home.mkdir()
        text = (ring.home / f"nodes/{ring.nodes[0]}/agent.yaml").read_text()
        credentials = ring.write_secret(f"{name}.credentials", ring.issue_key("node", name))
        for key, value in {"hub": address, "identity": name, "state_dir": home / "state", "credentials": credentials}.items():
            text = re.sub(rf"(?m)^{key}:.*$", f"{key}: {value}", text)
        (home / "agent.yaml").write_text(text + "reconnect: {min: 200ms, max: 500ms}\n")
        return ring.start_program([str(BIN / "orch-nodeagent"), "-c", str(home / "agent.yaml")], home / "log"), home / "log"

    def check_agents(self, behaviours, first, words):
        """One for each hub, all at once, looked at for a while."""
        agents = []
        pid = ring.pid(ring.nodes[0])
        ordinary = peak(pid)
        try:
            for number, (what, behave) in enumerate(behaviours.items(), first):
                hub = HostileHub(behave)
                self.addCleanup(hub.close)
                agents.append((what, hub, *self.start_agent(number, hub.address)))
            time.sleep(LOOK * PATIENCE)
            for what, hub, agent, log in agents:
                text = log.read_text(errors="replace")
                most, cores = peak(agent.pid), worked(agent.pid) / LOOK / PATIENCE
                if FULL:
                    more = max(0, most - ordinary) / 2**20
                    print(f"| agent: {what} | {more:.0f} | {cores:.2f} cores | {hub.served} |", flush=True)
                with self.subTest(what):
                    self.assertTrue(runs(agent.pid), text[-2000:])
                    self.assertLess(most, ordinary + ANSWER * PATIENCE)
                    self.assertLess(cores, 0.5 * min(PATIENCE, 2))
                    self.assertGreater(hub.served, 0)
                    self.assertLess(len(text), 20_000, "the log")
                    if words is not None and hub.served > 1:
                        self.assertRegex(text, words)
                    agent.terminate()
                    wait_until("it ends when it is told to", lambda agent=agent: agent.poll() is not None, 10)
                    self.assertEqual(agent.returncode, 0, text[-2000:])
        finally:
            for _, _, agent, _ in agents:
                if agent.poll() is None:
                    agent.kill()
                    agent.wait()

    def test_an_agent_before_the_proof(self):
        self.check_agents(before_the_proof(ring.dir), 100, r"cannot connect to hub 127\.0\.0\.1")

    def test_an_agent_after_the_proof(self):
        names = [f"lured{number}.example.net" for number in range(200, 230)]
        self.check_agents(after_the_proof(dict(ring.key("node", name) for name in names)), 200, None)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
