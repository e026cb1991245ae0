"""Peers without the key, with an old message, or in between: refused, counted, and told what to check."""
import pathlib
import re
import socket
import ssl
import sys
import tempfile
import unittest

from fleet import BIN, Fleet, wait_until
from tls_proxy import TlsProxy, connect, make_certificate


def setUpModule():
    global fleet, folder
    folder = tempfile.TemporaryDirectory(prefix="orch-ring-tls.")
    fleet = Fleet(3)


def tearDownModule():
    fleet.close()
    folder.cleanup()


def hub_certificate():
    return fleet.home / "hub/tls/hub.crt", fleet.home / "hub/tls/hub.key"


class ClientTest(unittest.TestCase):
    def refused(self, result, reason, before, words):
        self.assertEqual(result.code, 5, result)
        self.assertEqual(result.out, "", result)
        self.assertRegex(result.err, words, result)
        self.assertNotIn("did not discover", result.err)
        self.assertGreater(fleet.refused(reason), before, result)

    def test_a_key_of_another_installation_is_refused_with_what_to_check(self):
        text = fleet.foreign_credentials().read_text()
        key_id = re.search(r"(?m)^psk (\S+) ", (fleet.home / "hub/credentials").read_text())[1]
        for name, reason, changed in (("unknown", "unknown_key", re.sub(r"(?m)^psk \S+", "psk of-another", text)),
                                      ("wrong", "wrong_key", re.sub(r"(?m)^psk \S+", f"psk {key_id}", text))):
            with self.subTest(reason):
                credentials = fleet.dir / f"{name}.credentials"
                credentials.touch(mode=0o600)
                credentials.write_text(changed)
                before = fleet.refused(reason)
                result = fleet.orchctl("ping", config=fleet.write_config(name, credentials=credentials))
                self.refused(result, reason, before, r"(?i)key|credential|psk")
                secret = re.search(r"(?m)^psk \S+ (\S+)", changed)[1]
                self.assertNotIn(secret, result.err + fleet.log())

    def test_an_intercepting_proxy_is_refused_before_anything_is_sent(self):
        proxy = TlsProxy(fleet.address, *make_certificate(folder.name))
        self.addCleanup(proxy.close)
        jobs = int(fleet.status()["jobs_total"])
        before = fleet.refused("foreign_certificate")
        result = fleet.orchctl("invoke", "rpcutil", "ping", config=fleet.write_config("proxied", hub=proxy.address))
        self.refused(result, "foreign_certificate", before, r"(?i)certificate|between|intercept")
        self.assertGreater(len(proxy.sent), 0)
        self.assertNotIn(b"rpcutil", b"".join(proxy.sent))
        self.assertEqual(int(fleet.status()["jobs_total"]), jobs)

    def test_the_same_proxy_with_the_hubs_own_key_is_not_told_from_the_hub(self):
        # So it is the certificate that the refusal above rests on, not the proxy.
        proxy = TlsProxy(fleet.address, *hub_certificate())
        self.addCleanup(proxy.close)
        result = fleet.orchctl("invoke", "rpcutil", "ping", config=fleet.write_config("mirrored", hub=proxy.address))
        self.assertEqual(result.code, 0, result)
        self.assertIn(b"rpcutil", b"".join(proxy.sent))

    def test_a_request_sent_again_byte_for_byte_is_refused_as_a_replay(self):
        proxy = TlsProxy(fleet.address, *hub_certificate())
        self.addCleanup(proxy.close)
        result = fleet.orchctl("invoke", "rpcutil", "ping", config=fleet.write_config("recorded", hub=proxy.address))
        self.assertEqual(result.code, 0, result)
        recorded = max(proxy.sent, key=len)
        jobs, before = int(fleet.status()["jobs_total"]), fleet.refused("replay")
        with connect(fleet.address) as connection:
            connection.sendall(bytes(recorded))
            wait_until("the replay is counted", lambda: fleet.refused("replay") > before)
        self.assertEqual(int(fleet.status()["jobs_total"]), jobs)

    def test_bytes_that_are_no_grpc_harm_nobody(self):
        for text in (b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 4096, b"\0" * 65536):
            with connect(fleet.address) as connection:
                try:
                    connection.sendall(text)
                    while connection.recv(65536):
                        pass
                except (ssl.SSLError, OSError):
                    pass
        host, port = fleet.address.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"\x16\x03\x01" + b"\xff" * 512)
        self.assertEqual(fleet.orchctl("ping").code, 0)

    def test_a_plaintext_client_gets_a_clear_error(self):
        result = fleet.orchctl("ping", config=fleet.write_config("plain", tls="{mode: plaintext}"))
        self.assertIn(result.code, (5, 6), result)
        self.assertIn(fleet.address, result.err, result)

    def test_credentials_that_others_can_read_are_refused(self):
        credentials = fleet.dir / "open.credentials"
        credentials.write_text((fleet.home / "hub/credentials").read_text())
        credentials.chmod(0o644)
        result = fleet.orchctl("ping", config=fleet.write_config("open", credentials=credentials))
        self.assertNotEqual(result.code, 0, result)
        self.assertIn("open.credentials", result.err, result)

    def test_reflection_and_health_do_not_need_a_look_at_the_fleet(self):
        # What anybody may ask must not tell anything about nodes.
        log = fleet.log()
        secret = re.search(r"(?m)^psk \S+ (\S+)", (fleet.home / "hub/credentials").read_text())[1]
        self.assertNotIn(secret, log)
        self.assertEqual((fleet.home / "hub/credentials").stat().st_mode & 0o777, 0o600)
        self.assertEqual((fleet.home / "hub/tls/hub.key").stat().st_mode & 0o077, 0)


class NodeTest(unittest.TestCase):
    def start_agent(self, name, **changes):
        """An agent with another agent's configuration and these changes; returns the path of its log."""
        home = fleet.dir / name
        home.mkdir()
        text = (fleet.home / "nodes/node001.example.net/agent.yaml").read_text()
        for key, value in {"identity": name, "state_dir": home / "state", **changes}.items():
            text = re.sub(rf"(?m)^{key}:.*$", f"{key}: {value}", text)
        (home / "agent.yaml").write_text(text + "reconnect: {min: 100ms, max: 300ms}\n")
        process = fleet.start_program([str(BIN / "orch-nodeagent"), "-c", str(home / "agent.yaml")], home / "log")
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return home / "log"

    def refused(self, name, reason, before, log, words):
        wait_until(f"{reason} is counted", lambda: fleet.refused(reason) > before)
        wait_until(f"the agent's log tells why ({words})", lambda: re.search(words, log.read_text()))
        wait_until(f"the hub's log names {name}", lambda: name in fleet.log())
        self.assertEqual(fleet.connected(), fleet.nodes)

    def test_a_node_with_another_key_is_refused(self):
        before = fleet.refused("wrong_key") + fleet.refused("unknown_key")
        credentials = fleet.foreign_credentials()
        log = self.start_agent("stranger.example.net", credentials=credentials)
        wait_until("it is counted", lambda: fleet.refused("wrong_key") + fleet.refused("unknown_key") > before)
        wait_until("its log tells why", lambda: re.search(r"(?i)key|credential|psk", log.read_text()))
        self.assertEqual(fleet.connected(), fleet.nodes)

    def test_a_node_behind_an_intercepting_proxy_stays_away(self):
        proxy = TlsProxy(fleet.address, *make_certificate(folder.name))
        self.addCleanup(proxy.close)
        before = fleet.refused("foreign_certificate")
        log = self.start_agent("lured.example.net", hub=proxy.address)
        self.refused("lured.example.net", "foreign_certificate", before, log, r"(?i)certificate|between|intercept")
        # Facts are what a node must not tell before the hub has proved itself.
        self.assertNotIn(b"role::db", b"".join(proxy.sent))

    def test_a_node_behind_the_hubs_own_certificate_attaches(self):
        proxy = TlsProxy(fleet.address, *hub_certificate())
        self.addCleanup(proxy.close)
        self.start_agent("mirrored.example.net", hub=proxy.address)
        wait_until("it attaches", lambda: "mirrored.example.net" in fleet.connected())
        self.assertIn(b"role::db", b"".join(proxy.sent))

    def tearDown(self):
        self.doCleanups()
        wait_until("only the fleet's own nodes are left", lambda: fleet.connected() == fleet.nodes)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
