"""A real fleet for the integration ring: programs from $ORCH_BIN, started by deploy/fleet.sh.

Nothing here waits for a fixed time: `wait_until` looks again until the thing is so or time is up.
"""
import errno
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ORCH_BIN", ROOT / "build/dev/bin")).resolve()
# Programs under a sanitizer are several times slower.
PATIENCE = float(os.environ.get("ORCH_TEST_PATIENCE", "1"))

SKIPPED = 77  # the exit code CTest takes for it


class Timeout(AssertionError):
    pass


def wait_until(what, condition, seconds=20):
    """Returns the first true value of condition()."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f"not within {seconds * PATIENCE:.0f} s: {what}")
        time.sleep(0.02)


class Result:
    """What a finished orchctl left behind."""

    def __init__(self, arguments, code, out, err, seconds):
        self.arguments, self.code, self.out, self.err, self.seconds = arguments, code, out, err, seconds

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise AssertionError(f"no JSON ({error}): {self}") from None

    def __str__(self):
        return (f"orchctl {' '.join(self.arguments)}\nexit code {self.code} after {self.seconds:.2f} s\n"
                f"--- stdout\n{self.out}\n--- stderr\n{self.err}")


class Fleet:
    def __init__(self, nodes=3, agent_yaml="", hub_yaml=""):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="orch-ring."))
        self.extra = []  # programs started beside the fleet's own
        environment = dict(os.environ, ORCH_BIN=str(BIN), ORCH_FLEET_AGENT_YAML=agent_yaml, ORCH_FLEET_HUB_YAML=hub_yaml)
        started = self._script(["start", str(nodes), str(self.dir / "fleet")], environment)
        if started.returncode != 0:
            shutil.rmtree(self.dir)
            raise AssertionError(f"fleet.sh start failed\n{started.stdout}{started.stderr}")
        self.home = self.dir / "fleet"
        self.client_yaml = self.home / "client.yaml"
        self.nodes = [f"node{number:03}.example.net" for number in range(1, nodes + 1)]

    @staticmethod
    def _script(arguments, environment=None):
        return subprocess.run([str(ROOT / "deploy/fleet.sh"), *arguments], env=environment, text=True, timeout=180,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def close(self):
        for process in self.extra:
            if process.poll() is None:
                process.kill()
            process.wait()
        stopped = self._script(["stop", str(self.home)])
        shutil.rmtree(self.dir)
        assert stopped.returncode == 0 and "killing" not in stopped.stderr, stopped.stdout + stopped.stderr

    @property
    def address(self):
        return (self.home / "hub.address").read_text().strip()

    def pid(self, node=None):
        return int((self.home / (f"nodes/{node}/pid" if node else "hub.pid")).read_text())

    def log(self, node=None):
        return (self.home / (f"nodes/{node}/log" if node else "hub.log")).read_text(errors="replace")

    def kill(self, node=None):
        pid = self.pid(node)
        os.kill(pid, signal.SIGKILL)
        wait_until(f"process {pid} has ended", lambda: not runs(pid))

    def restart_hub(self):
        self._restart([str(BIN / "orch-hub"), "-c", str(self.home / "hub.yaml")], "hub.log", "hub.pid")

    def restart_node(self, node):
        folder = self.home / "nodes" / node
        self._restart([str(BIN / "orch-nodeagent"), "-c", str(folder / "agent.yaml")], folder / "log", folder / "pid")

    def _restart(self, command, log, pid_file):
        process = self.start_program(command, self.home / log)
        (self.home / pid_file).write_text(f"{process.pid}\n")

    def start_program(self, command, log):
        with open(log, "a") as file:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
        self.extra.append(process)
        return process

    def command(self, arguments, config=None):
        return [str(BIN / "orchctl"), "-c", str(config or self.client_yaml), *arguments]

    def orchctl(self, *arguments, config=None, stdin=subprocess.DEVNULL, text=None, timeout=60):
        start = time.monotonic()
        given = {"input": text} if text is not None else {"stdin": stdin}
        done = subprocess.run(self.command(arguments, config), **given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=timeout * PATIENCE, encoding="utf-8", errors="replace")
        return Result(arguments, done.returncode, done.stdout, done.stderr, time.monotonic() - start)

    def start_orchctl(self, *arguments, **options):
        """A running orchctl; its output are pipes unless told otherwise."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(self.command(arguments), encoding="utf-8", **options)
        self.extra.append(process)
        return process

    def set_rules(self, text):
        """Puts other rules (access.yaml) in force."""
        before = self.log().count("access rules in force")
        (self.home / "hub/access.yaml").write_text(text)
        wait_until("the hub has read its rules", lambda: self.log().count("access rules in force") > before)

    def allow_everybody(self):
        """Every caller with a key may do everything."""
        self.set_rules('rules:\n  - {callers: "*", role: admin}\n')

    def status(self):
        return self.orchctl("hub", "status", "--json").json()

    def refused(self, reason):
        return int(self.status().get("refused", {}).get(reason, 0))

    def connected(self):
        """Identities of the nodes that are attached; none while there is no hub."""
        found = self.orchctl("find", "-q")
        return sorted(found.out.split()) if found.code in (0, 1) else []

    def wait_connected(self, nodes, seconds=30):
        try:
            wait_until(f"{len(nodes)} nodes attached", lambda: self.connected() == sorted(nodes), seconds)
        except Timeout as late:
            said = "".join(f"\n--- {node or 'hub'}\n{self.log(node)[-2000:]}" for node in [None, *nodes[:3]])
            raise Timeout(f"{late}; attached are {self.connected()}{said}") from None

    def write_config(self, file, /, **changes):
        """A copy of client.yaml with other values; returns its path."""
        lines = [line for line in self.client_yaml.read_text().splitlines() if line.split(":")[0] not in changes]
        path = self.dir / f"{file}.yaml"
        path.write_text("\n".join(lines + [f"{key}: {value}" for key, value in changes.items()]) + "\n")
        return path

    def issue_key(self, kind, name, *options, config=None):
        """What `orch-hub key` prints for a peer."""
        return subprocess.run([str(BIN / "orch-hub"), "key", kind, name, "-c", str(config or self.home / "hub.yaml"), *options],
                              check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout

    def foreign_key(self, kind, name):
        """The same from the hub of another installation."""
        folder = self.dir / "foreign"
        if not folder.exists():
            subprocess.run([str(BIN / "orch-hub"), "init", "--dir", str(folder), "--identity", "foreign.example.net",
                            "--listen", "127.0.0.1:0"], check=True, stdin=subprocess.DEVNULL, capture_output=True)
        return self.issue_key(kind, name, config=folder / "hub.yaml")

    def write_secret(self, name, text):
        """A file that only its owner reads; returns its path."""
        path = self.dir / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path


def in_own_mounts(script):
    """Runs the test program in a mount namespace of its own, where SmallDisk works; the first call does not return."""
    if "ORCH_OWN_MOUNTS" in os.environ:
        return
    for options in (["-m"], ["-r", "-m"]):
        command = ["unshare", *options, "--propagation", "private"]
        try:
            tried = subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        except FileNotFoundError as error:
            tried = str(error)
        if not tried:
            os.environ["ORCH_OWN_MOUNTS"] = "yes"
            os.execvp(command[0], [*command, sys.executable, script, *sys.argv[1:]])
    print(f"skipped: this machine lets nobody mount: {tried.strip()}")
    sys.exit(SKIPPED)


class SmallDisk:
    """A file system of its own in a folder, which can be filled."""

    def __init__(self, folder, size):
        self.folder = pathlib.Path(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)], check=True)

    def fill(self):
        with open(self.folder / "filling", "ab", buffering=0) as file:
            piece = b"." * 65536
            while piece:
                try:
                    file.write(piece)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    piece = piece[:len(piece) // 2]

    def make_room(self):
        (self.folder / "filling").unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


def runs(pid):
    """Whether the process is there and no zombie; one whose first thread has ended holds its files until all have."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            zombie = file.read().rsplit(")", 1)[1].split()[0] == "Z"
        return not zombie or len(os.listdir(f"/proc/{pid}/task")) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False
