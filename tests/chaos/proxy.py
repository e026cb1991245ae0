"""A TCP relay that can be told to cut. Runs in a thread of its own; the hub's address may come and go behind it."""
import asyncio
import threading

BLOCK = 1 << 16


class Proxy:
    """Listens on a free port of 127.0.0.1 and relays to `target`, a port of 127.0.0.1 that may change."""

    def __init__(self, name):
        self.name = name
        self.target = None
        self._pairs = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"proxy {name}", daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def cut(self):
        """Ends every connection at once, without a word."""
        self._loop.call_soon_threadsafe(self._cut)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._cut()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _cut(self):
        for writer in list(self._pairs):
            writer.transport.abort()

    async def _serve(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._pairs |= {writer, far_writer}
        try:
            await asyncio.gather(self._relay(reader, far_writer), self._relay(far_reader, writer))
        finally:
            self._pairs -= {writer, far_writer}
            writer.transport.abort()
            far_writer.transport.abort()

    @staticmethod
    async def _relay(reader, writer):
        try:
            while block := await reader.read(BLOCK):
                writer.write(block)
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
