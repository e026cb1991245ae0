#!/usr/bin/python3
"""Measures orch-hub beside nats-server and a hub without gRPC, in one run and in turn. tests/bench/run.sh starts it.

  measure.py --hub=NAME=PROGRAM... --tools=FOLDER --ddl=FILE --out=FILE.json [--sizes=1000,10000] [--rounds=9]
             [--parts=plain,tls,storm,idle] [--tls_sizes=6000] [--peers=nats,raw] [--patience=6]

All systems are up at once and take turns, in an order that is reversed each round; the first round does not count.
Before each sample it waits for a machine that is quiet. Figures are medians.
"""
import argparse
import datetime
import json
import os
import platform
import resource
import select
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from systems import System, await_quiet, machine_seconds, processor_seconds, resident_kb  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hub", action="append", required=True, help="NAME=PROGRAM, once for each build of the hub")
    parser.add_argument("--tools", required=True)
    parser.add_argument("--ddl", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--tls_sizes", default="6000")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--parts", default="plain,tls,storm,idle")
    parser.add_argument("--peers", default="nats,raw")
    parser.add_argument("--patience", type=float, default=6)
    return parser.parse_args()


ARGS = arguments()
FOLDER = tempfile.mkdtemp(prefix="orch-bench.")
HUBS = dict(hub.split("=", 1) for hub in ARGS.hub)
running = []


def say(text=""):
    print(text, flush=True)


def system(name, nodes, tls=False, options=()):
    kind = name if name in ("nats", "raw") else "orch"
    one = System(name, kind, HUBS.get(name), ARGS.tools, ARGS.ddl, FOLDER, nodes, tls, options)
    running.append(one)
    return one


def stop_all():
    while running:
        running.pop().stop()


def in_turn(systems, line, rounds):
    samples = {one.name: [] for one in systems}
    for turn in range(rounds + 1):
        for one in systems if turn % 2 else reversed(systems):
            await_quiet(ARGS.patience)
            sample = one.ask(line)
            if turn:
                samples[one.name].append(sample)
    medians = {}
    for name, taken in samples.items():
        medians[name] = {key: round(statistics.median(sample[key] for sample in taken), 2)
                         for key in taken[0] if key != "error"}
        medians[name]["best_ms"] = min(sample["ms"] for sample in taken)
        medians[name]["worst_ms"] = max(sample["ms"] for sample in taken)
    return medians


def compare(nodes, tls):
    """Ping, recorded ping, filtered ping and find, registration and memory, of all systems."""
    names = list(HUBS) + ([] if tls else [peer for peer in ARGS.peers.split(",") if peer])
    systems = []
    for name in names:
        # The heartbeats of several fleets on one machine would be in each other's way.
        systems.append(system(name, nodes, tls, ["--heartbeat_s=80"]))
        systems[-1].start_hub()
        await_quiet(ARGS.patience)
        systems[-1].attach()
        systems[-1].connect()
    hubs = [one for one in systems if one.kind == "orch"]
    ping = in_turn(systems, "ping", ARGS.rounds)
    after_kb = {one.name: resident_kb(one.hub.pid) for one in systems}
    recorded = in_turn(hubs, "record", ARGS.rounds)
    filtered = in_turn(hubs, "ping cohort=7", ARGS.rounds)
    found = in_turn(hubs, "find osfamily=Debian", ARGS.rounds)
    result = {}
    for one in systems:
        result[one.name] = {
            "ping": ping[one.name], "register": one.register, "up_s": round(one.up_seconds, 3),
            "idle_kb_a_node": round((one.idle_kb - one.empty_kb) / nodes, 2),
            "after_kb_a_node": round((after_kb[one.name] - one.empty_kb) / nodes, 2)}
        if one.kind == "orch":
            result[one.name] |= {"record": recorded[one.name], "one_percent": filtered[one.name],
                                 "find": found[one.name]}
    stop_all()
    report(nodes, tls, result)
    return result


def report(nodes, tls, result):
    say(f"\n### {nodes} nodes, {'TLS' if tls else 'plaintext'}")
    say("| | ping of all, ms (best-worst) | hub µs a node | recorded, ms | hub µs a node | swarm, client µs | others |"
        " KB a node | after pings | registrations/s | hub µs each |")
    say("|---|---|---|---|---|---|---|---|---|---|---|")
    for name, figures in result.items():
        ping, record, register = figures["ping"], figures.get("record"), figures["register"]
        say(f"| {name} | {ping['ms']:.0f} ({ping['best_ms']:.0f}-{ping['worst_ms']:.0f}) | {ping['hub_us']:.1f} | " +
            (f"{record['ms']:.0f} | {record['hub_us']:.1f}" if record else "- | -") +
            f" | {ping['swarm_us']:.0f}, {ping['client_us']:.0f} | {ping['others']:.0%} | {figures['idle_kb_a_node']:.1f} | "
            f"{figures['after_kb_a_node']:.1f} | {register['rate']:.0f} | {register['hub_us']:.0f} |")


def storm(name, nodes, tls):
    """kill -9 of the hub, and a new one a second later: until all are back, and what a ping of every hundredth node takes
    meanwhile, for those that are there."""
    one = system(name, nodes, tls)
    one.start_hub()
    one.attach()
    one.kill_hub()
    time.sleep(1)
    began = time.time()
    one.start_hub()
    one.connect()
    peak, pings = 0, []
    while True:
        peak = max(peak, resident_kb(one.hub.pid))
        if select.select([one.swarm.stdout], [], [], 0.02)[0] and one.swarm.stdout.readline().startswith("BACK"):
            break
        pings.append(one.look(f"ping cohort={len(pings) % 100}")["ms"])
        if time.time() - began > 240:
            raise SystemExit("not all nodes came back")
    result = {"up_s": round(one.up_seconds, 3), "all_back_s": round(time.time() - began, 2),
              "hub_us": round(processor_seconds(one.hub.pid) * 1e6 / nodes), "peak_mb": round(peak / 1024),
              "pings": len(pings), "ping_ms": statistics.median(pings), "worst_ping_ms": max(pings)}
    stop_all()
    say(f"storm of {name}, {nodes} nodes, {'TLS' if tls else 'plaintext'}: {result}")
    return result


def idle(name, nodes):
    """What a fleet that does nothing costs: a heartbeat every 30 s from each node."""
    one = system(name, nodes)
    one.start_hub()
    one.attach()
    time.sleep(35)  # until the first heartbeat of all is past
    before, busy, counted, began = processor_seconds(one.hub.pid), machine_seconds(), one.counts(), time.time()
    time.sleep(60)
    seconds, counts = time.time() - began, one.counts()
    used = processor_seconds(one.hub.pid) - before
    beats = int(counts["heartbeats"]) - int(counted["heartbeats"])
    result = {"share_of_a_core": round(used / seconds, 4), "heartbeats": beats, "us_a_heartbeat": round(used * 1e6 / beats, 1),
              "pings": int(counts["pings"]) - int(counted["pings"]),
              "others": round((machine_seconds() - busy - used) / seconds / os.cpu_count(), 3)}
    stop_all()
    say(f"idle fleet of {name}, {nodes} nodes: {result}")
    return result


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    parts, sizes = ARGS.parts.split(","), [int(size) for size in ARGS.sizes.split(",")]
    tls_sizes = [int(size) for size in ARGS.tls_sizes.split(",")]
    result = {"date": datetime.date.today().isoformat(), "processors": os.cpu_count(), "kernel": platform.release(),
              "rounds": ARGS.rounds, "load_before": os.getloadavg()[0]}
    try:
        if "plain" in parts:
            result["plain"] = {str(size): compare(size, False) for size in sizes}
        if "tls" in parts:
            result["tls"] = {str(size): compare(size, True) for size in tls_sizes}
        if "storm" in parts:
            result["storm"] = {name: {"tls": storm(name, tls_sizes[-1], True), "plain": storm(name, sizes[-1], False)}
                               for name in HUBS}
        if "idle" in parts:
            result["idle"] = {name: idle(name, sizes[-1]) for name in HUBS}
    finally:
        stop_all()
        shutil.rmtree(FOLDER, ignore_errors=True)
    with open(ARGS.out, "w") as file:
        json.dump(result, file, indent=1, sort_keys=True)
        file.write("\n")


main()
