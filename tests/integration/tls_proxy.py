"""Somebody in between: takes TLS connections with a certificate of its own and passes the bytes on."""
import asyncio
import pathlib
import socket
import ssl
import subprocess
import threading


def make_certificate(folder, name="hub.example.net"):
    """A fresh self-signed certificate in the hub's name; returns (certificate, key)."""
    folder = pathlib.Path(folder)
    certificate, key = folder / "proxy.crt", folder / "proxy.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1",
                    "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return certificate, key


def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


def connect_plain(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=20)


class Recorder:
    """Passes the bytes of one connection on as they are, and keeps what its client sent."""

    def __init__(self, hub_address):
        self.sent = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(hub_address,), daemon=True)
        self._thread.start()

    def _serve(self, hub_address):
        client, _ = self._listener.accept()
        hub = connect_plain(hub_address)
        back = threading.Thread(target=self._pass_on, args=(hub, client, None), daemon=True)
        back.start()
        self._pass_on(client, hub, self)
        back.join()
        client.close()
        hub.close()

    @staticmethod
    def _pass_on(source, target, recorder):
        try:
            while data := source.recv(65536):
                if recorder is not None:
                    recorder.sent += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self._listener.close()
        self._thread.join(timeout=5)


class TlsProxy:
    def __init__(self, hub_address, certificate, key):
        self.hub_address = hub_address
        self.sent = []  # what each connection's client said, in the clear
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_context.load_cert_chain(certificate, key)
        self.server_context.set_alpn_protocols(["h2"])
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.server_context))
        self.address = "127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=20)

    def close(self):
        self._run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _end(self):
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, client_reader, client_writer):
        host, port = self.hub_address.rsplit(":", 1)
        hub_writer = None
        said = bytearray()
        self.sent.append(said)
        try:
            hub_reader, hub_writer = await asyncio.open_connection(host, int(port), ssl=client_context())
            await asyncio.wait([asyncio.create_task(self._pass_on(client_reader, hub_writer, said)),
                                asyncio.create_task(self._pass_on(hub_reader, client_writer, bytearray()))],
                               return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            client_writer.close()
            if hub_writer is not None:
                hub_writer.close()

    @staticmethod
    async def _pass_on(reader, writer, record):
        try:
            while data := await reader.read(65536):
                record += data
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
