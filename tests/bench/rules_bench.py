#!/usr/bin/python3
"""What rules and the audit log cost a ping of all nodes: hubs with and without them take turns, each with a swarm of
light nodes over TLS. Prints a Markdown table for docs/BENCHMARKS.md.

  rules_bench.py [--bin=build/release/bin] [--tools=build/release/bench] [--nodes=1000] [--rounds=9]

"With": 200 rules, of which the last one lets the client act on nodes that it chooses by label and by fact; ActionPolicy
files for two plugins; and the audit log. Medians; the first round does not count.
"""
import argparse
import os
import shutil
import statistics
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "swarm"))
from systems import System, await_quiet  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
POLICY = "policy default deny\nallow\tclient=bench\t*\tosfamily=Debian\t*\nallow\tclient=bench\t*\t*\t*\n"
RULES = ("groups: {bench: [client=bench, client=/bench-.*/]}\nrules:\n" + "".join(
    f"  - {{callers: client=/team{i}-.*/, allow: invoke, actions: rpcutil.*, nodes: trusted.team=t{i}}}\n"
    for i in range(1, 200)) +
    "  - {callers: group=bench, allow: [read, invoke], nodes: 'not trusted.secret=yes', facts: kernel=Linux}\n")


class RuledHub(System):
    def __init__(self, with_rules, *arguments, **options):
        super().__init__("with" if with_rules else "without", "orch", *arguments, tls=True, **options)
        self.with_rules = with_rules

    def command(self):
        command = super().command()
        if not self.with_rules:
            with open(self.folder + "/hub.yaml", "a") as file:
                file.write("audit: {file: none}\n")
            return command
        with open(self.folder + "/hub.yaml") as file:
            settings = file.read()
        with open(self.folder + "/hub.yaml", "w") as file:  # the rules say what the client may
            file.write(settings.replace("administrators: [bench]\n", ""))
        with open(self.folder + "/access.yaml", "w") as file:
            file.write(RULES)
        for plugin in ("rpcutil", "package"):
            with open(f"{self.folder}/policies/{plugin}.policy", "w") as file:
                file.write(POLICY)
        return command


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=ROOT + "/build/release/bin")
    parser.add_argument("--tools", default=ROOT + "/build/release/bench")
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="orch-rules.")
    ddl = ROOT + "/actions/plugins/rpcutil/rpcutil.json"
    hubs = [RuledHub(ruled, args.bin + "/orch-hub", args.tools, ddl, folder, args.nodes) for ruled in (False, True)]
    try:
        for hub in hubs:
            hub.start_hub()
            hub.attach()
            hub.connect()
        samples = {hub.name: [] for hub in hubs}
        for turn in range(args.rounds + 1):
            for hub in hubs if turn % 2 else reversed(hubs):
                await_quiet(6)
                sample = hub.ask("ping")
                if sample["answers"] != args.nodes:
                    sys.exit(f"{hub.name}: {sample}")
                if turn:
                    samples[hub.name].append(sample)
    finally:
        for hub in hubs:
            hub.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"| ping of {args.nodes:,} nodes, median of {args.rounds} | without rules and audit | with | ratio |\n|---|---|---|---|")
    for name, key, unit in (("hub CPU per node", "hub_us", "µs"), ("wall time", "ms", "ms")):
        without, ruled = (statistics.median(one[key] for one in samples[hub.name]) for hub in hubs)
        print(f"| {name} | {without:.1f} {unit} | {ruled:.1f} {unit} | {ruled / without:.2f} |")


main()
