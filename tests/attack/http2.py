"""A blocking HTTP/2 client, as far as gRPC needs it, on any connection that has recv, sendall and close."""
import collections
import select
import struct
import time

import wire

# What gRPC's status codes are called.
CODES = ("OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED "
         "RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS "
         "UNAUTHENTICATED").split()
Answer = collections.namedtuple("Answer", "code text messages")


class Ended(OSError):
    """The connection is over."""


class _Stream:
    def __init__(self, window):
        self.window, self.body, self.fields, self.over = window, bytearray(), {}, False

    def take(self):
        """The next whole message, or None."""
        if len(self.body) < 5:
            return None
        size = int.from_bytes(self.body[1:5], "big")
        if len(self.body) < 5 + size:
            return None
        message = bytes(self.body[5:5 + size])
        del self.body[:5 + size]
        return message


class Http2:
    """One thread. Reads while it waits for room to send."""

    def __init__(self, connection):
        self.connection = connection
        self.streams = {}
        self.goodbye = b""  # what the other side said when it turned us away
        self._window, self._first_window, self._next = 65535, 65535, 1
        self._fields = wire.FieldReader()
        connection.sendall(wire.opening())

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def begin(self, method, *fields):
        number, self._next = self._next, self._next + 2
        self.streams[number] = _Stream(self._first_window)
        self.connection.sendall(wire.frame(wire.HEADERS, wire.END_HEADERS, number, wire.request_fields(method, *fields)))
        return number

    def send(self, number, payload, end=False, compressed=False):
        """One message; waits until the other side has room for it."""
        self.send_bytes(number, wire.message(payload, compressed), end)

    def send_bytes(self, number, data, end=False):
        stream = self.streams[number]
        while data:
            room = min(self._window, stream.window, 16384)
            if room <= 0:
                self.read()
                if stream.over:
                    raise Ended("the call is over")
                continue
            piece, data = data[:room], data[room:]
            self._window -= len(piece)
            stream.window -= len(piece)
            self.connection.sendall(wire.frame(wire.DATA, wire.END_STREAM if end and not data else 0, number, piece))

    def ready(self, seconds):
        """Whether something can be read within so long."""
        return self.connection.pending() > 0 or bool(select.select([self.connection], [], [], seconds)[0])

    def read(self):
        """One frame. Ended when the connection is over."""
        got = wire.read_frame(self.connection)
        if got is None:
            raise Ended(self.goodbye.decode(errors="replace") or "the connection has ended")
        kind, flags, number, payload = got
        stream = self.streams.get(number)
        if kind == wire.SETTINGS and not flags & 1:
            for at in range(0, len(payload), 6):
                name, value = struct.unpack(">HI", payload[at:at + 6])
                if name == 4:
                    for other in self.streams.values():
                        other.window += value - self._first_window
                    self._first_window = value
            self.connection.sendall(wire.frame(wire.SETTINGS, 1))
        elif kind == wire.PING and not flags & 1:
            self.connection.sendall(wire.frame(wire.PING, 1, 0, payload))
        elif kind == wire.WINDOW:
            more = int.from_bytes(payload, "big")
            if number == 0:
                self._window += more
            elif stream is not None:
                stream.window += more
        elif kind == wire.GOAWAY:
            self.goodbye = payload[8:]
        elif kind == wire.HEADERS:
            fields = self._fields.read(payload)
            if stream is not None:
                stream.fields.update(fields)
        elif kind == wire.DATA and stream is not None:
            stream.body += payload
            if payload:
                more = struct.pack(">I", len(payload))
                self.connection.sendall(wire.frame(wire.WINDOW, 0, 0, more) + wire.frame(wire.WINDOW, 0, number, more))
        if stream is not None and (kind == wire.RST or kind in (wire.HEADERS, wire.DATA) and flags & wire.END_STREAM):
            stream.over = True

    def finish(self, number, seconds=20):
        """Waits for the end of a call."""
        stream, messages, until = self.streams[number], [], time.monotonic() + seconds
        while not stream.over and time.monotonic() < until:
            if self.ready(0.2):
                self.read()
            while (message := stream.take()) is not None:
                messages.append(message)
        if not stream.over:
            self.connection.sendall(wire.frame(wire.RST, 0, number, struct.pack(">I", 8)))
            return Answer("DEADLINE_EXCEEDED", "this side gave up", messages)
        del self.streams[number]
        status = stream.fields.get(b"grpc-status")
        code = CODES[int(status)] if status is not None else f"HTTP {stream.fields.get(b':status')}"
        return Answer(code, stream.fields.get(b"grpc-message", b"").decode(errors="replace"), messages)

    def call(self, method, request=b"", seconds=20, *fields, compressed=False):
        number = self.begin(method, *fields)
        try:
            self.send(number, request, end=True, compressed=compressed)
        except Ended:
            pass  # the answer says why
        return self.finish(number, seconds)
