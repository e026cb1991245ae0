"""Peers with a valid key, one client or one node: what they flood costs a bounded amount, others hardly notice, and whoever
breaks the rules is cut at the socket."""
import gzip
import itertools
import json
import os
import struct
import sys
import time
import unittest

import wire
import words
from http2 import Http2
from nodes import Node, ddl
from openssl import PskClient
from ring import FULL, PATIENCE, SECONDS, Ring, attack, check_calm, one_ping, resident, wait_until

# What one authenticated peer may cost, all its connections together: a message of 4 MiB as objects, and a copy of it.
MEMORY = 256 << 20
STATUS = words.CALL + "GetHubStatus"
FIND = words.CALL + "FindNodes"
WATCH = words.CALL + "WatchEvents"
LARGE_FACT = 900_000


def setUpModule():
    global ring, client
    ring = Ring(1)
    client = ring.key("client", "attacker")


def tearDownModule():
    ring.close()


def again_and_again(act, key):
    """An attacker who comes back whenever he is cut."""
    def run():
        while True:
            try:
                with PskClient(ring.address, *key) as connection:
                    act(connection)
            except OSError:
                time.sleep(0.005)
    return run


def flood(data, first=b""):
    """Says `first` and then `data` for ever."""
    def act(connection):
        connection.sendall(wire.opening() + first)
        while True:
            connection.sendall(data)
    return act


def calls(method, request, at_once=8, *fields, compressed=False):
    """Makes calls with that request, so many at once, for ever; takes the answers."""
    def act(connection):
        http = Http2(connection)
        while True:
            begun = []
            for _ in range(at_once):
                number = http.begin(method, *fields)
                http.send(number, request, end=True, compressed=compressed)
                begun.append(number)
            for number in begun:
                http.finish(number)
    return act


def filtered(text, kind=words.fleet.FilterOption.FACT):
    request = words.orchestrator.FindNodesRequest()
    request.target.filter.options.add(kind=kind, text=text)
    return request.SerializeToString()


class MembersTest(unittest.TestCase):
    number = itertools.count(1)

    def attack(self, what, *attackers, **bounds):
        return attack(self, ring, what, *attackers, **{"memory": MEMORY, "before": resident(ring.pid()), **bounds})

    def attack_as_one(self, what, *acts, **bounds):
        """Connections of one client, of whom nobody has heard before: his share is whole."""
        key = ring.key("client", f"attacker-{next(self.number)}")
        self.attack(what, *[again_and_again(act, key) for act in acts], **bounds)

    def cut(self, what, data, counted=True):
        """Saying this ends the connection, and the hub counts why; what gRPC has refused before is not counted."""
        before = ring.refused("misbehaved")
        with ring.connect() as connection:
            connection.settimeout(10 * PATIENCE)
            began = time.monotonic()
            try:
                connection.sendall(wire.opening() + data)
                while connection.recv(65536):
                    pass
            except OSError:
                pass
            self.assertLess(time.monotonic() - began, 9 * PATIENCE, f"{what}: still open")
        if counted:
            wait_until(f"{what} is counted", lambda: ring.refused("misbehaved") > before, 5)

    def call(self, method, request=b"", *fields, name="attacker", **options):
        with Http2(ring.connect(name)) as http:
            return http.call(words.CALL + method, request, 20 * PATIENCE, *fields, **options)


class BrokenRulesTest(MembersTest):
    """Each of these ends the connection at once."""

    def test_a_message_that_is_announced_too_large(self):
        start = wire.frame(wire.HEADERS, wire.END_HEADERS, 1, wire.request_fields(STATUS))
        for size in (9 << 20, (1 << 32) - 1):
            self.cut(f"{size} bytes", start + wire.frame(wire.DATA, 0, 1, wire.message(b"x", announced=size)))

    def test_header_blocks_without_end(self):
        fields = wire.request_fields(STATUS)
        piece = wire.frame(wire.CONTINUATION, 0, 1, wire.field(b"x", bytes(8000)))
        self.cut("a header block above 32 KiB", wire.frame(wire.HEADERS, 0, 1, fields) + 8 * piece)
        self.cut("empty continuations", wire.frame(wire.HEADERS, 0, 1, fields) + 10_000 * wire.frame(wire.CONTINUATION, 0, 1))
        self.cut("a number without end", wire.frame(wire.HEADERS, 0, 1, b"\x00\x7f") + 8 * wire.frame(
            wire.CONTINUATION, 0, 1, b"\xff" * 16384), counted=False)
        self.cut("another frame within a block", wire.frame(wire.HEADERS, 0, 1, fields) + wire.frame(wire.PING, 0, 0, bytes(8)))

    def test_frames_that_no_grpc_peer_sends(self):
        start = wire.frame(wire.HEADERS, wire.END_HEADERS, 1, wire.request_fields(STATUS))
        self.cut("a frame above 16 KiB", start + wire.frame(wire.DATA, 0, 1, bytes(20_000)))
        self.cut("padding", start + wire.frame(wire.DATA, 0x8, 1, b"\x05hello" + bytes(5)))
        self.cut("a pushed stream", wire.frame(wire.PUSH, wire.END_HEADERS, 1, bytes(4) + wire.request_fields(STATUS)))
        self.cut("no HTTP/2", b"GET / HTTP/1.1\r\n\r\n")

    def test_floods_of_small_frames(self):
        for what, one in {"settings": wire.frame(wire.SETTINGS), "pings": wire.frame(wire.PING, 0, 0, bytes(8)),
                          "empty data": wire.frame(wire.DATA, 0, 1), "priorities": wire.frame(wire.PRIORITY, 0, 3, bytes(5)),
                          "frames of an unknown type": wire.frame(0x77)}.items():
            start = wire.frame(wire.HEADERS, wire.END_HEADERS, 1, wire.request_fields(WATCH))
            self.cut(what, start + 20_000 * one)
        resets = b"".join(wire.frame(wire.HEADERS, wire.END_HEADERS, stream, wire.request_fields(STATUS)) +
                          wire.frame(wire.RST, 0, stream, bytes(4)) for stream in range(1, 2001, 2))
        self.cut("resets", resets)

    def test_new_keys_again_and_again(self):
        with ring.connect() as connection:
            with self.assertRaises(OSError):
                for _ in range(5000):
                    connection.update_keys()

    def test_a_second_client_hello(self):
        """There is no renegotiation in TLS 1.3: a ClientHello after the handshake is an error."""
        with ring.connect() as connection:
            connection.settimeout(10 * PATIENCE)
            began = time.monotonic()
            connection.sock.sendall(wire.client_hello())
            while connection.recv(65536):
                pass
            self.assertLess(time.monotonic() - began, 9 * PATIENCE)

    def test_compressed_requests_are_refused(self):
        bomb = gzip.compress(bytes(4 << 20))
        for algorithm in (b"gzip", b"deflate"):
            answer = self.call("GetHubStatus", bomb, (b"grpc-encoding", algorithm), compressed=True)
            self.assertIn(answer.code, ("UNIMPLEMENTED", "INTERNAL"), answer)
        # The flag without the header.
        self.assertNotEqual(self.call("GetHubStatus", bomb, compressed=True).code, "OK")


class ClientFloodTest(MembersTest):
    """Floods by one client, who comes back as soon as he is cut."""

    def test_what_each_costs(self):
        start = wire.frame(wire.HEADERS, wire.END_HEADERS, 1, wire.request_fields(WATCH))
        update = wire.frame(wire.WINDOW, 0, 0, struct.pack(">I", 1))
        many_resets = b"".join(wire.frame(wire.HEADERS, wire.END_HEADERS, stream, wire.request_fields(STATUS)) +
                               wire.frame(wire.RST, 0, stream, bytes(4)) for stream in range(1, 200_001, 2))
        header = b"".join(wire.field(b"x-%d" % number, bytes(100)) for number in range(100))
        table_sizes = b"\x20" * 16000
        # One entry of 4 KB in the dynamic table, named again in as many bytes as a block may have.
        bomb = b"\x40" + wire.field(b"x", b"y" * 3900)[1:]
        name_again = b"\xbe" * 16000
        blocks = b"".join(wire.frame(wire.HEADERS, wire.END_HEADERS | wire.END_STREAM, stream, wire.request_fields(STATUS) +
                                     (bomb if stream == 1 else b"") + name_again) for stream in range(1, 4001, 2))
        sized = b"".join(wire.frame(wire.HEADERS, wire.END_HEADERS | wire.END_STREAM, stream, table_sizes +
                                    wire.request_fields(STATUS)) for stream in range(1, 4001, 2))
        large = b"".join(wire.frame(wire.HEADERS, wire.END_HEADERS | wire.END_STREAM, stream, wire.request_fields(STATUS) +
                                    header) for stream in range(1, 4001, 2))
        compressed = gzip.compress(bytes(4 << 20))
        floods = {
            "rapid reset, 3 connections": [flood(b"", many_resets)] * 3,
            "CONTINUATION": [flood(wire.frame(wire.CONTINUATION, 0, 1, bytes(64)),
                                   wire.frame(wire.HEADERS, 0, 1, wire.request_fields(STATUS)))],
            "HPACK: a number without end": [flood(wire.frame(wire.CONTINUATION, 0, 1, b"\xff" * 16384),
                                                  wire.frame(wire.HEADERS, 0, 1, b"\x00\x7f"))],
            "HPACK: a large entry named again and again": [flood(b"", blocks)],
            "HPACK: table sizes": [flood(b"", sized)],
            "large header blocks": [flood(b"", large)],
            "SETTINGS": [flood(1000 * wire.frame(wire.SETTINGS))],
            "PING": [flood(1000 * wire.frame(wire.PING, 0, 0, bytes(8)))],
            "empty DATA": [flood(1000 * wire.frame(wire.DATA, 0, 1), start)],
            "PRIORITY": [flood(1000 * wire.frame(wire.PRIORITY, 0, 3, bytes(5)))],
            "WINDOW_UPDATE": [flood(1000 * update, start)],
            "KeyUpdate": [self.update_keys],
            "compressed requests": [calls(STATUS, compressed, 8, (b"grpc-encoding", b"gzip"), compressed=True)],
            "calls": [calls(STATUS, b"", 50)] * 3,
            "connections that come and go": [lambda connection: connection.sendall(wire.opening())] * 2,
        }
        for what, acts in floods.items():
            with self.subTest(what):
                self.attack_as_one(what, *acts)
        check_calm(self, ring, "after the floods")

    @staticmethod
    def update_keys(connection):
        while True:
            connection.update_keys()

    def test_messages_begun_and_never_ended(self):
        def act(connection):
            http = Http2(connection)
            for _ in range(100):
                number = http.begin(FIND)
                stream = http.streams[number]
                connection.sendall(wire.frame(wire.DATA, 0, number, wire.message(b"x", announced=4 << 20)))
                left = (4 << 20) - 10
                while left > 0:
                    room = min(http._window, stream.window, 16384, left)
                    if room <= 0:
                        http.read()
                        continue
                    http._window -= room
                    stream.window -= room
                    left -= room
                    connection.sendall(wire.frame(wire.DATA, 0, number, bytes(room)))
        self.attack_as_one("messages begun and never ended", *[act] * 3, seconds=2 * SECONDS)

    def test_empty_repeated_fields(self):
        many = b"\x12\x00" * ((4 << 20) // 2 - 64)
        target = b"\x0a" + wire._varint(len(many)) + many  # FindNodesRequest.target.identities
        options = b"\x0a" + wire._varint(len(many) + 5) + b"\x0a" + wire._varint(len(many)) + b"\x0a\x00" * (len(many) // 2)
        identities = b"\x0a\x00" * (len(many) // 2)        # ForgetNodesRequest.identities
        for what, method, request in (("empty identities", FIND, target), ("empty options", FIND, options),
                                      ("empty names to forget", words.CALL + "ForgetNodes", identities)):
            with self.subTest(what):
                self.attack_as_one(f"4 MB of {what}", *[calls(method, request, 8)] * 2, seconds=2 * SECONDS,
                                   memory=2 * MEMORY)  # of two connections at once


class ClientShareTest(MembersTest):
    """What one client may have open, and what it may not do."""

    def test_1010_watches(self):
        """One identity gets 32 of them; others watch as before."""
        taken, refused = 0, 0
        connections = []
        try:
            for _ in range(10):
                http = Http2(ring.connect())
                connections.append(http)
                numbers = [http.begin(WATCH) for _ in range(101)]
                for number in numbers:
                    http.send(number, b"", end=True)
                until = time.monotonic() + 10 * PATIENCE
                while time.monotonic() < until and http.ready(0.5 * PATIENCE):
                    http.read()
                taken += sum(not http.streams[number].over for number in numbers)
                refused += sum(http.streams[number].fields.get(b"grpc-status") == b"8" for number in numbers)
            self.assertEqual((taken, refused), (32, 978))
            with Http2(ring.connect("another")) as other:
                number = other.begin(WATCH)
                other.send(number, b"", end=True)
                wait_until("another's watch has begun",
                           lambda: other.ready(0.1) and other.read() or other.streams[number].body, 5)
            self.assertLess(one_ping(ring).seconds, 1.0 * PATIENCE)
        finally:
            for http in connections:
                http.close()

    def test_1500_idle_connections(self):
        """One identity keeps 16, and the hub's descriptors are there for others."""
        before = ring.status()["door"]["connections"]
        connections = []
        try:
            for _ in range(1500 if FULL else 200):
                try:
                    connection = PskClient(ring.address, *client)
                    connection.sendall(wire.opening())
                    connections.append(connection)
                except OSError:
                    pass
            kept = lambda: ring.status()["door"]["connections"] - before
            wait_until("16 are kept", lambda: 0 < kept() <= 16, 10)
            wait_until("their descriptors are free", lambda: len(os.listdir(f"/proc/{ring.pid()}/fd")) < 120, 10)
            if FULL:
                # A connection without a call goes after 60 s.
                wait_until("none is kept", lambda: kept() <= 0, 90)
        finally:
            for connection in connections:
                connection.close()

    def test_a_catastrophic_filter_over_a_large_fact(self):
        large = json.dumps({"z": "ab" * (LARGE_FACT // 2)}).encode()
        request = filtered("z=/[ab]*a[ab]{900}c/")
        with Node(ring, "large.example.net", facts=large) as large_node:
            self.assertEqual(self.call("FindNodes", filtered("z=/abab/")).code, "OK")
            self.attack_as_one("regular expression over 900 KB, 20 at once", calls(FIND, request, 20), seconds=2 * SECONDS)
            self.assertIn("large.example.net", ring.connected())
            self.assertIsNotNone(large_node.http.streams)
        wait_until("the node is gone", lambda: ring.connected() == ring.nodes)

    def test_prune_jobs_needs_a_bound_and_is_logged_with_its_caller(self):
        self.assertEqual(self.call("Invoke", self.spec(record=True)).code, "OK")
        answer = self.call("PruneJobs")
        self.assertEqual(answer.code, "INVALID_ARGUMENT", answer)
        stored = int(ring.status()["jobs_stored"])
        self.assertGreater(stored, 0)
        bounded = words.orchestrator.PruneJobsRequest(finished_before_us=1)
        self.assertEqual(self.call("PruneJobs", bounded.SerializeToString(), name="pruner").code, "OK")
        self.assertEqual(int(ring.status()["jobs_stored"]), stored)
        self.assertRegex(ring.log(), r"prune[^\n]*client=pruner|client=pruner[^\n]*prune")

    @staticmethod
    def spec(**more):
        spec = words.job.JobSpec(plugin="rpcutil", action="ping", timeout_ms=5000, **more)
        return words.orchestrator.InvokeRequest(spec=spec).SerializeToString()


class NodeTest(MembersTest):
    """A node with a valid key that floods, or lies."""

    def test_floods(self):
        small = lambda count: words.node.NodeMessage(delta=words.node.Delta(facts_set_json=b'{"n":%d}' % count))
        large = lambda count: words.node.NodeMessage(delta=words.node.Delta(
            facts_set_json=json.dumps({"n": count, "z": "x" * LARGE_FACT}).encode()))
        many = lambda count: words.node.NodeMessage(delta=words.node.Delta(
            facts_set_json=json.dumps({f"f{number}": count for number in range(2000)}).encode()))
        classes = lambda count: words.node.NodeMessage(delta=words.node.Delta(
            has_classes=True, classes=[f"c{count}-{number}" for number in range(2000)]))
        beats = lambda _: words.node.NodeMessage(heartbeat=words.node.Heartbeat(node_time_us=int(time.time() * 1e6)))
        update = words.node.TaskUpdate(kind=words.node.TaskUpdate.FINISHED)
        update.reply.state, update.reply.data_json = words.job.OK, b"{}"
        output = words.node.TaskUpdate(kind=words.node.TaskUpdate.OUTPUT)
        output.output.stream, output.output.data = words.job.OutputChunk.STDOUT, bytes(32768)
        kinds = {"small deltas": small, "deltas of 900 KB": large, "deltas of 2,000 facts": many,
                 "deltas of 2,000 classes": classes, "heartbeats": beats, "updates of no task": update,
                 "output of no task": output}
        for what, make in kinds.items():
            with self.subTest(what):
                name = f"attacker-{next(self.number)}.example.net"
                self.attack(f"a node's {what}", lambda make=make, name=name: self.flood(make, name))
        wait_until("the node is gone", lambda: ring.connected() == ring.nodes, 40)

    @staticmethod
    def flood(make, name):
        while True:
            try:
                with Node(ring, name) as attacker:
                    messages, size = [], 0
                    while size < 1 << 20:  # made before, so that the hub has to work and not this side
                        if callable(make):
                            message = make(len(messages))
                        else:
                            message = words.node.NodeMessage(update=attacker.sealed("%032x" % len(messages), make))
                        messages.append(message.SerializeToString())
                        size += len(messages[-1])
                    while True:
                        attacker.send_raw(messages)
                        if attacker.http.ready(0):
                            attacker.hear(0)
            except (OSError, AttributeError):
                time.sleep(0.05)

    def test_output_of_a_task_that_runs(self):
        """A node that is asked for something and answers with output without end."""
        plugins = words.orchestrator.ListPluginsResponse.FromString(self.call("ListPlugins").messages[0]).plugins
        rpcutil = next(plugin for plugin in plugins if plugin.name == "rpcutil")
        ref = words.fleet.PluginRef(name="rpcutil", version=rpcutil.version, ddl_sha256=rpcutil.ddl_sha256)
        output = words.node.TaskUpdate(kind=words.node.TaskUpdate.OUTPUT)
        output.output.stream, output.output.data = words.job.OutputChunk.STDOUT, bytes(32768)

        def flooding_node():
            with Node(ring, "attacker.example.net", plugins=[ref]) as attacker:
                job_id, _ = attacker.next_command(60)
                while True:
                    attacker.send_update(job_id, output)
                    output.output.offset += 32768
                    if attacker.http.ready(0):
                        attacker.hear(0)

        def caller():
            wait_until("the node is there", lambda: "attacker.example.net" in ring.connected(), 20)
            spec = words.job.JobSpec(plugin="rpcutil", action="ping", timeout_ms=60_000, live_output=True)
            spec.target.has_identities = True
            spec.target.identities.append("attacker.example.net")
            with Http2(ring.connect()) as http:
                number = http.begin(words.CALL + "Invoke")
                http.send(number, words.orchestrator.InvokeRequest(spec=spec).SerializeToString(), end=True)
                time.sleep(600)  # begins to read nothing

        self.attack("a node's output, and a client that does not read it", flooding_node, caller, seconds=2 * SECONDS)
        wait_until("the node is gone", lambda: ring.connected() == ring.nodes, 40)

    def test_a_lie_about_what_is_sensitive_shows_nothing(self):
        secret = "a-password-nobody-may-see"
        honest, lie = ddl("secretive", "1", True), ddl("secretive", "2", False)
        with Node(ring, "honest.example.net", ddls=[honest]) as one, Node(ring, "liar1.example.net", ddls=[lie]) as two, \
                Node(ring, "liar2.example.net", ddls=[lie]) as three:
            for told in (one, two, three):
                told.hear(0.5)
            wait_until("both DDLs are known", lambda: self.texts("secretive") == 2, 10)
            spec = words.job.JobSpec(plugin="secretive", action="greet", record=True, timeout_ms=3000,
                                     inputs_json=json.dumps({"secret": secret}).encode())
            spec.target.has_identities = True
            spec.target.identities.append("liar1.example.net")
            with Http2(ring.connect()) as http:
                number = http.begin(words.CALL + "Invoke")
                http.send(number, words.orchestrator.InvokeRequest(spec=spec).SerializeToString(), end=True)
                job_id, command = two.next_command()
                self.assertIn(secret.encode(), command.inputs_json)
                update = words.node.TaskUpdate(kind=words.node.TaskUpdate.FINISHED)
                update.reply.state, update.reply.status_message, update.reply.data_json = words.job.OK, "OK", b"{}"
                two.send_update(job_id, update)
                self.assertEqual(http.finish(number).code, "OK")
            jobs = words.orchestrator.ListJobsResponse.FromString(self.call("ListJobs").messages[0]).jobs
            found = next(known for known in jobs if known.job_id == job_id)
            self.assertEqual(json.loads(found.spec.inputs_json), {"secret": "***"})
        for path in [*(ring.home / "hub").glob("jobs.db*"), ring.home / "hub.log"]:
            self.assertNotIn(secret.encode(), path.read_bytes(), path)
        wait_until("the nodes are gone", lambda: ring.connected() == ring.nodes, 40)

    def texts(self, plugin):
        request = words.orchestrator.GetPluginRequest(name=plugin)
        answer = self.call("GetPlugin", request.SerializeToString())
        if answer.code != "OK":
            return 0
        got = words.orchestrator.GetPluginResponse.FromString(answer.messages[0])
        return len(got.others) + 1

    def test_a_node_that_was_asked_by_name_cannot_vanish_from_the_job(self):
        with Node(ring, "shy.example.net", ddls=[ddl("shyness", "1", False)]) as shy:
            shy.hear(0.5)
            wait_until("the DDL is known", lambda: self.texts("shyness") == 1, 10)
            spec = words.job.JobSpec(plugin="shyness", action="greet", timeout_ms=3000)
            spec.target.filter.options.add(kind=words.fleet.FilterOption.IDENTITY, text="shy.example.net")
            with Http2(ring.connect()) as http:
                number = http.begin(words.CALL + "Invoke")
                http.send(number, words.orchestrator.InvokeRequest(spec=spec).SerializeToString(), end=True)
                job_id, _ = shy.next_command()
                shy.send_update(job_id, words.node.TaskUpdate(kind=words.node.TaskUpdate.FILTERED))
                answer = http.finish(number)
            self.assertEqual(answer.code, "OK", answer)
            told = [words.orchestrator.InvokeResponse.FromString(message) for message in answer.messages]
            self.assertEqual(sum(part.no_longer_targets for part in told), 0)
            replies = [reply for part in told for reply in part.replies]
            self.assertEqual([(reply.state, reply.kind) for reply in replies],
                             [(words.job.DENIED, words.job.ERROR_KIND_FILTERED)])
        wait_until("the node is gone", lambda: ring.connected() == ring.nodes, 40)

    def test_a_forged_or_foreign_update_ends_the_stream(self):
        for what, change in {"MAC": lambda envelope: setattr(envelope, "mac", bytes(32)),
                             "identity": lambda envelope: setattr(envelope, "identity", ring.nodes[0]),
                             "body": lambda envelope: setattr(envelope, "body", b"\x08\x02")}.items():
            with self.subTest(what), Node(ring, f"forger-{what.lower()}.example.net") as forger:
                envelope = forger.sealed("0" * 32, words.node.TaskUpdate(kind=words.node.TaskUpdate.UNKNOWN))
                change(envelope)
                forger.send(update=envelope)
                message = forger.hear(10 * PATIENCE)
                self.assertTrue(message.HasField("goodbye"), message)
        wait_until("the nodes are gone", lambda: ring.connected() == ring.nodes, 40)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
