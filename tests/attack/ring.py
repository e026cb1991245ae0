"""A hub under attack: one fleet, peers of every kind, attackers in processes of their own, and what they cost.

Short by default; ORCH_ATTACK_FULL=1 makes attacks as large and long as issue and documents name them.
"""
import os
import pathlib
import re
import signal
import ssl
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from fleet import BIN, PATIENCE, Fleet, wait_until  # noqa: E402,F401
from openssl import PskClient  # noqa: E402

FULL = os.environ.get("ORCH_ATTACK_FULL") == "1"
SECONDS = 15 if FULL else 4      # of one attack
STRANGERS = 2000 if FULL else 700
MEMORY = 64 << 20                # what all strangers together may cost
CORES = 0.5
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


def resident(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def worked(pid):
    """Seconds of processor time."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Ring(Fleet):
    """The fleet, and what proves somebody to its hub."""

    def __init__(self, nodes=1, **options):
        super().__init__(nodes, **options)
        try:
            self.bystander = self.client_config("bystander")
        except BaseException:
            self.close()
            raise

    def hub_command(self, *arguments):
        return subprocess.run([str(BIN / "orch-hub"), *arguments, "-c", str(self.home / "hub.yaml")], check=True, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout

    def key(self, kind, name):
        """(identity for the handshake, derived key)"""
        word, key_id, said, key = self.hub_command("key", kind, name).split()
        assert (word, said) == (kind, name)
        return f"orch1/{kind}/{name}/{key_id}/key", bytes.fromhex(key)

    def pem(self, kind, name):
        path = self.dir / f"{kind}-{name}.pem"
        path.touch(mode=0o600)
        path.write_text(self.hub_command("key", kind, name, "--pem"))
        return path

    def client_config(self, name):
        credentials = self.dir / f"{name}.credentials"
        credentials.touch(mode=0o600)
        credentials.write_text(self.hub_command("key", "client", name))
        path = self.write_config(name, credentials=credentials)
        path.write_text(re.sub(r"(?m)^name: .*$", f"name: {name}", path.read_text()))
        return path

    def connect(self, name="attacker", kind="client"):
        """A connection that has proved itself by a key."""
        return PskClient(self.address, *self.key(kind, name))

    def connect_by_certificate(self, pem, timeout=10):
        import socket
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["h2"])
        if pem:
            context.load_cert_chain(pem)
        host, port = self.address.rsplit(":", 1)
        return context.wrap_socket(socket.create_connection((host, int(port)), timeout))


class Attackers:
    """Functions that run in processes of their own until the block ends, whatever they do."""

    def __init__(self, *functions):
        self._functions, self._pids = functions, []

    def __enter__(self):
        sys.stdout.flush()
        sys.stderr.flush()
        for function in self._functions:
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    function()
                    code = 0
                except BaseException as error:  # pylint: disable=broad-except
                    print(f"an attacker ended: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(code)
            self._pids.append(pid)
        return self

    def __exit__(self, *_):
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


class Meter:
    """What the hub spends and how long a ping of one node takes while the block runs; memory counts from the making.

    Enter it after the attackers: a process that is forked while a ping runs would hold the ends of its pipes.
    """

    def __init__(self, ring, config=None, every=0.1):
        self._ring, self._config, self._every = ring, config or ring.bystander, every
        self.pings, self.failures, self.peak = [], [], 0
        self._over = threading.Event()
        self._pid = ring.pid()
        self.before = resident(self._pid)

    def __enter__(self):
        self._worked, self._began = worked(self._pid), time.monotonic()
        self._threads = [threading.Thread(target=self._ping), threading.Thread(target=self._watch)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.cores = (worked(self._pid) - self._worked) / (time.monotonic() - self._began)
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ping(self):
        while not self._over.is_set():
            result = one_ping(self._ring, self._config)
            self.pings.append(result.seconds)
            if result.code != 0:
                self.failures.append(str(result))
            self._over.wait(self._every)

    def _watch(self):
        while not self._over.wait(0.02):
            self.peak = max(self.peak, resident(self._pid))

    @property
    def grown(self):
        return max(0, self.peak - self.before)

    def __str__(self):
        return (f"{self.cores:.2f} cores, {self.before / 2**20:.0f} MB and {self.grown / 2**20:.1f} more, {len(self.pings)} pings: median "
                f"{statistics.median(self.pings) * 1000:.0f} ms, worst {max(self.pings) * 1000:.0f} ms")


def one_ping(ring, config=None):
    return ring.orchctl("ping", "-I", ring.nodes[0], config=config or ring.bystander, timeout=30)


def check_operator(test, meter, what):
    """No ping failed, none took a second."""
    test.assertEqual(meter.failures, [], f"{what}: {meter}")
    test.assertLess(max(meter.pings), 1.0 * PATIENCE, f"{what}: {meter}")


def check_calm(test, ring, what, after=5):
    """Five seconds after the attack, a ping is as quick as ever."""
    time.sleep(after if FULL else 1)
    deadline = time.monotonic() + (0 if FULL else after - 1)
    while True:
        seconds = [one_ping(ring).seconds for _ in range(9)]
        if statistics.median(seconds) < 0.05 * PATIENCE or time.monotonic() > deadline:
            break
    test.assertLess(statistics.median(seconds), 0.05 * PATIENCE, what)


def report(what, meter):
    print(f"      {what}: {meter}", flush=True)


def key_id(ring, kind):
    return re.search(rf"(?m)^{kind}-psk (\S+) ", (ring.home / "hub/credentials").read_text())[1]
