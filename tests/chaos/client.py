"""One client of one job, as a service would be written: records all it sees, comes back when cut off, and may be
killed at any moment. Its record is a file of JSON lines; what is in it was seen, what is not will be asked for again."""
import json
import os
import time


class Hub:
    """The clients' door, through `address`."""

    def __init__(self, address, pem):
        import grpc
        from orch.v1 import orchestrator_service_pb2_grpc as rpc
        # The minimum is also how long one attempt may take, its handshake included.
        options = [("grpc.initial_reconnect_backoff_ms", 20), ("grpc.min_reconnect_backoff_ms", 3000),
                   ("grpc.max_reconnect_backoff_ms", 100), ("grpc.enable_http_proxy", 0)]
        self._channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(pem, pem, pem), options)
        self._stub = rpc.OrchestratorStub(self._channel)

    def call(self, method, request, timeout=10):
        return getattr(self._stub, method)(request, timeout=timeout)

    def ready(self, seconds):
        import grpc
        try:
            grpc.channel_ready_future(self._channel).result(timeout=seconds)
            return True
        except grpc.FutureTimeoutError:
            return False

    def close(self):
        self._channel.close()


def read_record(path):
    """(lines, whole): a client killed while it wrote leaves a last line that does not count."""
    lines = []
    try:
        with open(path) as file:
            for line in file:
                if line.endswith("\n"):
                    lines.append(json.loads(line))
    except FileNotFoundError:
        pass
    return lines


class Client:
    def __init__(self, address, pem, spec, record, give_up):
        self._address, self._pem, self._spec, self._path, self._give_up = address, pem, spec, record, give_up
        lines = read_record(record)
        self._job = next((line["job"] for line in lines if line.get("job")), "")
        self._cursor = next((line["cursor"] for line in reversed(lines) if line.get("cursor")), "")
        self._done = any(line.get("summary") for line in lines)

    def run(self):
        import grpc
        from orch.v1 import orchestrator_service_pb2 as api
        self._file = open(self._path, "a")
        if self._file.tell() > 0:
            self._file.write("\n" if not open(self._path).read().endswith("\n") else "")
        refusals = 0
        while not self._done and time.monotonic() < self._give_up:
            # A channel of its own for each try: one whose peer died in the middle of a handshake may stand still.
            hub = Hub(self._address, self._pem)
            try:
                if not hub.ready(2):
                    continue
                if self._job:
                    stream = hub.call("WatchJob", api.WatchJobRequest(job_id=self._job, cursor=self._cursor), 20)
                else:
                    stream = hub.call("Invoke", api.InvokeRequest(spec=self._spec, cursor=self._cursor), 20)
                self._write({"attached": True})
                for message in stream:
                    self._note(message)
            except grpc.RpcError as error:
                code = error.code()
                if code not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
                                grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL):
                    # Plugins are not announced yet when a hub has just come back.
                    refusals += 1
                    self._write({"refused": f"{code.name}: {error.details()}"})
                    if self._job or refusals > 200:
                        return
                time.sleep(0.03)
            finally:
                hub.close()

    def _note(self, message):
        line = {"cursor": message.cursor}
        if message.HasField("accepted"):
            self._job = line["job"] = message.accepted.job_id
            line["targets"] = message.accepted.targets
            line["followed"] = message.accepted.followed
        if message.replies:
            line["replies"] = [[reply.identity, reply.state, reply.status_code, reply.kind, reply.status_message,
                                reply.data_json.decode()] for reply in message.replies]
        if message.output:
            line["output"] = [[chunk.identity, chunk.stream, chunk.offset, chunk.data.decode()] for chunk in message.output]
        if message.no_longer_targets:
            line["filtered"] = message.no_longer_targets
        if message.HasField("summary"):
            self._done = True
            line["summary"] = [message.summary.targets, message.summary.ok, message.summary.failed,
                               message.summary.missing]
        self._write(line)
        if message.cursor:
            self._cursor = message.cursor

    def _write(self, line):
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


def serve(address, pem_file):
    """Forks a client for each line on standard input: {"spec": hex, "record": path, "seconds": n}; prints its pid.
    A process of its own, without threads, that has done the slow imports before."""
    import sys
    from orch.v1 import job_pb2
    import grpc  # noqa: F401  the slow one
    from orch.v1 import orchestrator_service_pb2_grpc  # noqa: F401
    import signal
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with open(pem_file, "rb") as file:
        pem = file.read()
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            spec = job_pb2.JobSpec.FromString(bytes.fromhex(order["spec"]))
            code = 1
            try:
                Client(address, pem, spec, order["record"], time.monotonic() + order["seconds"]).run()
                code = 0
            finally:
                os._exit(code)
        print(pid, flush=True)


if __name__ == "__main__":
    import sys
    serve(*sys.argv[1:4])
