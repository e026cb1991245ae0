"""A hub under attack: one fleet, peers of every kind, attackers in processes of their own, and what they cost.

Short by default; ORCH_ATTACK_FULL=1 makes attacks as large and long as issue and documents name them, and prints rows
for the table in docs/BENCHMARKS.md.
"""
import math
import os
import pathlib
import re
import signal
import socket
import ssl
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from fleet import BIN, PATIENCE, Fleet, runs, wait_until  # noqa: E402,F401
from openssl import PskClient  # noqa: E402

FULL = os.environ.get("ORCH_ATTACK_FULL") == "1"
SECONDS = 10 if FULL else 2      # of one attack
STRANGERS = 2000 if FULL else 700
MEMORY = 64 << 20                # what all strangers together may cost
CORES = 0.5
WORST = 1.0                      # seconds of an operator's ping of one node, always
CALM = 0.05                      # and five seconds after
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


def resident(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def worked(pid):
    """Seconds of processor time."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def split_address(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


class Ring(Fleet):
    """The fleet, and what proves somebody to its hub."""

    def __init__(self, nodes=1, **options):
        super().__init__(nodes, **options)
        try:
            self.allow_everybody()  # what a peer floods is bounded whatever it may do
            self.bystander = self.client_config("bystander")
            self.measure_quiet()
        except BaseException:
            self.close()
            raise

    def measure_quiet(self):
        """What the hub takes while nobody attacks it, and what one ping costs it."""
        pings = 8
        one_ping(self)
        began = worked(self.pid())
        for _ in range(pings):
            one_ping(self)
        self.ping_cost = (worked(self.pid()) - began) / pings
        self.quiet_memory = resident(self.pid())

    def key(self, kind, name, *options):
        """(identity for the handshake, derived key)"""
        word, key_id, said, key = self.issue_key(kind, name, *options).split()
        assert (word, said) == (kind, name)
        return f"orch1/{kind}/{name}/{key_id}/key", bytes.fromhex(key)

    def pem(self, kind, name):
        return self.write_secret(f"{kind}-{name}.pem", self.issue_key(kind, name, "--pem"))

    def foreign_pem(self, kind, name):
        """A certificate from the CA of another installation."""
        self.foreign_key(kind, name)
        text = self.issue_key(kind, name, "--pem", config=self.dir / "foreign/hub.yaml")
        return self.write_secret(f"foreign-{kind}-{name}.pem", text)

    def client_config(self, name):
        credentials = self.write_secret(f"{name}.credentials", self.issue_key("client", name))
        return self.write_config(name, credentials=credentials, name=name)

    def connect(self, name="attacker", kind="client"):
        """A connection that has proved itself by a key."""
        return PskClient(self.address, *self.key(kind, name))

    def connect_by_certificate(self, pem, timeout=10):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["h2"])
        if pem:
            context.load_cert_chain(pem)
        return context.wrap_socket(socket.create_connection(split_address(self.address), timeout))

    def certificate(self, pem):
        """The same, with what Http2 needs."""
        return CertificateClient(self.connect_by_certificate(pem))

    def key_id(self, kind):
        return re.search(rf"(?m)^{kind}-psk (\S+) ", (self.home / "hub/credentials").read_text())[1]


class CertificateClient:
    """What PskClient is, of Python's own TLS."""

    def __init__(self, tls):
        self._tls = tls
        for name in ("recv", "sendall", "pending", "fileno", "close", "settimeout"):
            setattr(self, name, getattr(tls, name))


class Attackers:
    """Functions that run in processes of their own until the block ends, whatever they do. They give way to hub and
    operators, as attackers on other machines would."""

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
                    os.nice(10)
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
    """What the hub spends and how long a ping of one node takes while the block runs.

    Enter it after the attackers: a process that is forked while a ping runs would hold the ends of its pipes.
    """

    def __init__(self, ring, before, config=None, every=0.1):
        self._ring, self.before, self._config, self._every = ring, before, config or ring.bystander, every
        self.pings, self.failures, self.peak = [], [], 0
        self._over = threading.Event()
        self._pid = ring.pid()

    def __enter__(self):
        self._worked, self._began = worked(self._pid), time.monotonic()
        self._threads = [threading.Thread(target=self._ping), threading.Thread(target=self._watch)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        spent = worked(self._pid) - self._worked - len(self.pings) * self._ring.ping_cost
        self.cores = max(0.0, spent) / (time.monotonic() - self._began)
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

    @property
    def p99(self):
        return sorted(self.pings)[math.ceil(0.99 * len(self.pings)) - 1]

    def __str__(self):
        return (f"{self.cores:.2f} cores, {self.grown / 2**20:.1f} MB above {self.before / 2**20:.0f}, "
                f"{len(self.pings)} pings: median {statistics.median(self.pings) * 1000:.0f} ms, "
                f"worst {max(self.pings) * 1000:.0f} ms")

    def row(self):
        """Of the table in docs/BENCHMARKS.md."""
        return (f"{self.cores:.2f} | {self.grown / 2**20:.0f} | {statistics.median(self.pings) * 1000:.0f} | "
                f"{max(self.pings) * 1000:.0f}")


def one_ping(ring, config=None):
    return ring.orchctl("ping", "-I", ring.nodes[0], config=config or ring.bystander, timeout=30)


def attack(test, ring, what, *attackers, seconds=SECONDS, memory=MEMORY, cores=None, settled=None, before=None):
    """Runs the attackers so long and holds the hub to its bounds. An operator's latency that is over its bound is
    measured once more: this machine may have had other work. `settled`: run while they still attack, at the end.
    `before`: the hub's memory that theirs comes on top of, else what it had before the first attack of all."""
    for again in (True, False):
        meter = Meter(ring, ring.quiet_memory if before is None else before)
        with Attackers(*attackers), meter:
            time.sleep(seconds)
            if settled is not None:
                settled()
        print(f"| {what} | {meter.row()} |" if FULL else f"      {what}: {meter}", flush=True)
        test.assertEqual(meter.failures, [], f"{what}: {meter}")
        test.assertLess(meter.grown, memory * PATIENCE, f"{what}: {meter}")
        # The door saves up a tenth of a second for strangers while nobody comes.
        most = math.inf if cores is None else min(cores * PATIENCE, 1.5) + 0.1 / seconds
        if meter.p99 < WORST * PATIENCE and meter.cores < most or not again:
            break
    test.assertLess(meter.p99, WORST * PATIENCE, f"{what}: {meter}")
    test.assertLess(meter.cores, most, f"{what}: {meter}")
    return meter


def check_calm(test, ring, what, after=5):
    """Five seconds after the attack, a ping is as quick as ever."""
    time.sleep(after if FULL else 1)
    deadline = time.monotonic() + (1 if FULL else after) * PATIENCE
    while True:
        seconds = [one_ping(ring).seconds for _ in range(9)]
        if statistics.median(seconds) < CALM * PATIENCE or time.monotonic() > deadline:
            break
    if FULL:
        print(f"| {what}: pings | | | {statistics.median(seconds) * 1000:.0f} | {max(seconds) * 1000:.0f} |", flush=True)
    test.assertLess(statistics.median(seconds), CALM * PATIENCE, what)
