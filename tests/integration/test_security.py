"""Peers without the key, with an old message, or in between: refused, counted, and told what to check."""
import pathlib
import re
import socket
import ssl
import sys
import tempfile
import unittest

from fleet import BIN, Fleet, wait_until
from tls_proxy import Recorder, TlsProxy, connect_plain, make_certificate


def setUpModule():
    global fleet, folder
    folder = tempfile.TemporaryDirectory(prefix="orch-ring-tls.")
    fleet = Fleet(3)
    fleet.allow_everybody()


def tearDownModule():
    fleet.close()
    folder.cleanup()


class ClientTest(unittest.TestCase):
    def refused(self, result, words):
        self.assertEqual(result.code, 5, result)
        self.assertEqual(result.out, "", result)
        self.assertRegex(result.err, words, result)
        self.assertNotIn("did not discover", result.err)

    def test_a_key_of_another_installation_is_refused_with_what_to_check(self):
        own = fleet.issue_key("client", "peadmin").split()
        foreign = fleet.foreign_key("client", "peadmin").split()
        for name, reason, key_id in (("unknown", "unknown_key", "another"), ("wrong", "wrong_key", own[1])):
            with self.subTest(reason):
                credentials = fleet.write_secret(f"{name}.credentials", f"client {key_id} peadmin {foreign[3]}\n")
                before = fleet.refused(reason)
                result = fleet.orchctl("ping", config=fleet.write_config(name, credentials=credentials))
                self.refused(result, f"{reason}.*orch-hub key client peadmin")
                self.assertGreater(fleet.refused(reason), before, result)
                self.assertNotIn(foreign[3], result.err + fleet.log())

    def test_a_nodes_key_commands_nobody(self):
        line = fleet.issue_key("node", "peadmin").split()
        credentials = fleet.write_secret("node.credentials", f"client {line[1]} peadmin {line[3]}\n")
        before = fleet.refused("unknown_key")
        self.refused(fleet.orchctl("ping", config=fleet.write_config("node", credentials=credentials)), "unknown_key")
        self.assertGreater(fleet.refused("unknown_key"), before)

    def test_an_intercepting_proxy_gets_nothing(self):
        proxy = TlsProxy(fleet.address, *make_certificate(folder.name))
        self.addCleanup(proxy.close)
        jobs = int(fleet.status()["jobs_total"])
        result = fleet.orchctl("invoke", "rpcutil", "ping", config=fleet.write_config("proxied", hub=proxy.address))
        self.refused(result, r"did not prove that it holds the key.*somebody sits in between")
        self.assertEqual(b"".join(proxy.sent), b"")
        self.assertEqual(int(fleet.status()["jobs_total"]), jobs)

    def test_a_recorded_connection_sent_again_is_of_no_use(self):
        recorder = Recorder(fleet.address)
        self.addCleanup(recorder.close)
        result = fleet.orchctl("invoke", "rpcutil", "ping", config=fleet.write_config("recorded", hub=recorder.address))
        self.assertEqual(result.code, 0, result)
        self.assertNotIn(b"rpcutil", recorder.sent)
        status = fleet.status()
        jobs, let_in = int(status["jobs_total"]), status["door"]["let_in"]
        with connect_plain(fleet.address) as connection:
            connection.sendall(recorder.sent)
            try:
                while connection.recv(65536):
                    pass
            except OSError:
                pass
        status = fleet.status()
        self.assertEqual(int(status["jobs_total"]), jobs)
        self.assertEqual(status["door"]["let_in"], let_in + 1, "only the status itself")

    def test_a_certificate_of_the_hubs_own_authority_is_enough_and_another_is_not(self):
        pem = fleet.write_secret("service.pem", fleet.issue_key("client", "service", "--pem"))
        settings = {"credentials": "/nowhere", "name": "service", "tls": f"{{ca: {pem}, certificate: {pem}, key: {pem}}}"}
        result = fleet.orchctl("hub", "status", "--json", config=fleet.write_config("by-certificate", **settings))
        self.assertEqual(result.code, 0, result)
        self.assertEqual(result.json()["caller"], "cert=service")
        certificate, key = make_certificate(folder.name)
        pathlib.Path(key).chmod(0o600)
        settings["tls"] = f"{{ca: {pem}, certificate: {certificate}, key: {key}}}"
        result = fleet.orchctl("ping", config=fleet.write_config("foreign-certificate", **settings))
        self.refused(result, "bad_certificate")
        node = fleet.write_secret("node.pem", fleet.issue_key("node", "node001.example.net", "--pem"))
        settings["tls"] = f"{{ca: {node}, certificate: {node}, key: {node}}}"
        result = fleet.orchctl("ping", config=fleet.write_config("node-certificate", **settings))
        self.refused(result, "wrong_door")

    def test_bytes_that_are_no_grpc_harm_nobody(self):
        for text in (b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 4096, b"\0" * 65536):
            with connect_plain(fleet.address) as connection:
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
        credentials.write_text(fleet.issue_key("client", "peadmin"))
        credentials.chmod(0o644)
        result = fleet.orchctl("ping", config=fleet.write_config("open", credentials=credentials))
        self.assertNotEqual(result.code, 0, result)
        self.assertIn("open.credentials", result.err, result)

    def test_secrets_stay_with_their_owner(self):
        credentials = fleet.home / "hub/credentials"
        log = fleet.log()
        for secret in re.findall(r"(?m)^\w+-psk \S+ (\S+)", credentials.read_text()):
            self.assertNotIn(secret, log)
        for path in (credentials, fleet.home / "hub/tls/hub.key", fleet.home / "hub/tls/ca.key",
                     fleet.home / "hub/client.credentials"):
            self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)

    def test_a_ban_cuts_what_is_open_and_lets_nobody_in(self):
        credentials = fleet.home / "hub/credentials"
        text = credentials.read_text()
        self.addCleanup(lambda: fleet.wait_connected(fleet.nodes))
        self.addCleanup(credentials.write_text, text)
        credentials.write_text(text + "banned node node001.example.net\n")
        wait_until("the node is gone", lambda: fleet.connected() == fleet.nodes[1:], 3)
        wait_until("its log tells why", lambda: "banned" in fleet.log("node001.example.net"))


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

    def test_a_node_with_another_key_is_refused(self):
        before = fleet.refused("wrong_key")
        credentials = fleet.write_secret("stranger.credentials", fleet.foreign_key("node", "stranger.example.net"))
        log = self.start_agent("stranger.example.net", credentials=credentials)
        wait_until("it is counted", lambda: fleet.refused("wrong_key") > before)
        wait_until("its log tells why", lambda: "wrong_key" in log.read_text())
        wait_until("the hub's log names it", lambda: "stranger.example.net" in fleet.log())
        self.assertEqual(fleet.connected(), fleet.nodes)

    def test_a_node_behind_an_intercepting_proxy_stays_away(self):
        proxy = TlsProxy(fleet.address, *make_certificate(folder.name))
        self.addCleanup(proxy.close)
        credentials = fleet.write_secret("lured.credentials", fleet.issue_key("node", "lured.example.net"))
        log = self.start_agent("lured.example.net", hub=proxy.address, credentials=credentials)
        wait_until("its log tells why", lambda: "somebody sits in between" in log.read_text())
        # Facts are what a node must not tell before the hub has proved itself.
        self.assertEqual(b"".join(proxy.sent), b"")
        self.assertEqual(fleet.connected(), fleet.nodes)

    def tearDown(self):
        self.doCleanups()
        wait_until("only the fleet's own nodes are left", lambda: fleet.connected() == fleet.nodes)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
