"""Whoever answers at the hub's address: servers that do not keep to what a hub does, before and after they have proved that
they hold the peer's key."""
import gzip
import os
import pathlib
import ssl
import struct
import subprocess
import threading
import time

import wire
from local_server import LocalServer
from openssl import PskServer


class HostileHub(LocalServer):
    """Serves every connection by `behave(connection)` on a thread of its own until it is closed."""

    def __init__(self, behave):
        self._behave = behave
        self.served = 0
        super().__init__()

    def serve(self, connection):
        self.served += 1
        threading.Thread(target=self._meet, args=(connection,), daemon=True).start()

    def _meet(self, connection):
        try:
            connection.settimeout(60)
            self._behave(connection)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()


def until_it_ends(connection):
    while connection.recv(65536):
        pass


def for_ever(connection, data, first=b""):
    connection.sendall(first)
    while data:
        connection.sendall(data)


def slowly(connection):
    for byte in b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + os.urandom(100):
        connection.sendall(bytes((byte,)))
        time.sleep(0.3)
    until_it_ends(connection)


def say(data):
    def behave(connection):
        connection.sendall(data)
        until_it_ends(connection)
    return behave


def by_certificate(folder):
    """A TLS server with a fresh certificate of its own."""
    certificate, key = pathlib.Path(folder) / "hostile.crt", pathlib.Path(folder) / "hostile.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "2", "-subj", "/CN=hub.example.net", "-keyout", str(key), "-out", str(certificate)], check=True,
                   capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])

    def behave(connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            until_it_ends(tls)
    return behave


def before_the_proof(folder):
    big_record = b"\x16\x03\x03\x40\x00"
    return {
        "silence": until_it_ends,
        "a connection that ends at once": lambda connection: None,
        "garbage": say(os.urandom(4096)),
        "HTTP/1.1": say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        "HTTP/2 in clear": say(wire.frame(wire.SETTINGS)),
        "endless bytes": lambda connection: for_ever(connection, bytes(65536)),
        "an endless ServerHello": lambda connection: for_ever(connection, big_record + bytes(16384),
                                                              big_record + b"\x02\xff\xff\xff" + bytes(16380)),
        "endless changes of cipher": lambda connection: for_ever(connection, b"\x14\x03\x03\x00\x01\x01" * 1000),
        "endless warnings": lambda connection: for_ever(connection, b"\x15\x03\x03\x00\x02\x01\x5a" * 1000),
        "a ServerHello byte by byte": slowly,
        "a certificate": by_certificate(folder),
    }


def proved(keys, act):
    """A hub that holds the key, takes the first call and then does `act(connection, stream)`."""
    def behave(connection):
        with PskServer(connection, keys) as tls:
            tls.settimeout(60)
            act(tls)
    return behave


class Windows:
    """What the peer lets come on one stream."""

    def __init__(self, connection):
        self.connection, self.stream = connection, 0
        self.whole, self.part, self.first = 65535, 65535, 65535

    def read(self):
        got = wire.read_frame(self.connection)
        if got is None:
            raise ConnectionError("the peer has gone")
        kind, flags, number, payload = got
        if kind == wire.SETTINGS and not flags & 1:
            for at in range(0, len(payload), 6):
                name, value = struct.unpack(">HI", payload[at:at + 6])
                if name == 4:
                    self.part += value - self.first
                    self.first = value
        elif kind == wire.WINDOW:
            more = int.from_bytes(payload, "big")
            if number == 0:
                self.whole += more
            elif number == self.stream:
                self.part += more
        return kind, number

    def send(self, data):
        while data:
            room = min(self.whole, self.part, 16384)
            if room <= 0:
                self.read()
                continue
            piece, data = data[:room], data[room:]
            self.whole -= len(piece)
            self.part -= len(piece)
            self.connection.sendall(wire.frame(wire.DATA, 0, self.stream, piece))


def first_call(connection):
    """Greets, and returns the windows of the first stream."""
    # Not empty: an empty one could be the beginning of a refusal.
    connection.sendall(wire.frame(wire.SETTINGS, 0, 0, b"\0\4\0\1\0\0"))
    if wire.exactly(connection, len(wire.PREFACE)) != wire.PREFACE:
        raise ConnectionError("no HTTP/2")
    windows = Windows(connection)
    while True:
        kind, number = windows.read()
        if kind == wire.HEADERS:
            windows.stream = number
            return windows


ANSWER = b"".join((b"\x88", wire.field(b"content-type", b"application/grpc")))  # :status 200


def answering(data, *more):
    """Answers the first call with these messages again and again, as the peer lets it."""
    def act(connection):
        windows = first_call(connection)
        connection.sendall(wire.frame(wire.HEADERS, wire.END_HEADERS, windows.stream, ANSWER + b"".join(more)))
        while True:
            windows.send(data)
    return act


def flooding(data, first=b""):
    def act(connection):
        first_call(connection)
        for_ever(connection, data, first)
    return act


def new_keys(connection):
    first_call(connection)
    while True:
        connection.update_keys()


def after_the_proof(keys):
    bomb = gzip.compress(bytes(256 << 20))
    endless = lambda kind: flooding(100 * wire.frame(wire.CONTINUATION, 0, 1, bytes(1000) if kind else b""),
                                    wire.frame(wire.HEADERS, 0, 1, ANSWER))
    acts = {
        "the proof, then silence": until_it_ends,
        "the proof, then no HTTP/2": lambda connection: for_ever(connection, b"HTTP/1.1 200 OK\r\n\r\n" * 100),
        "the proof, then zeros": lambda connection: for_ever(connection, bytes(16384)),
        "compressed bombs": answering(wire.message(bomb, True), wire.field(b"grpc-encoding", b"gzip")),
        "compressed bombs without a word": answering(wire.message(bomb, True)),
        "a message of 4 GB": answering(wire.message(bytes(1 << 20), False, (1 << 32) - 1)),
        "messages of 2 MB": answering(wire.message(b"\x0a\xff\xff\x7f" + bytes((1 << 21) - 1))),
        "messages of empty fields": answering(wire.message(b"\x12\0" * (1 << 20))),
        "empty messages": answering(1000 * wire.message(b"")),
        "bytes beyond every window": flooding(wire.data_frames(1, bytes(1 << 20), False),
                                              wire.frame(wire.HEADERS, wire.END_HEADERS, 1, ANSWER)),
        "a header block without end": endless(True),
        "empty continuations": endless(False),
        "a number without end": flooding(wire.frame(wire.CONTINUATION, 0, 1, b"\xff" * 16384),
                                         wire.frame(wire.HEADERS, 0, 1, b"\x00\x7f")),
        "endless header blocks": flooding(10 * wire.frame(wire.HEADERS, wire.END_HEADERS, 1, ANSWER + b"".join(
            wire.field(b"x-%d" % number, bytes(100)) for number in range(100)))),
        "endless pings": flooding(1000 * wire.frame(wire.PING, 0, 0, bytes(8))),
        "endless settings": flooding(1000 * wire.frame(wire.SETTINGS)),
        "endless empty data": flooding(1000 * wire.frame(wire.DATA, 0, 1)),
        "endless resets": flooding(1000 * wire.frame(wire.RST, 0, 1, bytes(4))),
        "endless windows": flooding(1000 * wire.frame(wire.WINDOW, 0, 0, b"\0\0\0\1")),
        "endless goodbyes": flooding(100 * wire.frame(wire.GOAWAY, 0, 0, bytes(8) + b"x" * 100)),
        "a pushed stream": flooding(1000 * wire.frame(wire.PING, 1, 0, bytes(8)), wire.frame(
            wire.PUSH, wire.END_HEADERS, 1, b"\0\0\0\2" + ANSWER)),
        "endless new keys": new_keys,
    }
    return {what: proved(keys, act) for what, act in acts.items()}
