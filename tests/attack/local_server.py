"""A listener on loopback whose connections a subclass serves."""
import socket
import threading


class LocalServer:
    """Calls `serve(connection)` for every connection, each in turn, on one thread, until it is closed."""

    def __init__(self, backlog=64):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.serve(connection)

    def serve(self, connection):
        raise NotImplementedError
