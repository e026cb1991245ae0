"""Keys, bans and certificates that are taken away while the hub is at work: what they let in is cut within a second, and
nobody else notices."""
import subprocess
import sys
import threading
import time
import unittest

import words
from http2 import Http2
from nodes import Node
from openssl import PskClient
from ring import PATIENCE, Ring, one_ping, wait_until

WITHIN = 1.0  # seconds, from the change of the file to the end of the connection
STATUS = words.CALL + "GetHubStatus"


def setUpModule():
    global ring, crl
    ring = Ring(1)
    crl = RevocationList()
    text = (ring.home / "hub.yaml").read_text()
    (ring.home / "hub.yaml").write_text(text.replace("ca_key:", f"crl: {crl.path}, ca_key:"))
    ring.kill()
    ring.restart_hub()
    ring.wait_connected(ring.nodes)


def tearDownModule():
    ring.close()


class RevocationList:
    """Of the hub's CA, by the openssl program."""

    def __init__(self):
        self._folder = ring.dir / "ca"
        self._folder.mkdir()
        (self._folder / "index.txt").touch()
        (self._folder / "crlnumber").write_text("01\n")
        tls = ring.home / "hub/tls"
        (self._folder / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=it\n[it]\ndatabase={self._folder}/index.txt\ncrlnumber={self._folder}/crlnumber\n"
            f"certificate={tls}/ca.crt\nprivate_key={tls}/ca.key\ndefault_md=sha256\ndefault_crl_days=2\n")
        self.path = self._folder / "ca.crl"
        self.write()

    def revoke(self, pem):
        self._openssl("-revoke", str(pem))

    def write(self):
        self._openssl("-gencrl", "-out", str(self._folder / "new.crl"))
        (self._folder / "new.crl").rename(self.path)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", "ca", "-config", str(self._folder / "ca.cnf"), *arguments], check=True, capture_output=True)


class Held:
    """A connection on which calls are made without a pause, and when it ended."""

    def __init__(self, connect):
        self.http = Http2(connect())
        self.calls, self.ended, self.why = 0, None, None
        self._over = False
        self._thread = threading.Thread(target=self._use)
        self._thread.start()

    def _use(self):
        try:
            while not self._over:
                answer = self.http.call(STATUS, b"", 10 * PATIENCE)
                if answer.code != "OK":
                    self.why = f"{answer.code}: {answer.text}"
                    break
                self.calls += 1
                time.sleep(0.02)
        except (OSError, ValueError) as error:
            self.why = str(error)
        self.ended = time.monotonic()

    def close(self):
        self._over = True
        self._thread.join()
        self.http.close()


class Others:
    """Pings by somebody who is not concerned, as long as the block runs: none fails."""

    def __init__(self, test):
        self._test, self._over, self.pings = test, threading.Event(), []

    def __enter__(self):
        self._thread = threading.Thread(target=self._ping)
        self._thread.start()
        return self

    def _ping(self):
        # Once at least, however short the block is.
        self.pings.append(one_ping(ring))
        while not self._over.wait(0.05):
            self.pings.append(one_ping(ring))

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._test.assertGreater(len(self.pings), 0)
        for ping in self.pings:
            self._test.assertEqual(ping.code, 0, ping)


class RotationTest(unittest.TestCase):
    def setUp(self):
        self.credentials = ring.home / "hub/credentials"
        self.text = self.credentials.read_text()
        # The next test begins when the hub has read them again.
        self.addCleanup(wait_until, "the old keys count again", lambda: one_ping(ring).code == 0)
        self.addCleanup(self.credentials.write_text, self.text)

    def hold(self, connect, count=4):
        held = [Held(connect) for _ in range(count)]
        for one in held:
            self.addCleanup(one.close)
        wait_until("all are at work", lambda: all(one.calls > 0 for one in held))
        return held

    def check_cut(self, held, change):
        """All end within a second after the change."""
        change()
        began = time.monotonic()
        wait_until("they are cut", lambda: all(one.ended for one in held), 10)
        for one in held:
            self.assertLess(one.ended - began, WITHIN * PATIENCE, one.why)

    def check_kept(self, held):
        calls = [one.calls for one in held]
        wait_until("they go on", lambda: all(one.calls > before + 3 for one, before in zip(held, calls)), 5)

    def test_a_new_key_beside_the_old_one_and_the_old_one_taken_away(self):
        old, pem = ring.key("client", "rolling"), ring.pem("client", "steady")
        held_old, steady = self.hold(lambda: PskClient(ring.address, *old)), self.hold(lambda: ring.certificate(pem), 2)
        self.credentials.write_text(f"client-psk fresh {'5a' * 32}\n" + self.text)
        fresh = ring.key("client", "rolling")
        with Others(self):
            wait_until("the new key opens", lambda: self.opens(fresh), 5)
            held_new = self.hold(lambda: PskClient(ring.address, *fresh))
            self.check_kept(held_old)  # both count
        # The bystander, too, has a key of the old one.
        self.check_cut(held_old, lambda: self.credentials.write_text(f"client-psk fresh {'5a' * 32}\n" + "".join(
            line for line in self.text.splitlines(True) if not line.startswith("client-psk "))))
        self.check_kept(held_new)
        self.check_kept(steady)
        self.assertFalse(self.opens(old))

    @staticmethod
    def opens(key):
        try:
            PskClient(ring.address, *key).close()
            return True
        except OSError:
            return False

    def test_a_ban_under_load(self):
        key = ring.key("client", "outcast")
        held = self.hold(lambda: PskClient(ring.address, *key))
        with Others(self):
            self.check_cut(held, lambda: self.credentials.write_text(self.text + "banned client outcast\n"))
            with self.assertRaises(OSError):
                PskClient(ring.address, *key)

    def test_a_ban_cuts_a_node(self):
        with Node(ring, "outcast.example.net") as outcast, Others(self):
            wait_until("it is there", lambda: "outcast.example.net" in ring.connected())
            began = time.monotonic()
            self.credentials.write_text(self.text + "banned node outcast.example.net\n")
            farewell = None
            try:
                while (message := outcast.hear(10)) is not None:
                    farewell = message
                outcast.http.read()
            except OSError:
                pass
            self.assertLess(time.monotonic() - began, WITHIN * PATIENCE)
            self.assertIn("banned", farewell.goodbye.reason)
            self.assertEqual(ring.connected(), ring.nodes)

    def test_another_key_under_the_same_id(self):
        key = ring.key("client", "rolling")
        nodes_line = next(line for line in self.text.splitlines() if line.startswith("client-psk"))
        held = self.hold(lambda: PskClient(ring.address, *key))
        pem = ring.pem("client", "steady")
        steady = self.hold(lambda: ring.certificate(pem), 2)
        word, key_id, _ = nodes_line.split()
        self.check_cut(held, lambda: self.credentials.write_text(self.text.replace(nodes_line, f"{word} {key_id} {'6b' * 32}")))
        self.check_kept(steady)

    def test_a_file_that_cannot_be_read_changes_nothing(self):
        key = ring.key("client", "rolling")
        held = self.hold(lambda: PskClient(ring.address, *key), 2)
        with Others(self):
            self.credentials.write_text(self.text + "client-psk broken\n")
            wait_until("the log tells", lambda: "the old keys stay in force" in ring.log(), 5)
            self.check_kept(held)

    def test_a_revoked_certificate(self):
        revoked, steady = ring.pem("client", "revoked"), ring.pem("client", "steady")
        held = self.hold(lambda: ring.certificate(revoked))
        kept = self.hold(lambda: ring.certificate(steady), 2)
        crl.revoke(revoked)
        with Others(self):
            self.check_cut(held, crl.write)
            self.check_kept(kept)
        before = ring.refused("bad_certificate")
        with self.assertRaises(OSError):
            with Http2(ring.certificate(revoked)) as http:
                http.call(STATUS)
        self.assertGreater(ring.refused("bad_certificate"), before)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
