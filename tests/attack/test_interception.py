"""Somebody in between: with a certificate of his own, passing the handshake on, changing it, or replaying what he recorded,
he reads nothing, says nothing and gets nothing."""
import re
import socket
import ssl
import sys
import tempfile
import threading
import unittest

import wire
import words
from http2 import Http2
from local_server import LocalServer
from openssl import PskClient, TlsError
from ring import BIN, PATIENCE, Ring, split_address, wait_until
from tls_proxy import TlsProxy, make_certificate


def setUpModule():
    global ring, folder
    folder = tempfile.TemporaryDirectory(prefix="orch-ring-tls.")
    ring = Ring(1)


def tearDownModule():
    ring.close()
    folder.cleanup()


class Between(LocalServer):
    """Passes bytes on, record by record, as `change(towards, number, record)` has it: it returns what to send instead.
    Keeps everything. One connection after the other."""

    def __init__(self, change=lambda towards, number, record: record):
        self._change = change
        self.from_peer, self.from_hub = [], []  # records of the last connection
        super().__init__()

    def serve(self, connection):
        self.from_peer, self.from_hub = [], []
        hub = socket.create_connection(split_address(ring.address), 20)
        ways = [threading.Thread(target=self._pass_on, args=way, daemon=True) for way in (
            (connection, hub, "hub", self.from_peer), (hub, connection, "peer", self.from_hub))]
        for way in ways:
            way.start()

    def _pass_on(self, source, target, towards, kept):
        try:
            while True:
                head = wire.exactly(source, 5)
                if head is None:
                    break
                record = head + (wire.exactly(source, int.from_bytes(head[3:], "big")) or b"")
                kept.append(record)
                target.sendall(self._change(towards, len(kept) - 1, record))
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


def spoiled(record, at=-1):
    changed = bytearray(record)
    changed[at] ^= 1
    return bytes(changed)


def spoiling(side, which, at=-1):
    """Changes one bit of one record."""
    return lambda towards, number, record: spoiled(record, at) if (towards, number) == (side, which) else record


class InterceptionTest(unittest.TestCase):
    def setUp(self):
        status = ring.status()
        self.jobs, self.let_in = int(status["jobs_total"]), status["door"]["let_in"]

    def nothing_was_run(self):
        self.assertEqual(int(ring.status()["jobs_total"]), self.jobs)

    def through(self, between, name="through"):
        self.addCleanup(between.close)
        return ring.orchctl("invoke", "rpcutil", "get_fact", "fact=role", config=ring.write_config(name, hub=between.address))

    def replay(self, data):
        """Says it to the hub; returns what the hub answers."""
        with socket.create_connection(split_address(ring.address), 20) as connection:
            connection.settimeout(10 * PATIENCE)
            answer = b""
            try:
                connection.sendall(data)
                while piece := connection.recv(65536):
                    answer += piece
            except OSError:
                pass
            return answer

    def test_passing_everything_on_shows_nothing(self):
        between = Between()
        result = self.through(between)
        self.assertEqual(result.code, 0, result)
        seen = b"".join(between.from_peer + between.from_hub)
        for secret in (b"rpcutil", b"get_fact", b"role", ring.nodes[0].encode(), words.CALL.encode()):
            self.assertNotIn(secret, seen)
        # What is in the clear: who the peer says to be, and that is all.
        self.assertIn(b"orch1/client/peadmin/", between.from_peer[0])

    def test_a_certificate_of_ones_own(self):
        proxy = TlsProxy(ring.address, *make_certificate(folder.name))
        self.addCleanup(proxy.close)
        result = ring.orchctl("ping", config=ring.write_config("proxied", hub=proxy.address))
        self.assertEqual(result.code, 5, result)
        self.assertRegex(result.err, "somebody sits in between")
        self.assertEqual(b"".join(proxy.sent), b"")

    def test_a_client_of_another_language_takes_no_other_certificate(self):
        proxy = TlsProxy(ring.address, *make_certificate(folder.name, "hub.example.net"))
        self.addCleanup(proxy.close)
        pem = ring.pem("client", "service")
        context = ssl.create_default_context(cafile=str(pem))
        context.check_hostname = False
        context.load_cert_chain(pem)
        with self.assertRaises(ssl.SSLCertVerificationError):
            context.wrap_socket(socket.create_connection(split_address(proxy.address), 10))
        context.wrap_socket(socket.create_connection(split_address(ring.address), 10)).close()

    def test_an_agent_tells_nothing_to_another(self):
        proxy = TlsProxy(ring.address, *make_certificate(folder.name))
        self.addCleanup(proxy.close)
        text = (ring.home / f"nodes/{ring.nodes[0]}/agent.yaml").read_text()
        home = ring.dir / "lured"
        home.mkdir()
        changes = {"hub": proxy.address, "identity": "lured.example.net", "state_dir": home / "state",
                   "credentials": ring.write_secret("lured.credentials", ring.issue_key("node", "lured.example.net"))}
        for key, value in changes.items():
            text = re.sub(rf"(?m)^{key}:.*$", f"{key}: {value}", text)
        (home / "agent.yaml").write_text(text + "reconnect: {min: 100ms, max: 300ms}\n")
        agent = ring.start_program([str(BIN / "orch-nodeagent"), "-c", str(home / "agent.yaml")], home / "log")
        try:
            wait_until("its log tells why", lambda: "somebody sits in between" in (home / "log").read_text())
            self.assertEqual(b"".join(proxy.sent), b"")
        finally:
            agent.terminate()
            agent.wait()
        self.assertEqual(ring.connected(), ring.nodes)

    def test_a_handshake_that_is_changed_on_its_way_fails_on_both_sides(self):
        changes = {
            "the ClientHello": spoiling("hub", 0, 20),
            "its binder": spoiling("hub", 0),
            "the ServerHello": spoiling("peer", 0, 20),
            "the hub's first secret words": spoiling("peer", 2),
            "the peer's name": lambda towards, number, record: record.replace(b"/peadmin/", b"/peadmim/"),
        }
        for what, change in changes.items():
            with self.subTest(what):
                result = self.through(Between(change), f"changed-{len(what)}")
                self.assertIn(result.code, (5, 6), result)
                self.assertEqual(result.out, "", result)
        self.nothing_was_run()

    def test_records_that_are_changed_dropped_or_sent_twice_end_the_connection(self):
        """After the handshake: the hub runs nothing of what comes then."""
        last = {}

        def twice(towards, number, record):
            return record + record if towards == "hub" and record[0] == 23 and number > 2 else record

        def swapped(towards, number, record):
            if towards != "hub" or record[0] != 23 or number < 3:
                return record
            if number == 3:
                last["kept"] = record
                return b""
            kept, last["kept"] = last.get("kept", b""), b""
            return record + kept

        changes = {
            "changed": lambda towards, number, record: spoiled(record) if towards == "hub" and record[0] == 23 and number > 2
            else record,
            "sent twice": twice,
            "out of order": swapped,
            "put in": lambda towards, number, record: record + b"\x17\x03\x03\x00\x40" + bytes(64) if towards == "hub" and
            number == 2 else record,
        }
        for what, change in changes.items():
            with self.subTest(what):
                before = ring.status()["door"]
                between = Between(change)
                self.addCleanup(between.close)
                with self.assertRaises(OSError):
                    with Http2(PskClient(between.address, *ring.key("client", "peadmin"))) as http:
                        for _ in range(4):
                            answer = http.call(words.CALL + "GetHubStatus", b"", 10 * PATIENCE)
                            self.assertEqual(answer.code, "OK", answer)
                        self.fail("four calls were answered")
                self.assertGreater(ring.status()["door"]["let_in"], before["let_in"])
        self.nothing_was_run()

    def test_a_recorded_handshake_is_of_no_use(self):
        between = Between()
        self.assertEqual(self.through(between).code, 0)
        recorded = list(between.from_peer)
        jobs, let_in = int(ring.status()["jobs_total"]), ring.status()["door"]["let_in"]
        for what, data in {"all of it": b"".join(recorded), "its first words": recorded[0],
                           "all but the first words": b"".join(recorded[1:])}.items():
            with self.subTest(what):
                first = self.replay(data)
                # The hub's own part of a handshake is never the same.
                self.assertNotEqual(first[:80], b"".join(between.from_hub)[:80])
        for _ in range(50):
            self.replay(b"".join(recorded[:2]) + bytes(64))
        status = ring.status()
        self.assertEqual(int(status["jobs_total"]), jobs)
        self.assertEqual(status["door"]["let_in"] - let_in, 1, "only the status itself")

    def test_a_recorded_hub_is_believed_by_nobody(self):
        between = Between()
        self.assertEqual(self.through(between).code, 0)
        answers = b"".join(between.from_hub)

        def act():
            with socket.create_server(("127.0.0.1", 0)) as listener:
                address.append("127.0.0.1:%d" % listener.getsockname()[1])
                ready.set()
                with listener.accept()[0] as connection:
                    connection.recv(4096)
                    connection.sendall(answers)
                    said.append(connection.recv(65536))
        address, said, ready = [], [], threading.Event()
        thread = threading.Thread(target=act)
        thread.start()
        ready.wait()
        result = ring.orchctl("ping", config=ring.write_config("recorded-hub", hub=address[0]))
        thread.join()
        self.assertIn(result.code, (5, 6), result)
        self.assertEqual(result.out, "", result)
        self.assertLess(len(said[0]), 32, "an alert at most")

    def test_the_first_words_of_a_peer_passed_on_by_another_get_no_further(self):
        """He has the peer's ClientHello and the hub's answer, and holds no key: he cannot end the handshake."""
        between = Between()
        self.assertEqual(self.through(between).code, 0)
        fresh = Between(lambda towards, number, record: b"" if towards == "hub" and number > 0 else record)
        self.addCleanup(fresh.close)
        with self.assertRaises((TlsError, OSError)):
            with Http2(PskClient(fresh.address, *ring.key("client", "peadmin"), timeout=3)) as http:
                http.connection.settimeout(8 * PATIENCE)
                http.call(words.CALL + "GetHubStatus", b"", 2)
                http.read()
        self.assertEqual(ring.status()["door"]["let_in"] - self.let_in, 2, "the one that was recorded, and the status")


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
