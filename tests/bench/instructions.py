#!/usr/bin/python3
"""Counts the instructions that the hub takes for one node of a ping, with callgrind: 500 light nodes, plaintext. The
count hardly depends on the machine's load, so a change of the hot path shows where a time would not.

  instructions.py --bin=FOLDER --tools=FOLDER --ddl=FILE --limits=FILE [--write]

Fails when a count is more than 5 % above that in the file of limits; --write writes the file anew.
"""
import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "swarm"))
from systems import System  # noqa: E402

NODES, WARM, COUNTED, GROWTH = 500, 3, 6, 1.05


class CountedHub(System):
    """The hub under callgrind, which counts only between `begin` and `end`."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.out = self.folder + "/callgrind.out"

    def command(self):
        return ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={self.out}", *super().command()]

    def control(self, *words):
        subprocess.run(["callgrind_control", *words, str(self.hub.pid)], check=True, stdout=subprocess.DEVNULL)

    def count(self, line, answers):
        """Instructions for each answer."""
        self.control("--instr=on")
        for _ in range(COUNTED):
            self.ask(line)
        self.control("--instr=off")
        self.control("--dump")
        total = 0
        for name in os.listdir(self.folder):
            if name.startswith("callgrind.out"):
                with open(f"{self.folder}/{name}", errors="replace") as file:
                    total += sum(int(number) for number in re.findall(r"^totals: (\d+)", file.read(), re.M)[:1])
                os.remove(f"{self.folder}/{name}")
        return total / COUNTED / answers


def main():
    parser = argparse.ArgumentParser()
    for name in ("bin", "tools", "ddl", "limits"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    # A program under valgrind cannot raise its own.
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    folder = tempfile.mkdtemp(prefix="orch-instructions.")
    hub = CountedHub("hub", "orch", args.bin + "/orch-hub", args.tools, args.ddl, folder, NODES, swarm_options=["--at_once=50"])
    try:
        hub.start_hub()
        hub.attach()
        hub.connect()
        counts = {}
        for line in ("ping", "record"):
            for _ in range(WARM):
                hub.ask(line)
            counts[line] = round(hub.count(line, NODES))
    finally:
        hub.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if args.write:
        with open(args.limits, "w") as file:
            json.dump(counts, file, indent=1)
            file.write("\n")
    with open(args.limits) as file:
        limits = json.load(file)
    failed = False
    for line, count in counts.items():
        verdict = "ok" if count <= limits[line] * GROWTH else "MORE THAN 5 % ABOVE IT"
        failed |= verdict != "ok"
        print(f"{line}: {count} instructions a node; {args.limits} has {limits[line]}: {verdict}")
    if failed:
        sys.exit("The hub does more for each node than before. If that is meant, write the counts anew with --write.")


main()
