"""A node that says what it likes, with a valid key."""
import hashlib
import hmac
import json
import os
import time

import wire
import words
from http2 import Ended, Http2
from openssl import PskClient


def seal(envelope, key, lifetime=60):
    """Signs an envelope as docs/PROTOCOL.md has it."""
    now = int(time.time() * 1e6)
    envelope.issued_at_us, envelope.expires_at_us = now, now + int(lifetime * 1e6)
    envelope.nonce = os.urandom(16)
    counted = lambda data: len(data).to_bytes(4, "big") + data
    number = lambda value: counted(value.to_bytes(8, "big", signed=True))
    envelope.mac = hmac.new(key, b"orch-envelope-v1\n" + number(envelope.direction) + number(envelope.kind) + counted(
        envelope.attempt_id.encode()) + counted(envelope.identity.encode()) + counted(envelope.key_id.encode()) + number(
            envelope.issued_at_us) + number(envelope.expires_at_us) + counted(envelope.nonce) + counted(
                hashlib.sha256(envelope.body).digest()), hashlib.sha256).digest()
    return envelope


def ddl(name, version, sensitive):
    """A DDL with one action, `greet`, whose input `secret` is sensitive or not."""
    return json.dumps({
        "metadata": {"name": name, "description": "for tests", "author": "x", "license": "Apache-2.0", "version": version,
                     "url": "https://example.com", "timeout": 5},
        "actions": [{"action": "greet", "description": "greets", "display": "always", "impact": "read",
                     "input": {"secret": {"prompt": "Secret", "description": "a secret", "type": "string", "validation": ".",
                                          "optional": True, "maxlength": 90, "sensitive": sensitive}},
                     "output": {}, "aggregate": []}]}).encode()


class Node:
    """Attached when it is made. One thread."""

    def __init__(self, ring, name, facts=b"{}", ddls=(), plugins=(), key=None):
        identity, self._key = key or ring.key("node", name)
        self.name, self._key_id = name, identity.split("/")[3]
        self.http = Http2(PskClient(ring.address, identity, self._key))
        self._stream = self.http.begin(words.ATTACH)
        self._ddls = {hashlib.sha256(text).digest(): text for text in ddls}
        register = words.node.Register(protocol=3, node_time_us=int(time.time() * 1e6))
        register.node.identity, register.node.facts_json = name, facts
        register.node.collectives.append("mcollective")
        register.node.main_collective, register.node.version = "mcollective", "0"
        register.node.plugins.extend(plugins)
        for digest, text in self._ddls.items():
            told = json.loads(text)["metadata"]
            register.node.plugins.add(name=told["name"], version=told["version"], ddl_sha256=digest)
        self.send(register=register)
        message = self.hear(10)
        while message is not None and not message.HasField("registered") and not message.HasField("goodbye"):
            message = self.hear(10)
        if message is None or message.HasField("goodbye"):
            self.close()
            raise Ended(message.goodbye.reason if message else "the hub says nothing more")

    def close(self):
        self.http.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, **parts):
        self.http.send(self._stream, words.node.NodeMessage(**parts).SerializeToString())

    def send_raw(self, messages):
        """Many messages that are serialized already, as fast as the hub takes them."""
        self.http.send_bytes(self._stream, b"".join(map(wire.message, messages)))

    def send_update(self, attempt_id, update):
        self.send(update=self.sealed(attempt_id, update))

    def sealed(self, attempt_id, update):
        Envelope = words.node.Envelope
        return seal(Envelope(direction=Envelope.TO_HUB, kind=Envelope.UPDATE, attempt_id=attempt_id, identity=self.name,
                             key_id=self._key_id, body=update.SerializeToString()), self._key)

    def hear(self, seconds):
        """The hub's next message that is not about the node's standing, having answered what must be; None when there is
        none in time."""
        until = time.monotonic() + seconds
        while True:
            stream = self.http.streams[self._stream]
            if (data := stream.take()) is not None:
                message = words.node.HubMessage.FromString(data)
                if message.command.kind == words.node.Envelope.STANDING:
                    continue
                wanted = message.registered.need_ddl_sha256 or message.need_ddls.ddl_sha256
                if wanted:
                    self.send(ddls=words.node.Ddls(ddl_json=[self._ddls[digest] for digest in wanted if digest in self._ddls]))
                return message
            if stream.over or time.monotonic() > until:
                return None
            if self.http.ready(0.1):
                self.http.read()

    def next_command(self, seconds=10):
        """(attempt id, Command) of the next command."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            message = self.hear(1)
            if message is not None and message.command.kind == words.node.Envelope.COMMAND:
                return message.command.attempt_id, words.node.Command.FromString(message.command.body)
        raise AssertionError(f"no command for {self.name}")
