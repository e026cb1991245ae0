"""The driver: a seed decides which jobs run and what goes wrong meanwhile; history.py says whether all is well."""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Agents log this, at level debug, when the hub has told them to forget an outcome.
ACKNOWLEDGED = re.compile(r"outcome acknowledged.*?job=\"?([0-9a-f]{32})")
SEED_LIMIT = 60  # seconds until the jobs of one seed must have ended
CHAOS_SECONDS = 1.0  # in which things go wrong


def make_stubs(folder):
    """Python's classes for the protos; the same command as in the README."""
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"--python_out={folder}",
                    f"--grpc_python_out={folder}", *map(str, sorted((ROOT / "proto/orch/v1").glob("*.proto")))], check=True)
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


class Clients:
    """Client processes, started again when a fault has killed them."""

    def __init__(self, fleet):
        here = pathlib.Path(__file__).parent
        self._source = subprocess.Popen(
            [sys.executable, str(here / "client.py"), fleet.client_door.address, str(fleet.pem)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._source.stdout.readline() == "ready\n"
        self.pids = {}

    def start(self, record, spec, seconds):
        order = {"spec": spec.SerializeToString().hex(), "record": str(record), "seconds": seconds}
        self._source.stdin.write(json.dumps(order) + "\n")
        self._source.stdin.flush()
        self.pids[record] = int(self._source.stdout.readline())

    def kill(self, record):
        try:
            os.kill(self.pids[record], 9)
        except (KeyError, ProcessLookupError):
            pass

    def runs(self, record):
        try:
            with open(f"/proc/{self.pids[record]}/stat") as file:
                return file.read().rsplit(")", 1)[1].split()[0] != "Z"
        except (KeyError, FileNotFoundError, ProcessLookupError):
            return False

    def close(self):
        self._source.stdin.close()
        for record in self.pids:
            self.kill(record)
        self._source.wait()


class Seed:
    """One round: its jobs, its faults, its verdict."""

    def __init__(self, number, fleet, clients, points):
        self.number, self.fleet, self.clients, self.points = number, fleet, clients, points
        self.rng = random.Random(number)
        self.folder = fleet.dir / f"seed{number}"
        self.folder.mkdir()
        self.specs = {self.folder / f"job{i}.jsonl": self._spec(i) for i in range(self.rng.randint(2, 4))}
        self.faults = sorted((self.rng.uniform(0, CHAOS_SECONDS), *self._fault()) for _ in range(self.rng.randint(3, 8)))
        self.notes = []

    def _spec(self, index):
        from orch.v1 import fleet_pb2, job_pb2
        rng = self.rng
        spec = job_pb2.JobSpec(plugin="chaos", action="mark", timeout_ms=rng.choice([8000, 15000]))
        spec.inputs_json = json.dumps({"pause": rng.choice([0, 0, 0.02, 0.1, 0.4])}).encode()
        spec.idempotency_key = f"seed{self.number}-{index}-{os.urandom(4).hex()}"
        spec.live_output = rng.random() < 0.5
        kind = rng.randrange(5)
        if kind == 1:
            spec.concurrency = rng.randint(1, 8)
        elif kind == 2:
            spec.batch_size = rng.randint(3, 9)
        elif kind == 3:
            spec.queue_offline, spec.ttl_ms = True, 20000
        elif kind == 4:
            spec.group_by, spec.group_concurrency = "rack", rng.randint(1, 3)
        if rng.random() < 0.4:
            option = spec.target.filter.options.add()
            option.kind, option.text = fleet_pb2.FilterOption.FACT, f"parity={rng.choice(['even', 'odd'])}"
        if kind == 3 or rng.random() < 0.2:
            # Named: also those that are away get an outcome.
            spec.target.has_identities = True
            spec.target.identities.extend(rng.sample(self.fleet.names, rng.randint(3, len(self.fleet.names))))
        return spec

    def _fault(self):
        rng = self.rng
        kind = rng.choices(["kill hub", "hub failpoint", "kill nodes", "node failpoint", "cut nodes", "cut clients",
                            "kill client", "freeze hub", "freeze node"], [3, 5, 4, 6, 2, 2, 3, 1, 1])[0]
        detail = ()
        if kind in ("kill nodes", "node failpoint"):
            detail = tuple(rng.sample(range(len(self.fleet.names)), rng.randint(1, 5)))
        elif kind == "freeze node":
            detail = (rng.randrange(len(self.fleet.names)),)
        elif kind == "kill client":
            detail = (rng.randrange(len(self.specs)),)
        points = self.points.get("agent" if kind == "node failpoint" else "hub", []) if "failpoint" in kind else []
        point = f"{rng.choice(points)}:{rng.randint(1, 4)}" if points else ""
        return kind, detail, point

    def _strike(self, kind, detail, point):
        fleet = self.fleet
        nodes = [fleet.nodes[fleet.names[i]] for i in detail] if kind.endswith(("nodes", "node", "node failpoint")) else []
        if kind == "hub failpoint":
            fleet.hub.failpoint = point
        for node in nodes:
            if kind == "node failpoint":
                node.failpoint = point
        if kind in ("kill hub", "hub failpoint"):
            fleet.hub.kill()
        elif kind in ("kill nodes", "node failpoint"):
            for node in nodes:
                node.kill()
        elif kind == "cut nodes":
            fleet.node_door.cut()
        elif kind == "cut clients":
            fleet.client_door.cut()
        elif kind == "kill client":
            self.clients.kill(list(self.specs)[detail[0]])
        else:
            frozen = fleet.hub if kind == "freeze hub" else nodes[0]
            frozen.freeze(True)
            self._thaw.append((time.monotonic() + self.rng.uniform(0.05, 0.3), frozen))

    def run(self):
        from client import read_record
        start = time.monotonic()
        faults, self._thaw = list(self.faults), []
        for record, spec in self.specs.items():
            self.clients.start(record, spec, SEED_LIMIT)
        open_records = set(self.specs)
        while open_records or faults or self._thaw:
            now = time.monotonic() - start
            if now > SEED_LIMIT:
                break
            while faults and faults[0][0] <= now:
                self._strike(*faults.pop(0)[1:])
            for due, frozen in list(self._thaw):
                if time.monotonic() >= due:
                    frozen.freeze(False)
                    self._thaw.remove((due, frozen))
            for program in self.fleet.programs():
                program.tend(lambda: self.rng.uniform(0.02, 0.25))
            for record in list(open_records):
                if self.clients.runs(record):
                    continue
                if any("summary" in line for line in read_record(record)):
                    open_records.discard(record)
                else:
                    self.clients.start(record, self.specs[record], SEED_LIMIT)
            time.sleep(0.01)
        self._settle()
        return self._verdict()

    def _settle(self):
        """Everybody up, nothing armed any more: the next seed finds the fleet as this one did."""
        for program in self.fleet.programs():
            program.failpoint = None
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for program in self.fleet.programs():
                program.tend(lambda: 0)
            if all(program.running() for program in self.fleet.programs()):
                if self.fleet.connected() == len(self.fleet.names):
                    return
            time.sleep(0.02)
        self.notes.append(f"{self.fleet.connected()} of {len(self.fleet.names)} nodes came back")

    def _verdict(self):
        from client import Hub, read_record
        from history import check_job
        from orch.v1 import job_pb2, orchestrator_service_pb2 as api
        hub = Hub(f"127.0.0.1:{self.fleet.client_door.target}", self.fleet.pem.read_bytes())
        wrong = list(self.notes)
        if not hub.ready(20):
            return wrong + ["the hub takes no calls"]
        self.jobs = {}
        runs = self.fleet.runs()
        for record in self.specs:
            lines = read_record(record)
            ids = {line["job"] for line in lines if line.get("job")}
            if len(ids) != 1:
                refusals = [line["refused"] for line in lines if "refused" in line][-1:]
                wrong.append(f"{record.name}: {len(ids)} jobs for one idempotency key {refusals}")
                continue
            ident = ids.pop()
            job = hub.call("GetJob", api.GetJobRequest(job_id=ident)).job
            stored, token = [], ""
            while True:
                page = hub.call("ListReplies", api.ListRepliesRequest(job_id=ident, page_token=token))
                stored += [[r.identity, r.state, r.status_code, r.kind, r.status_message, r.data_json.decode()]
                           for r in page.replies]
                token = page.next_page_token
                if not token:
                    break
            finished = job.state == job_pb2.JOB_FINISHED
            targets = job.summary.targets if finished else job.targets
            described = {"id": ident, "targets": targets, "finished": finished, "live": self.specs[record].live_output}
            self.jobs[ident] = {reply[0]: reply for reply in stored}
            wrong += check_job(described, stored, lines, runs)
        hub.close()
        return wrong


def acknowledged(fleet):
    """{(job, node)} as the nodes' logs have them."""
    found = set()
    for name in fleet.names:
        for line in (fleet.dir / name / "log").read_text(errors="replace").splitlines():
            match = ACKNOWLEDGED.search(line)
            if match:
                found.add((match[1], name))
    return found


def check_all(fleet, jobs):
    """Once more at the end: what ran or was acknowledged late."""
    from history import check_acknowledged, check_runs
    runs = fleet.runs()
    wrong = []
    for ident, by_node in jobs.items():
        wrong += check_runs(ident, by_node, runs)
    for request, node in runs:
        if request not in jobs:
            wrong.append(f"{node} ran {request}, which is no job of any client")
    marks = acknowledged(fleet)
    if jobs and not marks:
        wrong.append("no node's log tells of an acknowledged outcome: is the level debug, and the wording as here?")
    return wrong + check_acknowledged({mark for mark in marks if mark[0] in jobs}, jobs)


class Rounds:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.passed = self.failed = self.faults = 0
        self.fleet = None

    def open(self):
        from fleet import Fleet, failpoints
        self.points = failpoints()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="fleet.", dir=self.work))
        self.fleet = Fleet(folder, self.options.nodes)
        self.clients = Clients(self.fleet)
        self.jobs = {}
        deadline = time.monotonic() + 30
        while self.fleet.connected() != self.options.nodes:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {self.fleet.connected()} of {self.options.nodes} nodes attach; see {folder}")
            time.sleep(0.05)
        time.sleep(0.2)  # their DDLs are on the way

    def close(self):
        if self.fleet is None:
            return []
        self.clients.close()
        wrong = check_all(self.fleet, self.jobs)
        self.fleet.close()
        self.fleet = None
        return wrong

    def run(self, number):
        if self.fleet is None:
            self.open()
        seed = Seed(number, self.fleet, self.clients, self.points)
        start = time.monotonic()
        wrong = seed.run()
        self.jobs.update(getattr(seed, "jobs", {}))
        self.faults += len(seed.faults)
        print(f"seed {number}: {len(seed.specs)} jobs, {len(seed.faults)} faults, {time.monotonic() - start:.1f} s"
              f"{', FAILED' if wrong else ''}")
        if not wrong:
            self.passed += 1
            return
        self.failed += 1
        folder = self.fleet.dir
        for line in wrong[:20]:
            print(f"  {line}")
        for fault in seed.faults:
            print(f"  fault at {fault[0]:.2f} s: {fault[1]} {fault[2]} {fault[3]}")
        print(f"  to repeat: tests/chaos/run.sh --seeds {number}-{number} --nodes {self.options.nodes} --keep\n"
              f"  records: {folder}")
        self.options.keep = True
        self.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-200", help="A-B")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--keep", action="store_true", help="keep the records also when all is well")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    work = pathlib.Path(tempfile.mkdtemp(prefix="orch-chaos."))
    make_stubs(work)
    rounds = Rounds(options, work)
    end = time.monotonic() + options.minutes * 60
    try:
        for number in range(int(first), int(last or first) + 1):
            if time.monotonic() > end:
                print(f"time is up before seed {number}")
                break
            rounds.run(number)
        late = rounds.close()
        if late:
            rounds.failed += 1
            print("found at the end:\n  " + "\n  ".join(late[:20]))
    finally:
        rounds.close()
    points = sum(map(len, getattr(rounds, "points", {}).values()))
    print(f"{rounds.faults} faults, {points} failpoints in the programs")
    if options.keep:
        print(f"records: {work}")
    else:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{rounds.passed} seeds passed, {rounds.failed} failed")
    return 1 if rounds.failed or not rounds.passed else 0


if __name__ == "__main__":
    sys.exit(main())
