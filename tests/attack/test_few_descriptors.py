"""A hub with 256 file descriptors in all, and more strangers than that: operators still ping, nodes still come."""
import os
import sys
import unittest

import wire
from crowd import crowd
from openssl import PskClient
from ring import BIN, SECONDS, STRANGERS, Ring, attack, check_calm, split_address, wait_until

DESCRIPTORS = 256


def setUpModule():
    global ring, hub
    ring = Ring(1)
    hub = split_address(ring.address)
    ring.kill()
    process = ring.start_program(["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", str(BIN / "orch-hub"), "-c",
                                  str(ring.home / "hub.yaml")], ring.home / "hub.log")
    (ring.home / "hub.pid").write_text(f"{process.pid}\n")
    ring.wait_connected(ring.nodes)
    ring.measure_quiet()


def tearDownModule():
    ring.close()


class FewDescriptorsTest(unittest.TestCase):
    def attack(self, what, *attackers, **options):
        attack(self, ring, what, *attackers, seconds=2 * SECONDS, **options)
        self.assertEqual(ring.connected(), ring.nodes, what)

    def descriptors(self):
        return len(os.listdir(f"/proc/{ring.pid()}/fd"))

    def test_idle_strangers(self):
        self.assertIn(f"{DESCRIPTORS}", open(f"/proc/{ring.pid()}/limits").read())
        before = int(ring.status()["door"]["cut_off"])
        self.attack("256 descriptors: idle strangers", lambda: crowd(hub, lambda: b"", STRANGERS))
        # Else this would be no shortage.
        self.assertGreater(int(ring.status()["door"]["cut_off"]), before + STRANGERS)

    def test_strangers_who_begin_a_handshake(self):
        hello = wire.client_hello()
        self.attack("256 descriptors: whole ClientHellos", lambda: crowd(hub, lambda: hello))

    def test_one_client_takes_all_he_may(self):
        """And a node that comes back finds its place beside strangers and him."""
        key = ring.key("client", "attacker")

        def many():
            held = []
            while True:
                try:
                    connection = PskClient(ring.address, *key)
                    connection.sendall(wire.opening())
                    held.append(connection)
                    if len(held) > 40:
                        held.pop(0).close()
                except OSError:
                    pass

        def comes_back():
            ring.kill(ring.nodes[0])
            ring.restart_node(ring.nodes[0])
            wait_until("the node is back", lambda: ring.connected() == ring.nodes)

        attack(self, ring, "256 descriptors: idle strangers and a client", lambda: crowd(hub, lambda: b"", STRANGERS), many,
               seconds=2 * SECONDS)
        comes_back()

    def test_zz_calm(self):
        check_calm(self, ring, "256 descriptors: after it")
        wait_until("descriptors are free again", lambda: self.descriptors() < DESCRIPTORS // 2, 10)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
