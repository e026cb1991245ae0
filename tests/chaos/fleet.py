"""Hub and nodes of a chaos run: real programs behind cutting proxies, started again whenever they die."""
import os
import pathlib
import re
import signal
import subprocess
import time

from client import Hub
from proxy import Proxy

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ORCH_BIN", ROOT / "build/dev/bin")).resolve()
FAILPOINT = re.compile(r'ORCH_FAILPOINT\("([a-z_]+)\.([a-z_.]+)"\)')

# What a task does: leaves one line when it starts and one when it ends, so that a second run cannot be missed.
PLUGIN = """#!/bin/sh
case "$CHORIA_EXTERNAL_PROTOCOL" in
  *activation_request) echo '{"activate": true}' >"$2"; exit ;;
esac
id=$(sed -n 's/.*"requestid": *"\\([0-9a-f]*\\)".*/\\1/p' "$1")
echo "begin $id" >>@RUNS@
echo "began $id"
pause=$(sed -n 's/.*"pause": *\\([0-9.]*\\).*/\\1/p' "$1")
sleep "${pause:-0}"
echo "end $id" >>@RUNS@
echo "ended $id"
printf '{"statuscode":0,"statusmsg":"OK","data":{"id":"%s"}}' "$id" >"$2"
"""
DDL = """{
  "metadata": {"name": "chaos", "description": "Leaves marks", "author": "tests", "license": "Apache-2.0",
    "version": "1.0.0", "url": "https://example.com", "timeout": 20, "provider": "external"},
  "actions": [{"action": "mark", "description": "Leaves a mark", "display": "failed", "impact": "change", "streams": true,
    "input": {"pause": {"prompt": "Pause", "description": "Seconds between begin and end", "type": "number",
      "optional": true, "default": 0}},
    "output": {"id": {"description": "The request's id", "display_as": "Id"}}}]
}
"""


def failpoints():
    """{"hub": [...], "agent": [...]}: every name in the source."""
    found = {}
    for folder in ("base", "services", "actions"):
        for path in (ROOT / folder).rglob("*.cc"):
            for program, rest in FAILPOINT.findall(path.read_text()):
                found.setdefault(program, []).append(f"{program}.{rest}")
    return {program: sorted(set(names)) for program, names in found.items()}


class Program:
    """A program that is started again when it has died, after a while that its owner decides."""

    def __init__(self, name, command, log):
        self.name, self._command, self._log = name, command, log
        self.process = None
        self.due = None  # when to start it again
        self.failpoint = None  # for the next start
        self.deaths = 0

    def start(self):
        environment = dict(os.environ)
        environment.pop("ORCH_FAILPOINTS", None)
        if self.failpoint:
            environment["ORCH_FAILPOINTS"] = self.failpoint
        self.failpoint = None
        with open(self._log, "a") as log:
            self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment, start_new_session=True)
        self.due = None

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.running():
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()

    def freeze(self, on):
        if self.running():
            self.process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def tend(self, delay):
        """Starts it again `delay()` seconds after it was found dead."""
        if self.running():
            return
        if self.due is None:
            self.deaths += 1
            self.due = time.monotonic() + delay()
        if time.monotonic() >= self.due:
            self.start()


class Fleet:
    def __init__(self, folder, nodes):
        self.dir = pathlib.Path(folder)
        hub = self.dir / "hub"
        subprocess.run([str(BIN / "orch-hub"), "init", "--dir", str(hub), "--identity", "hub.example.net",
                        "--listen", "127.0.0.1:0"], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.node_door, self.client_door = Proxy("nodes"), Proxy("clients")
        self._write_hub("127.0.0.1:0")
        self.hub = Program("hub", [str(BIN / "orch-hub"), "-c", str(self.dir / "hub.yaml")], self.dir / "hub.log")
        self.hub.start()
        self._await_address()
        self.pem = self._issue("service.pem", "client", "service", "--pem")
        self.names = [f"node{number:02}.example.net" for number in range(1, nodes + 1)]
        self.nodes = {name: self._make_node(name, number) for number, name in enumerate(self.names)}
        for node in self.nodes.values():
            node.start()

    def programs(self):
        return [self.hub, *self.nodes.values()]

    def _write_hub(self, listen):
        (self.dir / "hub/access.yaml").write_text('rules:\n  - {callers: "*", role: admin}\n')
        (self.dir / "hub.yaml").write_text(f"""listen: {listen}
heartbeat: 1s
port_file: {self.dir}/hub.address
identity: hub.example.net
credentials: {self.dir}/hub/credentials
access: {self.dir}/hub/access.yaml
tls: {{certificate: {self.dir}/hub/tls/hub.crt, key: {self.dir}/hub/tls/hub.key}}
mtls: {{mode: optional, ca: {self.dir}/hub/tls/ca.crt, ca_key: {self.dir}/hub/tls/ca.key}}
administrators: [service]
store: {self.dir}/hub/jobs.db
job_retention: {{count: 100000, age: 24h}}
shutdown_grace: 1s
""")

    def _issue(self, file, *peer):
        """What `orch-hub key` prints for a peer, in a file of its own; returns its path."""
        path = self.dir / file
        path.touch(mode=0o600)
        path.write_text(subprocess.run([str(BIN / "orch-hub"), "key", *peer, "-c", str(self.dir / "hub.yaml")], check=True,
                                       stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout)
        return path

    def _await_address(self):
        path = self.dir / "hub.address"
        deadline = time.monotonic() + 20
        while not (path.exists() and path.read_text().strip()):
            if time.monotonic() > deadline or not self.hub.running():
                raise SystemExit("the hub does not start:\n" + (self.dir / "hub.log").read_text()[-2000:])
            time.sleep(0.01)
        port = int(path.read_text().strip().rsplit(":", 1)[1])
        self.node_door.target = self.client_door.target = port
        self._write_hub(f"127.0.0.1:{port}")  # it is found again where it was

    def _make_node(self, name, number):
        folder = self.dir / name
        (folder / "plugins").mkdir(parents=True)
        (folder / "state").mkdir(mode=0o700)
        (folder / "plugins/chaos.json").write_text(DDL)
        (folder / "plugins/chaos").write_text(PLUGIN.replace("@RUNS@", str(folder / "runs")))
        (folder / "plugins/chaos").chmod(0o755)
        (folder / "runs").touch()
        (folder / "facts.yaml").write_text(f"rack: r{number % 4}\nparity: {'even' if number % 2 else 'odd'}\n")
        (folder / "agent.yaml").write_text(f"""hub: {self.node_door.address}
identity: {name}
credentials: {self._issue(f"{name}/credentials", "node", name)}
facts: {{files: [{folder}/facts.yaml], directory: {folder}/none, facter: off, builtin: false}}
classes_files: [{folder}/none]
reconnect: {{min: 20ms, max: 200ms}}
state_dir: {folder}/state
plugins: {{directories: [{folder}/plugins]}}
log: {{level: debug}}
""")
        return Program(name, [str(BIN / "orch-nodeagent"), "-c", str(folder / "agent.yaml")], folder / "log")

    def runs(self):
        """{(request id, node): (begun, ended)}"""
        counts = {}
        for name in self.names:
            for line in (self.dir / name / "runs").read_text().splitlines():
                word, _, request = line.partition(" ")
                begun, ended = counts.get((request, name), (0, 0))
                counts[request, name] = (begun + (word == "begin"), ended + (word == "end"))
        return counts

    def connected(self):
        from orch.v1 import orchestrator_service_pb2 as api
        import grpc
        hub = Hub(f"127.0.0.1:{self.client_door.target}", self.pem.read_bytes())
        try:
            return hub.call("GetHubStatus", api.GetHubStatusRequest(), 2).nodes_connected
        except grpc.RpcError:
            return -1
        finally:
            hub.close()

    def close(self):
        for program in self.programs():
            program.kill()
        for program in self.programs():
            if program.process is not None:
                program.process.wait()
        self.node_door.close()
        self.client_door.close()
