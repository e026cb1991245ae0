"""Many strangers at once, in one process."""
import selectors
import socket
import time

from ring import STRANGERS


def crowd(hub, say, count=STRANGERS, slowly=False):
    """Keeps `count` connections open, each saying what `say()` gives; whoever is cut comes again at once."""
    selector = selectors.DefaultSelector()
    opened = 0

    def close(sock):
        nonlocal opened
        selector.unregister(sock)
        sock.close()
        opened -= 1

    while True:
        for _ in range(min(64, count - opened)):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(hub)
            selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, memoryview(say()))
            opened += 1
        for key, events in selector.select(0.05):
            sock, left = key.fileobj, key.data
            try:
                if events & selectors.EVENT_READ and not sock.recv(4096):
                    raise ConnectionError
                if events & selectors.EVENT_WRITE:
                    sent = sock.send(left[:1] if slowly else left) if left else 0
                    left = left[sent:]
                    selector.modify(sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if left else 0), left)
            except BlockingIOError:
                pass
            except OSError:
                close(sock)
        if slowly:
            time.sleep(0.05)
