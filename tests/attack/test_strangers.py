"""Peers that prove nothing: whatever they send and however many they are, together they cost little and stop nobody."""
import gzip
import os
import socket
import ssl
import sys
import threading
import time
import unittest

import wire
from crowd import crowd
from openssl import PskClient
from ring import CORES, FULL, SECONDS, STRANGERS, Attackers, Ring, attack, check_calm, split_address, wait_until


def setUpModule():
    global ring, hub
    ring = Ring(1)
    hub = split_address(ring.address)


def tearDownModule():
    ring.close()


def handshakes(pem):
    """Whole handshakes, one after the other, with a certificate or none."""
    while True:
        try:
            with ring.connect_by_certificate(pem, timeout=5) as connection:
                connection.recv(1)
        except OSError:
            pass


def first_words_of_a_peer():
    """A ClientHello whose binder is right: what somebody can record who only listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recorded = []

        def record():
            with listener.accept()[0] as connection:
                recorded.append(connection.recv(4096))

        thread = threading.Thread(target=record)
        thread.start()
        try:
            PskClient(f"127.0.0.1:{listener.getsockname()[1]}", *ring.key("client", "peadmin"))
        except OSError:
            pass
        thread.join()
    return recorded[0]


def http2_in_clear():
    bomb = gzip.compress(bytes(4 << 20))
    return (wire.opening() + wire.request(1, "/orch.v1.Orchestrator/GetHubStatus", bomb, (b"grpc-encoding", b"gzip"),
                                          compressed=True))


def records_after_a_hello():
    return wire.client_hello() + b"\x17\x03\x03\x40\x00" + bytes(16384)


class StrangersTest(unittest.TestCase):
    def attack(self, what, *attackers, seconds=SECONDS):
        try:
            attack(self, ring, what, *attackers, seconds=seconds, cores=CORES)
        except AssertionError as error:
            # A node that is gone says why in its log.
            raise AssertionError(f"{error}\n{ring.log(ring.nodes[0])[-1500:]}\n{ring.log()[-1500:]}") from None
        self.assertEqual(ring.connected(), ring.nodes, what)

    def test_01_what_each_kind_costs(self):
        hello = wire.client_hello()
        client_key = ring.key_id("client")
        bomb = http2_in_clear()
        recorded = first_words_of_a_peer()
        kinds = {
            "idle": lambda: b"",
            "garbage": lambda: os.urandom(512),
            "HTTP/1.1": lambda: b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n",
            "HTTP/2 in clear with a compressed request": lambda: bomb,
            "half a ClientHello": lambda: hello[:len(hello) // 2],
            "a whole ClientHello, then silence": wire.client_hello,
            "a ClientHello of TLS 1.2": wire.old_client_hello,
            "a ClientHello that announces 16 KB": lambda: b"\x16\x03\x01\x40\x00" + os.urandom(16384),
            "an unknown key": lambda: wire.client_hello("orch1/client/peadmin/nosuchkey/key"),
            "a wrong key": lambda: wire.client_hello(f"orch1/client/peadmin/{client_key}/key"),
            "a short binder": lambda: wire.client_hello(f"orch1/client/peadmin/{client_key}/key", binder=16),
            "the recorded first words of a peer": lambda: recorded,
            "a ClientHello and then records": records_after_a_hello,
        }
        for what, say in kinds.items():
            with self.subTest(what):
                self.attack(what, lambda say=say: crowd(hub, say), seconds=SECONDS if FULL else 1.5)

    def test_02_a_byte_at_a_time(self):
        self.attack("a ClientHello byte by byte", lambda: crowd(hub, wire.client_hello, slowly=True))

    def test_03_handshakes_with_wrong_certificates(self):
        pem = ring.foreign_pem("client", "peadmin")
        before = ring.refused("bad_certificate")
        self.attack("certificates of another CA", lambda: handshakes(pem), lambda: handshakes(pem))
        self.assertGreater(ring.refused("bad_certificate"), before)
        self.attack("handshakes without a certificate", lambda: handshakes(None), lambda: handshakes(None))

    def test_04_all_at_once(self):
        hello, client_key = wire.client_hello(), ring.key_id("client")
        third = STRANGERS // 3
        self.attack("all kinds at once",
                    lambda: crowd(hub, lambda: b"", third),
                    lambda: crowd(hub, lambda: hello[:100], third),
                    lambda: crowd(hub, lambda: wire.client_hello(f"orch1/client/peadmin/{client_key}/key"), third),
                    seconds=2 * SECONDS)
        check_calm(self, ring, "after all kinds at once")

    def test_05_a_peer_with_a_certificate_gets_its_turn(self):
        """The hub signs for it as for the strangers of its network, who may push it out, so that it has to come again."""
        pem = ring.pem("client", "operator")
        tries = []

        def is_let_in():
            tries.append(1)
            try:
                with ring.connect_by_certificate(pem, timeout=5) as connection:
                    connection.sendall(wire.opening())
                    return bool(connection.recv(1))
            except OSError:
                return False

        with Attackers(lambda: crowd(hub, wire.client_hello)):
            time.sleep(1)
            began = time.monotonic()
            wait_until("it is let in", is_let_in, 30)
        print(f"      let in after {len(tries)} tries, {time.monotonic() - began:.2f} s", flush=True)

    def test_05_they_are_counted_and_logged_at_a_bounded_rate(self):
        status = ring.status()
        for reason in ("malformed", "unknown_key", "wrong_key"):
            self.assertGreater(status["refused"][reason], 0, reason)
        for counter in ("accepted", "cut_off"):
            self.assertGreater(status["door"][counter], 0, counter)
        lines = ring.log().count("\n")
        lived = time.time() - int(status["started"])
        self.assertLess(lines, 40 * lived + 100, "lines of the hub's log")

    def test_06_an_old_protocol_ends_the_connection(self):
        with socket.create_connection(hub, 10) as connection:
            connection.sendall(wire.old_client_hello())
            self.assertIn(connection.recv(1)[:1], (b"", b"\x15"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(socket.create_connection(hub, 10))

    def test_07_first_words_count_once(self):
        before = ring.refused("replay")
        recorded = first_words_of_a_peer()

        def say():
            with socket.create_connection(hub, 10) as connection:
                connection.sendall(recorded)
                return connection.recv(1)

        self.assertEqual(say(), b"\x16", "these came from nobody yet, so the hub answers")
        self.assertEqual(say(), b"")
        self.assertEqual(ring.refused("replay"), before + 1)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
