#!/usr/bin/python3
"""Writes the figures of measure.py into a Markdown file, between its marks, and draws cost against the number of nodes.

  report.py FIGURES.json PAGE.md FOLDER
"""
import json
import os
import re
import sys

BEGIN, END = "<!-- swarm: begin -->", "<!-- swarm: end -->"
COLOURS = {"hub": "#1a6fb0", "packaged gRPC": "#d1782a", "nats": "#2a9a5b", "raw": "#888888"}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 560, 300, 56, 40, 30, 130


def table(nodes, systems, tls):
    lines = [f"### {int(nodes):,} nodes{', TLS' if tls else ''}", "",
             "| | ping of all: ms (best–worst) | hub µs a node | recorded: ms | hub µs a node | registrations/s | hub µs each |"
             " KB a node | after the pings |", "|---|---|---|---|---|---|---|---|---|"]
    for name, one in systems.items():
        ping, record, register = one["ping"], one.get("record"), one["register"]
        recorded = f"{record['ms']:.0f} | {record['hub_us']:.1f}" if record else "– | –"
        lines.append(f"| {name} | {ping['ms']:.0f} ({ping['best_ms']:.0f}–{ping['worst_ms']:.0f}) | {ping['hub_us']:.1f} | {recorded} | "
                     f"{register['rate']:,.0f} | {register['hub_us']:.0f} | {one['idle_kb_a_node']:.1f} | {one['after_kb_a_node']:.1f} |")
    return lines + [""]


def page(figures):
    lines = [f"Measured on {figures['date']}, {figures['processors']} processors, Linux {figures['kernel']}; medians of "
             f"{figures['rounds']} rounds; all systems were up at once and took turns.", ""]
    for nodes, systems in figures.get("plain", {}).items():
        lines += table(nodes, systems, False)
    for nodes, systems in figures.get("tls", {}).items():
        lines += table(nodes, systems, True)
    if "storm" in figures:
        lines += ["### The hub is killed (kill -9) and starts again a second later", "",
                  "| | serves again | all nodes back | hub µs a node | memory at most | ping of 1 % meanwhile: median, worst |",
                  "|---|---|---|---|---|---|"]
        for name, kinds in figures["storm"].items():
            for kind, one in kinds.items():
                lines.append(f"| {name}, {kind} | {one['up_s']:.2f} s | {one['all_back_s']:.1f} s | {one['hub_us']} | {one['peak_mb']} MB | "
                             f"{one['ping_ms']:.0f}, {one['worst_ping_ms']:.0f} ms |")
        lines.append("")
    if "idle" in figures:
        lines += ["### A fleet that does nothing: a heartbeat every 30 s from each node", "",
                  "| | share of a core | µs a heartbeat |", "|---|---|---|"]
        for name, one in figures["idle"].items():
            lines.append(f"| {name} | {one['share_of_a_core']:.1%} | {one['us_a_heartbeat']:.0f} |")
        lines.append("")
    return lines


def plot(path, title, unit, series):
    """`series`: {name: [(nodes, value)]}."""
    most_x = max(x for points in series.values() for x, _ in points)
    most_y = max(y for points in series.values() for _, y in points) * 1.08

    def place(x, y):
        return LEFT + x / most_x * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / most_y * (HEIGHT - BOTTOM - TOP)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', f'<text x="{LEFT}" y="18" font-weight="bold">{title}</text>']
    for step in range(5):
        value = most_y * step / 4
        _, y = place(0, value)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.0f}</text>')
    for x in sorted({x for points in series.values() for x, _ in points}):
        at, _ = place(x, 0)
        out.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:,}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 6}" text-anchor="middle">nodes</text>'
               f'<text x="4" y="{TOP - 2}">{unit}</text>')
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS.get(name, "#a0408f")
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in (place(x, y) for x, y in points))
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in (place(x, y) for x, y in points)]
        out.append(f'<text x="{WIDTH - RIGHT + 10}" y="{TOP + 16 * number + 10}" fill="{colour}">{name}</text>')
    with open(path, "w") as file:
        file.write("\n".join(out + ["</svg>"]) + "\n")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        figures = json.load(file)
    with open(sys.argv[2]) as file:
        text = file.read()
    if BEGIN not in text or END not in text:
        sys.exit(f"{sys.argv[2]} has no marks {BEGIN} and {END}")
    body = page(figures)
    folder = sys.argv[3]
    os.makedirs(folder, exist_ok=True)
    if len(figures.get("plain", {})) > 1:
        for key, title, unit, of in (("ping", "Ping of all nodes", "ms", lambda one: one["ping"]["ms"]),
                                     ("cost", "Processor time of the hub for a node and a ping", "µs", lambda one: one["ping"]["hub_us"])):
            series = {}
            for nodes, systems in figures["plain"].items():
                for name, one in systems.items():
                    series.setdefault(name, []).append((int(nodes), of(one)))
            plot(f"{folder}/{key}.svg", title, unit, series)
            body += [f"![{title}]({os.path.relpath(folder, os.path.dirname(sys.argv[2]))}/{key}.svg)"]
        body.append("")
    with open(sys.argv[2], "w") as file:
        file.write(re.sub(re.escape(BEGIN) + ".*" + re.escape(END), lambda _: "\n".join([BEGIN, "", *body, END]), text, flags=re.S))


main()
