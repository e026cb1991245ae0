"""Bytes that peers and attackers send: ClientHellos, HTTP/2 frames, gRPC requests. Pure."""
import os
import ssl
import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS = 0x1, 0x4


def _list(size, data):
    return len(data).to_bytes(size, "big") + data


def _extension(kind, data):
    return struct.pack(">H", kind) + _list(2, data)


def client_hello(identity=None, binder=32):
    """A whole ClientHello in its record: for a certificate, or with a pre-shared key and a binder that fits nothing."""
    extensions = b"".join((
        _extension(43, b"\x02\x03\x04"), _extension(10, b"\x00\x02\x00\x1d"),
        _extension(13, b"\x00\x06\x04\x03\x08\x04\x04\x01"),
        _extension(51, _list(2, b"\x00\x1d" + _list(2, os.urandom(32)))), _extension(45, b"\x01\x01"),
        _extension(16, _list(2, b"\x02h2"))))
    if identity is not None:
        offered = _list(2, _list(2, identity.encode()) + bytes(4)) + _list(2, _list(1, os.urandom(binder)))
        extensions += _extension(41, offered)
    body = (b"\x03\x03" + os.urandom(32) + _list(1, os.urandom(32)) + _list(2, b"\x13\x01\x13\x03") + b"\x01\x00" +
            _list(2, extensions))
    return b"\x16\x03\x01" + _list(2, b"\x01" + _list(3, body))


def old_client_hello():
    """What a client says that only knows TLS 1.2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def frame(kind, flags=0, stream=0, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def field(name, value):
    """A header field, literal, not indexed."""
    encode = lambda text: bytes((len(text),)) + text if len(text) < 127 else b"\x7f" + _varint(len(text) - 127) + text
    return b"\x00" + encode(name) + encode(value)


def _varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return bytes(out + bytes((number,)))


def request_fields(method, *more):
    return b"".join(field(name, value) for name, value in (
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", method.encode()), (b":authority", b"hub"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"), *more))


def message(payload, compressed=False, announced=None):
    return bytes((int(compressed),)) + (len(payload) if announced is None else announced).to_bytes(4, "big") + payload


def data_frames(stream, payload, end=True, size=16384):
    pieces = [payload[at:at + size] for at in range(0, len(payload), size)] or [b""]
    return b"".join(frame(DATA, END_STREAM if end and piece is pieces[-1] else 0, stream, piece) for piece in pieces)


def request(stream, method, payload=b"", *more, compressed=False):
    return (frame(HEADERS, END_HEADERS, stream, request_fields(method, *more)) +
            data_frames(stream, message(payload, compressed)))


def opening(window=1 << 30):
    """The preface, settings, and a window that lets everything come."""
    settings = frame(SETTINGS, 0, 0, struct.pack(">HI", 4, (1 << 31) - 1))
    return PREFACE + settings + frame(WINDOW, 0, 0, struct.pack(">I", window))


def read_frame(connection):
    """(kind, flags, stream, payload), or None when the connection has ended."""
    head = exactly(connection, 9)
    if head is None:
        return None
    payload = exactly(connection, int.from_bytes(head[:3], "big"))
    return None if payload is None else (head[3], head[4], int.from_bytes(head[5:], "big"), payload)


def exactly(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


class FieldReader:
    """Decodes the header blocks of a server, one after the other."""

    def __init__(self):
        self._decoder = hpack.Decoder()

    def read(self, block):
        return dict(self._decoder.decode(block, raw=True))
