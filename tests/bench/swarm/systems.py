"""What is measured: orch-hub in its builds, nats-server and the floor, each with a swarm of light nodes and a client that
stays connected. All on 127.0.0.1 and in one folder, which the caller removes."""
import json
import os
import secrets
import select
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
STARTS_WITHIN = 20  # seconds


def write_credentials(path):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(f"psk k1 {secrets.token_hex(32)}\n")


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_seconds():
    """Processor seconds of everybody."""
    with open("/proc/stat") as file:
        fields = [int(x) for x in file.readline().split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / TICKS


def await_quiet(patience):
    """Waits at most `patience` seconds until others take less than 15 % of the machine."""
    until = time.time() + patience
    while time.time() < until:
        busy = machine_seconds()
        time.sleep(0.25)
        if machine_seconds() - busy < 0.25 * os.cpu_count() * 0.15:
            return


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class System:
    """One hub with its swarm and its client. `kind` is orch, nats or raw; `program` the hub's, for orch."""

    def __init__(self, name, kind, program, tools, ddl, folder, nodes, tls=False, swarm_options=()):
        self.name, self.kind, self.program, self.tools, self.ddl = name, kind, program, tools, ddl
        self.nodes, self.tls, self.swarm_options = nodes, tls, list(swarm_options)
        self.port = free_port()
        self.folder = f"{folder}/{name.replace(' ', '_')}-{nodes}{'-tls' if tls else ''}"
        os.makedirs(self.folder + "/policies", exist_ok=True)
        self.credentials = self.folder + "/credentials"
        if not os.path.exists(self.credentials):
            write_credentials(self.credentials)
        self.hub = self.swarm = self.client = None
        self.register = {}

    def command(self):
        """How the hub is started."""
        if self.kind == "nats":
            return ["nats-server", "-a", "127.0.0.1", "-p", str(self.port)]
        if self.kind == "raw":
            return [self.tools + "/raw_hub", f"--port={self.port}"]
        with open(self.folder + "/hub.yaml", "w") as file:
            file.write(f"listen: 127.0.0.1:{self.port}\nidentity: hub.example.net\nadministrators: [bench]\n"
                       f"access: {self.folder}/access.yaml\npolicies: {{folder: {self.folder}/policies}}\n"
                       f"credentials: {self.credentials}\ntls: {{mode: {'on' if self.tls else 'plaintext'}}}\n"
                       f"store: {self.folder}/jobs.db\nlog: {{file: {self.folder}/hub.log}}\n")
        return [self.program, "-c", self.folder + "/hub.yaml"]

    def start_hub(self):
        with open(self.folder + "/stderr", "a") as errors:
            self.hub = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=errors)
        began = time.time()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                if time.time() - began > STARTS_WITHIN or self.hub.poll() is not None:
                    raise SystemExit(f"{self.name} does not start; see {self.folder}")
                time.sleep(0.002)
        self.up_seconds = time.time() - began
        time.sleep(0.3)
        self.empty_kb = resident_kb(self.hub.pid)

    def said(self, seconds=240):
        """The swarm's next line."""
        if not select.select([self.swarm.stdout], [], [], seconds)[0]:
            raise SystemExit(f"{self.name}: the swarm says nothing within {seconds} s; see {self.folder}")
        return self.swarm.stdout.readline().strip()

    def attach(self):
        before = processor_seconds(self.hub.pid)
        self.swarm = subprocess.Popen(
            [self.tools + "/light_swarm", f"--proto={self.kind}", f"--port={self.port}", f"--nodes={self.nodes}",
             f"--credentials={self.credentials}", f"--ddl={self.ddl}", f"--tls={int(self.tls)}", *self.swarm_options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        words = dict(word.split("=") for word in self.said().split()[1:])
        self.register = {"rate": float(words["rate"]), "failures": int(words["failures"]),
                         "hub_us": (processor_seconds(self.hub.pid) - before) * 1e6 / self.nodes}
        time.sleep(1.5)
        self.idle_kb = resident_kb(self.hub.pid)

    def connect(self):
        self.client = subprocess.Popen(
            [self.tools + "/bench_client", f"--proto={self.kind}", f"--port={self.port}", f"--nodes={self.nodes}",
             f"--credentials={self.credentials}", f"--hub={self.hub.pid}", f"--swarm={self.swarm.pid}",
             f"--tls={int(self.tls)}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(0.3)

    def look(self, line):
        """One measurement of the client, whatever came of it."""
        self.client.stdin.write(line + "\n")
        self.client.stdin.flush()
        answer = self.client.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name}: the client has ended; see {self.folder}")
        return json.loads(answer)

    def ask(self, line):
        """One measurement of the client, with the share of the machine that others took meanwhile."""
        busy, began = machine_seconds(), time.time()
        sample = self.look(line)
        own = (sample["hub_us"] + sample["swarm_us"] + sample["client_us"]) * max(sample["answers"], 1) * 1e-6
        sample["others"] = max(0.0, machine_seconds() - busy - own) / (time.time() - began) / os.cpu_count()
        if sample["error"] or sample["ok"] != sample["answers"]:
            raise SystemExit(f"{self.name}, {line}: {sample}")
        return sample

    def counts(self):
        self.swarm.stdin.write("\n")
        self.swarm.stdin.flush()
        return dict(word.split("=") for word in self.said().split()[1:])

    def kill_hub(self):
        self.hub.kill()
        self.hub.wait()

    def stop(self):
        for process in (self.client, self.swarm, self.hub):
            if process is not None:
                process.kill()
                process.wait()
        self.client = self.swarm = self.hub = None
