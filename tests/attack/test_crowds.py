"""Many nodes and clients that break no rule and are heavy: nodes that never answer, that answer with a megabyte each or have
large facts, clients that ask for all of it or read nothing, and more nodes than the hub may know. The hub's memory is
bounded, operators hardly notice, and what became of each node is told."""
import json
import sys
import threading
import time
import unittest

import words
from http2 import Http2
from nodes import Node
from ring import FULL, PATIENCE, SECONDS, Attackers, Ring, attack, check_calm, one_ping, resident, wait_until

CROWD = 200 if FULL else 40
MEMORY = 256 << 20
LIMIT = 260  # of nodes that the hub may know


def setUpModule():
    global ring, rpcutil
    ring = Ring(1, hub_yaml=f"limits:\n  nodes: {LIMIT}\n")
    with Http2(ring.connect()) as http:
        answer = http.call(words.CALL + "ListPlugins")
    found = next(plugin for plugin in words.orchestrator.ListPluginsResponse.FromString(answer.messages[0]).plugins
                 if plugin.name == "rpcutil")
    rpcutil = words.fleet.PluginRef(name="rpcutil", version=found.version, ddl_sha256=found.ddl_sha256)


def tearDownModule():
    ring.close()


def names(kind):
    return [f"{kind}{number:03}.example.net" for number in range(1, CROWD + 1)]


def crowd_of(kind, live, facts=b"{}"):
    """An attacker: so many nodes, each with a thread of its own that runs live(node)."""
    keys = {name: ring.key("node", name) for name in names(kind)}

    def one(name):
        with Node(ring, name, facts=facts() if callable(facts) else facts, plugins=[rpcutil], key=keys[name]) as node:
            live(node)

    def run():
        threads = [threading.Thread(target=one, args=(name,), daemon=True) for name in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return run


def say_nothing(node):
    while True:
        node.hear(600)


def answer_with(data):
    update = words.node.TaskUpdate(kind=words.node.TaskUpdate.FINISHED)
    update.reply.state, update.reply.status_message, update.reply.data_json = words.job.OK, "OK", data

    def live(node):
        while True:
            attempt, _ = node.next_command(600)
            node.send_update(attempt, update)
    return live


def invoke(http, who, timeout_ms, **fields):
    """The number of a call that pings the nodes so named."""
    spec = words.job.JobSpec(plugin="rpcutil", action="ping", timeout_ms=timeout_ms, **fields)
    spec.target.has_identities = True
    spec.target.identities.extend(who)
    number = http.begin(words.CALL + "Invoke")
    http.send(number, words.orchestrator.InvokeRequest(spec=spec).SerializeToString(), end=True)
    return number


def replies_of(answer):
    told = [words.orchestrator.InvokeResponse.FromString(message) for message in answer.messages]
    return [reply for part in told for reply in part.replies]


class CrowdsTest(unittest.TestCase):
    def attack(self, what, *attackers, **bounds):
        return attack(self, ring, what, *attackers, **{"memory": MEMORY, "before": resident(ring.pid()), **bounds})

    def wait_attached(self, kind):
        wait_until("the crowd is attached", lambda: set(names(kind)) <= set(ring.connected()), 60)

    def tearDown(self):
        wait_until("the crowd is gone", lambda: ring.connected() == ring.nodes, 60)
        check_calm(self, ring, "afterwards")
        away = [name for name in ring.orchctl("node", "list", "--json").json() if name["identity"] not in ring.nodes]
        for at in range(0, len(away), 50):
            ring.orchctl("node", "forget", *[node["identity"] for node in away[at:at + 50]])

    def test_nodes_that_never_answer(self):
        with Attackers(crowd_of("silent", say_nothing)):
            self.wait_attached("silent")

            def again_and_again():
                while True:
                    with Http2(ring.connect("asker")) as http:
                        http.finish(invoke(http, names("silent"), 500), 60)

            self.attack(f"{CROWD} nodes that never answer", again_and_again, seconds=2 * SECONDS)
            with Http2(ring.connect("asker")) as http:
                answer = http.finish(invoke(http, [*names("silent"), *ring.nodes], 1000), 30 * PATIENCE)
        self.assertEqual(answer.code, "OK", answer)
        states = {reply.identity: reply.state for reply in replies_of(answer)}
        self.assertEqual(states.pop(ring.nodes[0]), words.job.OK)
        self.assertEqual(sorted(states), names("silent"), "each is named")
        self.assertNotIn(words.job.OK, states.values())

    def test_nodes_that_answer_a_megabyte(self):
        data = json.dumps({"text": "x" * (1 << 20)}).encode()
        with Attackers(crowd_of("talker", answer_with(data))):
            self.wait_attached("talker")

            def reads():
                while True:
                    with Http2(ring.connect("reader")) as http:
                        http.finish(invoke(http, names("talker"), 60_000), 120)

            def does_not_read():
                with Http2(ring.connect("sleeper")) as http:
                    for _ in range(4):
                        invoke(http, names("talker"), 60_000)
                    time.sleep(600)

            self.attack(f"{CROWD} nodes that answer 1 MiB", reads, seconds=2 * SECONDS)
            self.attack(f"{CROWD} nodes that answer 1 MiB, recorded", self.recorded, seconds=2 * SECONDS)
            self.attack(f"{CROWD} nodes that answer 1 MiB, and a client that does not read", does_not_read,
                        seconds=2 * SECONDS)
        # Other nodes, because those still send what nobody waits for; and a few at a time, because the hub gives a client up
        # for which more than 8 MiB wait.
        with Attackers(crowd_of("speaker", answer_with(data))):
            self.wait_attached("speaker")
            with Http2(ring.connect("reader")) as http:
                answer = http.finish(invoke(http, names("speaker"), 60_000, concurrency=4), 60 * PATIENCE)
        whole = sum(reply.data_json == data for reply in replies_of(answer))
        self.assertEqual((answer.code, whole), ("OK", CROWD), answer.text)

    @staticmethod
    def recorded():
        while True:
            with Http2(ring.connect("recorder")) as http:
                http.finish(invoke(http, names("talker"), 60_000, record=True), 120)

    def test_a_client_that_asks_for_all_facts(self):
        """Facts of 200 KB a node, each value another one."""
        count = iter(range(CROWD))
        facts = lambda: json.dumps({"n": next(count), "z": f"{time.monotonic_ns()}" + "z" * 200_000}).encode()
        with Attackers(crowd_of("weighty", say_nothing, facts)):
            self.wait_attached("weighty")
            report = words.orchestrator.FactReportRequest(path="z", with_nodes=True).SerializeToString()

            def asks_and_reads():
                with Http2(ring.connect("curious")) as http:
                    while True:
                        http.call(words.CALL + "FactReport", report, 60)
                        for name in names("weighty"):
                            request = words.orchestrator.GetNodeRequest(identity=name).SerializeToString()
                            http.call(words.CALL + "GetNode", request, 60)

            def asks_only():
                with Http2(ring.connect("forgetful")) as http:
                    for _ in range(8):
                        number = http.begin(words.CALL + "FactReport")
                        http.send(number, report, end=True)
                    time.sleep(600)

            self.attack("a client that asks for all facts", asks_and_reads, seconds=2 * SECONDS)
            self.attack("a client that asks for all facts and does not read them", asks_only, seconds=2 * SECONDS)
            shown = ring.orchctl("facts", "z")
        self.assertIn(shown.code, (0, 3), shown)

    def test_more_nodes_than_the_hub_may_know(self):
        with Attackers(crowd_of("member", say_nothing)):
            self.wait_attached("member")
            known = len(ring.orchctl("node", "list", "--json").json())
            keys = [ring.key("node", f"surplus{number:03}.example.net") for number in range(LIMIT - known + 5)]
            kept, refused = [], []
            for number, key in enumerate(keys):
                try:
                    kept.append(Node(ring, f"surplus{number:03}.example.net", plugins=[rpcutil], key=key))
                except OSError as error:
                    refused.append(str(error))
            try:
                self.assertEqual((len(kept), len(refused)), (LIMIT - known, 5))
                self.assertIn("limits.nodes", refused[0])
                self.assertLess(one_ping(ring).seconds, 1.0 * PATIENCE)

                def surplus():
                    while True:
                        try:
                            Node(ring, f"surplus{len(keys) - 1:03}.example.net", plugins=[rpcutil], key=keys[-1]).close()
                        except OSError:
                            pass

                self.attack("a node that is one too many, again and again", surplus)
                kept.pop(0).close()
                wait_until("it is gone", lambda: "surplus000.example.net" not in ring.connected(), 20)
                self.assertEqual(ring.orchctl("node", "forget", "surplus000.example.net").code, 0)
                kept.append(Node(ring, f"surplus{len(keys) - 2:03}.example.net", plugins=[rpcutil], key=keys[-2]))
            finally:
                for node in kept:
                    node.close()


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
