#!/usr/bin/env python3
"""Draws docs/terminal.svg, the picture at the top of the README, from what the programs really print.

    docs/terminal.py [OUTPUT.svg]

Starts a hub and five node agents with deploy/fleet.sh (programs from $ORCH_BIN, or else from build/), stops one agent,
runs the commands below on a pseudo-terminal, and draws that terminal's screen with its colours. Nothing is edited by
hand. Needs Python's standard library only.
"""
import fcntl
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import xml.sax.saxutils

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 88, 100
AWAY = "node004.example.net"
TITLE = "one hub, five nodes"
COMMANDS = [
    "orchctl ping",
    "orchctl facts role -W osfamily=RedHat",
    "orchctl package openssl status",
]

FONT, CELL, LINE, PAD, BAR = 14, 8.43, 20, 22, 40  # pixels
STYLE = """
  .frame{fill:#0f1720;stroke:#2f3b4a} .bar{fill:#1a2532} .title{fill:#8b9bb0} .text{fill:#d6dfea}
  .bold{font-weight:700;fill:#f3f7fb} .prompt{fill:#5cc8ff}
  .red{fill:#ff7b72} .green{fill:#63d297} .yellow{fill:#e3b341}
  @media (prefers-color-scheme: light){
    .frame{fill:#fbfcfe;stroke:#c9d3df} .bar{fill:#e9eef4} .title{fill:#5b6b7f} .text{fill:#24303d}
    .bold{fill:#0b1420} .prompt{fill:#0b62c4} .red{fill:#c0272d} .green{fill:#0f7a43} .yellow{fill:#8a5a00}
  }
  text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;
    font-size:14px;white-space:pre}
"""
COLOURS = {"31": "red", "32": "green", "33": "yellow"}
SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


def printed(command, environment):
    """What a command prints on a terminal, standard error included."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe("sh", ["sh", "-c", f"stty cols {COLUMNS} rows {ROWS}; exec {command}"], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    output = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the last process has closed it
            break
        if not part:
            break
        output += part
    os.waitpid(child, 0)
    os.close(terminal)
    return output.decode()


def screen(text):
    """Lines of (character, style) as they stand after `text`: the part of a terminal that orchctl uses."""
    lines, column, style = [[]], 0, "text"
    position = 0
    while position < len(text):
        sequence = SEQUENCE.match(text, position)
        if sequence:
            position = sequence.end()
            if sequence[2] == "m":
                for code in sequence[1].split(";"):
                    style = "bold" if code == "1" else COLOURS.get(code, "text")
            elif sequence[2] == "K":
                del lines[-1][column:]
            continue
        character = text[position]
        position += 1
        if character == "\r":
            column = 0
        elif character == "\n":
            lines.append([])
            column = 0
        else:
            lines[-1][column:column + 1] = [(character, style)]
            column += 1
    return lines


def session(environment):
    lines = []
    for command in COMMANDS:
        lines.append([("$", "prompt"), (" ", "text")] + [(character, "bold") for character in command])
        part = screen(printed(command, environment))
        while part and not any(character != " " for character, _ in part[-1]):
            part.pop()
        # Of several empty lines one is kept.
        lines += [line for i, line in enumerate(part) if line or (i > 0 and part[i - 1])] + [[]]
    return lines[:-1]


def runs(line):
    """(column, text, style) of characters that look alike; blanks at the ends are left out."""
    start = 0
    while start < len(line):
        end = start
        while end < len(line) and line[end][1] == line[start][1]:
            end += 1
        text = "".join(character for character, _ in line[start:end])
        if text.strip():
            lead = len(text) - len(text.lstrip())
            yield start + lead, text.strip(), line[start][1]
        start = end


def draw(lines):
    width = round(2 * PAD + COLUMNS * CELL)
    height = BAR + PAD + len(lines) * LINE + PAD // 2
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">',
           "<title id=\"title\">A terminal: " + xml.sax.saxutils.escape("; ".join(COMMANDS)) + "</title>",
           f"<style>{STYLE}</style>",
           f'<rect class="frame" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10"/>',
           f'<path class="bar" d="M1 {BAR}V11A10 10 0 0 1 11 1H{width - 11}A10 10 0 0 1 {width - 1} 11V{BAR}Z"/>']
    for i, colour in enumerate(("#ff6159", "#ffbd2e", "#28c941")):
        out.append(f'<circle cx="{24 + 20 * i}" cy="{BAR // 2}" r="6" fill="{colour}"/>')
    out.append(f'<text class="title" x="{width / 2:g}" y="{BAR // 2 + 5}" text-anchor="middle">{TITLE}</text>')
    for row, line in enumerate(lines):
        for column, text, style in runs(line):
            x, y = PAD + column * CELL, BAR + PAD + row * LINE + FONT - 4
            out.append(f'<text class="{style}" x="{x:.1f}" y="{y}" textLength="{len(text) * CELL:.1f}" '
                       f'xml:space="preserve">{xml.sax.saxutils.escape(text)}</text>')
    return "\n".join(out) + "\n</svg>\n"


def await_gone(environment):
    deadline = time.monotonic() + 10
    find = ["orchctl", "find", "--disconnected"]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    while AWAY not in subprocess.run(find, env=environment, check=False, **options).stdout:
        if time.monotonic() > deadline:
            sys.exit(f"{AWAY} does not go away")
        time.sleep(0.05)


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs/terminal.svg")
    built = [f"{ROOT}/build/{preset}/bin" for preset in ("release", "dev", "ci")]
    folders = [os.environ["ORCH_BIN"]] if "ORCH_BIN" in os.environ else built
    programs = next((folder for folder in folders if os.access(f"{folder}/orchctl", os.X_OK)), None)
    if programs is None:
        sys.exit("the programs are not built; run deploy/quickstart.sh, or set ORCH_BIN to their folder")
    with tempfile.TemporaryDirectory(prefix="orch-terminal.") as folder:
        fleet = f"{folder}/fleet"
        environment = {**os.environ, "ORCH_BIN": programs, "ORCHCTL_CONFIG": f"{fleet}/client.yaml",
                       "PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        script = ROOT / "deploy/fleet.sh"
        for name in ("NO_COLOR", "ORCHCTL_OPTS"):
            environment.pop(name, None)
        try:
            subprocess.run([script, "start", "5", fleet], env=environment, check=True, stdout=subprocess.DEVNULL)
            os.kill(int(pathlib.Path(fleet, "nodes", AWAY, "pid").read_text()), signal.SIGTERM)
            await_gone(environment)
            for command in COMMANDS:  # caches DDLs and warms the agents, as in a fleet that is in use
                printed(command, environment)
            target.write_text(draw(session(environment)), encoding="utf-8")
        finally:
            subprocess.run([script, "stop", fleet], env=environment, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
