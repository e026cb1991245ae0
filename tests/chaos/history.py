"""What must be true of a recorded run. Pure: takes records, returns sentences about what is wrong."""

OK, FAILED, DENIED, TIMED_OUT, CANCELLED, OFFLINE, EXPIRED, INDETERMINATE = range(4, 12)
TERMINAL = {OK: "OK", FAILED: "FAILED", DENIED: "DENIED", TIMED_OUT: "TIMED_OUT", CANCELLED: "CANCELLED",
            OFFLINE: "OFFLINE", EXPIRED: "EXPIRED", INDETERMINATE: "INDETERMINATE"}
STDOUT = 1
NEVER_RUN = (OFFLINE, EXPIRED)


def check_job(job, stored, record, runs):
    """`job`: {id, targets, finished, live}; `stored`: its replies as the store has them, `record`: lines of the client that
    watched it; each reply [identity, state, code, kind, message, data]. `runs`: {(request, node): (begun, ended)}."""
    wrong = []
    ident = job["id"]
    if not job["finished"]:
        wrong.append(f"job {ident} never ended")
    by_node = {}
    for reply in stored:
        if reply[1] not in TERMINAL:
            wrong.append(f"job {ident}, {reply[0]}: state {reply[1]} is no outcome")
        if reply[0] in by_node:
            wrong.append(f"job {ident}, {reply[0]}: two outcomes in the store, {by_node[reply[0]]} and {reply}")
        by_node[reply[0]] = reply
    if job["finished"] and len(by_node) != job["targets"]:
        wrong.append(f"job {ident}: {len(by_node)} outcomes for {job['targets']} targets")
    wrong += check_watch(ident, by_node, record)
    wrong += check_runs(ident, by_node, runs)
    wrong += check_output(ident, job["live"], record)
    return wrong


def check_output(ident, live, record):
    """What is told live was printed, at that place, and is told once to one who stays."""
    wrong = []
    printed = f"began {ident}\nended {ident}\n"
    told = {}
    for line in record:
        if line.get("attached"):
            told = {}
        for node, stream, offset, data in line.get("output", []):
            if not live:
                wrong.append(f"job {ident}, {node}: live output nobody asked for")
            if stream != STDOUT or printed[offset:offset + len(data)] != data:
                wrong.append(f"job {ident}, {node}: live output {data!r} at {offset} of stream {stream} was never printed")
            if offset < told.get(node, 0):
                wrong.append(f"job {ident}, {node}: live output at {offset} told after that at {told[node]}")
            told[node] = offset + len(data)
    return wrong


def check_watch(ident, by_node, record):
    """The watch equals the store: each outcome once, none missing, none other."""
    wrong = []
    seen = {}
    for line in record:
        for reply in line.get("replies", []):
            if reply[0] in seen:
                wrong.append(f"job {ident}, {reply[0]}: told twice to its client")
            seen[reply[0]] = reply
    if not any("summary" in line for line in record):
        wrong.append(f"job {ident}: its client never saw the end")
        return wrong
    for node in sorted(by_node.keys() | seen.keys()):
        if by_node.get(node) != seen.get(node):
            wrong.append(f"job {ident}, {node}: stored {by_node.get(node)}, told {seen.get(node)}")
    return wrong


def check_runs(ident, by_node, runs):
    """Nothing ran twice, and what is said of a run is so."""
    wrong = []
    for (request, node), (begun, ended) in runs.items():
        if request != ident:
            continue
        if begun > 1:
            wrong.append(f"job {ident}, {node}: ran {begun} times")
        reply = by_node.get(node)
        if reply is None:
            wrong.append(f"job {ident}, {node}: ran and has no outcome")
        elif reply[1] in NEVER_RUN:
            wrong.append(f"job {ident}, {node}: ran, and is said to be {TERMINAL[reply[1]]}")
    for node, reply in by_node.items():
        if reply[1] == OK and runs.get((ident, node), (0, 0)) != (1, 1):
            wrong.append(f"job {ident}, {node}: said to be OK, ran {runs.get((ident, node), (0, 0))}")
    return wrong


def check_acknowledged(acknowledged, stored):
    """`acknowledged`: {(job, node)} whose outcome the node was told to forget. `stored`: {job: {node: reply}}."""
    wrong = []
    for job, node in sorted(acknowledged):
        reply = stored.get(job, {}).get(node)
        if reply is None:
            wrong.append(f"job {job}, {node}: the node was told that its outcome is stored, and it is not")
    return wrong
