"""Every rpc of both services by every wrong identity: refused before it does anything, with the code that says why. The rpcs
come from the protocol's own descriptors, so a new one is held to the same."""
import socket
import subprocess
import sys
import unittest

import wire
import words
from http2 import Ended, Http2
from openssl import PskClient, TlsError
from ring import PATIENCE, Ring, split_address, wait_until

HEALTH = "/grpc.health.v1.Health/Check"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
NODE, CLIENT = "node", "client"
METHODS = [(service.name == "NodeService" and NODE or CLIENT, f"/{service.full_name}/{method.name}")
           for service in words.SERVICES for method in service.methods]
# Those that go on until the client ends them; that they are let in shows by no answer within this time.
PATIENT = 0.3 * PATIENCE


def setUpModule():
    global ring
    ring = Ring(1)


def tearDownModule():
    ring.close()


def site_pem(name):
    """A certificate of the hub's CA that says nothing of whom it is for, as a site's own CA makes them."""
    tls, key, request, made = ring.home / "hub/tls", ring.dir / "site.key", ring.dir / "site.csr", ring.dir / "site.crt"
    subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request)], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", str(request), "-CA", str(tls / "ca.crt"), "-CAkey", str(tls / "ca.key"),
                    "-set_serial", "77", "-days", "2", "-out", str(made)], check=True, capture_output=True)
    return ring.write_secret("site.pem", made.read_text() + key.read_text())


class IdentityMatrixTest(unittest.TestCase):
    def refused_calls(self, connect, methods, code, words_of_it):
        """All these calls end with that code; one connection may be enough for many."""
        with Http2(connect()) as http:
            for method in methods:
                with self.subTest(method):
                    answer = http.call(method, b"", 10 * PATIENCE)
                    self.assertEqual(answer.code, code, answer)
                    self.assertRegex(answer.text, words_of_it)
                    self.assertEqual(answer.messages, [])

    def admitted_calls(self, connect, methods):
        """None of these is refused for who calls."""
        with Http2(connect()) as http:
            for method in methods:
                with self.subTest(method):
                    answer = http.call(method, b"", PATIENT)
                    self.assertNotIn(answer.code, ("UNAUTHENTICATED", "PERMISSION_DENIED", "UNIMPLEMENTED"), answer)

    def nobody_gets_in(self, connect):
        """No connection comes to be; so no call of any kind."""
        let_in = ring.status()["door"]["let_in"]
        for _, method in METHODS + [(None, HEALTH), (None, REFLECTION)]:
            with self.subTest(method), self.assertRaises((OSError, ValueError)):
                with Http2(connect()) as http:
                    answer = http.call(method, b"", 5 * PATIENCE)
                    self.fail(f"{method} was answered: {answer}")
        self.assertEqual(ring.status()["door"]["let_in"], let_in + 1, "only the status itself")

    def methods(self, of):
        return [method for side, method in METHODS if side == of]

    def test_01_the_matrix_has_every_rpc(self):
        self.assertGreaterEqual(len(self.methods(CLIENT)), 18)
        self.assertEqual(self.methods(NODE), [words.ATTACH])
        # A list of services is not served: gRPC would give each who asks for it a thread.
        with Http2(ring.connect()) as http:
            self.assertEqual(http.call(REFLECTION, b"\x3a\x00").code, "UNIMPLEMENTED")

    def test_02_who_may_is_let_in(self):
        """Without this the rest would be worth nothing."""
        self.admitted_calls(ring.connect, self.methods(CLIENT) + [HEALTH])
        self.admitted_calls(lambda: ring.connect("fresh.example.net", NODE), self.methods(NODE))
        self.admitted_calls(lambda: ring.connect("fresh.example.net", NODE), [HEALTH])
        client, node = ring.pem(CLIENT, "service"), ring.pem(NODE, "fresh2.example.net")
        self.admitted_calls(lambda: ring.certificate(client), self.methods(CLIENT))
        self.admitted_calls(lambda: ring.certificate(node), self.methods(NODE))

    def test_a_node_commands_nobody(self):
        nodes = {"a key": lambda: ring.connect("wrong.example.net", NODE)}
        pem = ring.pem(NODE, "wrong2.example.net")
        nodes["a certificate"] = lambda: ring.certificate(pem)
        # A name that commands by another kind of proof does not make a node's certificate command.
        same = ring.pem(NODE, "peadmin")
        nodes["a certificate in a client's name"] = lambda: ring.certificate(same)
        site = site_pem("site.example.net")
        nodes["a certificate of the site's CA that is not listed"] = lambda: ring.certificate(site)
        for what, connect in nodes.items():
            # A node makes few calls a second; each of these connections is used for a few.
            methods = self.methods(CLIENT)
            for at in range(0, len(methods), 5):
                with self.subTest(what):
                    self.refused_calls(connect, methods[at:at + 5], "UNAUTHENTICATED", "wrong_door")

    def test_a_client_is_no_node(self):
        pem = ring.pem(CLIENT, "pem-client")
        for what, connect in {"a key": ring.connect, "a certificate": lambda: ring.certificate(pem)}.items():
            with self.subTest(what):
                self.refused_calls(connect, self.methods(NODE), "UNAUTHENTICATED", "wrong_door")

    def test_nobody(self):
        self.nobody_gets_in(lambda: ring.certificate(None))

    def test_keys_that_do_not_fit(self):
        """Of another kind, another name, another installation, or none: the handshake fails, whatever is to be called."""
        client, node = ring.key(CLIENT, "peadmin"), ring.key(NODE, ring.nodes[0])
        foreign = bytes.fromhex(ring.foreign_key(CLIENT, "peadmin").split()[3])
        wrong = {
            "a node's key in a client's name": (client[0], node[1]),
            "a node's key of that very name": (client[0], ring.key(NODE, "peadmin")[1]),
            "a client's key in a node's name": (node[0], client[1]),
            "a key in another client's name": (client[0].replace("peadmin", "root"), client[1]),
            "a key in another node's name": (node[0].replace("node001", "node002"), node[1]),
            "another installation's": (client[0], foreign),
            "an unknown key id": (client[0].replace(f"/{ring.key_id(CLIENT)}/", "/nosuch/"), client[1]),
            "a node's key id for a client": (client[0].replace(f"/{ring.key_id(CLIENT)}/", f"/{ring.key_id(NODE)}/"),
                                             client[1]),
            "a kind there is not": (client[0].replace("/client/", "/admin/"), client[1]),
            "a version there is not": (client[0].replace("orch1/", "orch2/"), client[1]),
            "a name of dots": ("orch1/node/../" + ring.key_id(NODE) + "/key", node[1]),
        }
        before = ring.status()["door"]["let_in"]
        for what, (identity, key) in wrong.items():
            with self.subTest(what), self.assertRaises(TlsError):
                PskClient(ring.address, identity, key).close()
        self.assertEqual(ring.status()["door"]["let_in"], before + 1, "only the status itself")

    def test_certificates_that_do_not_fit(self):
        for kind in (CLIENT, NODE):
            with self.subTest(kind):
                foreign = ring.foreign_pem(kind, "peadmin")
                self.nobody_gets_in(lambda: ring.certificate(foreign))

    def test_the_banned(self):
        credentials = ring.home / "hub/credentials"
        text = credentials.read_text()
        keys = ring.key(CLIENT, "outcast"), ring.key(NODE, "outcast.example.net")
        pem = ring.pem(CLIENT, "outcast")
        with PskClient(ring.address, *keys[0]):
            pass
        try:
            credentials.write_text(text + "banned client outcast\nbanned node outcast.example.net\n")
            before = ring.refused("banned")
            wait_until("the ban is known", lambda: self.turned_away(keys[0]), 5)
            for identity, key in keys:
                with self.subTest(identity):
                    self.nobody_gets_in(lambda identity=identity, key=key: PskClient(ring.address, identity, key))
            with self.subTest("its certificate"):
                # The handshake ends before the hub has looked at the name: what comes then is a word of farewell.
                for _, method in METHODS:
                    with self.assertRaises((Ended, OSError)), Http2(ring.certificate(pem)) as http:
                        self.fail(http.call(method, b"", 5 * PATIENCE))
            self.assertGreater(ring.refused("banned"), before)
        finally:
            credentials.write_text(text)
        wait_until("the ban is over", lambda: not self.turned_away(keys[0]), 5)

    @staticmethod
    def turned_away(key):
        try:
            PskClient(ring.address, *key).close()
            return False
        except TlsError:
            return True

    def test_in_clear(self):
        """No byte of HTTP/2 is answered without TLS."""
        for _, method in METHODS[:3]:
            with socket.create_connection(split_address(ring.address), 10) as connection:
                connection.sendall(wire.opening() + wire.request(1, method))
                got = b""
                try:
                    while data := connection.recv(4096):
                        got += data
                except ConnectionError:
                    pass
                self.assertIn(got[:1], (b"", b"\x15"), "an alert at most")


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
