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
from ring import CORES, FULL, PATIENCE, SECONDS, STRANGERS, Attackers, Ring, attack, check_calm, split_address, worked


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


def cost_of_a_handshake():
    """Seconds of the hub's processor for a stranger who makes it sign."""
    before, busy = ring.refused("malformed"), worked(ring.pid())
    with Attackers(lambda: crowd(hub, records_after_a_hello, 50)):
        time.sleep(1.5)
    served, seconds = ring.refused("malformed") - before, worked(ring.pid()) - busy
    if served < 50:
        raise AssertionError(f"only {served} strangers were served in 1.5 s")
    print(f"      a handshake costs {seconds / served * 1000:.2f} ms of the hub", flush=True)
    return seconds / served


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
        # Those who make the hub sign are served in turn, within their share of 0.4 cores, and an operator's turn comes after
        # all of theirs: there are as many as this machine can serve in half a second of that share. That must not hide a
        # handshake that has become dear.
        cost = cost_of_a_handshake()
        self.assertLess(cost, 0.0015 * PATIENCE)
        most_costly = int(0.5 * 0.4 / cost)
        for what, say in kinds.items():
            # Of those who make the hub sign, each again as soon as he is cut, 2,000 are too many for an operator's second.
            costly = what in ("a whole ClientHello, then silence", "a ClientHello and then records")
            count = min(STRANGERS * 3 // 4, most_costly) if costly else STRANGERS
            with self.subTest(what):
                self.attack(what, lambda say=say, count=count: crowd(hub, say, count), seconds=SECONDS if FULL else 1.5)

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


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
