#!/usr/bin/env python3
"""Runs clang-tidy over every room and program, one process for each target.

The sources of a target are joined into one text, so that the headers they share are read once. Joined,
and not included by one another, because clang's path-sensitive analysis looks only at functions of the
main file. Findings are printed with the file and line where they stand in the tree.

  tidy.py BUILD [TARGET...]    BUILD is a configured folder with a compile_commands.json of clang
"""
import bisect
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = re.compile(r"^(tests|proto|CMakeFiles)/")  # in the build folder: tests, generated code, precompiled headers
FINDING = re.compile(r"^(?P<file>[^:\s]+):(?P<line>\d+):(?P<rest>\d+: (?:error|warning|note): .*)$")
# Shallow: functions are analyzed one by one, not through the calls they make, which costs a fifth.
ANALYZER = ["-Xclang", "-analyzer-config", "-Xclang", "mode=shallow"]
WARNINGS = ["-Wall", "-Wextra", "-Wthread-safety", "-Wthread-safety-beta", "-Wno-missing-field-initializers"]
KEPT_FLAGS = re.compile(r"^-(std=|I|isystem|D|U)")


def units(build):
    """Maps (target, compiler flags) to the source files compiled so."""
    found = collections.defaultdict(list)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        output = words[words.index("-o") + 1]
        if SKIPPED.match(output):
            continue
        flags, at = [], 0
        while at < len(words):
            if words[at] == "-isystem":
                flags += words[at:at + 2]
                at += 1
            elif KEPT_FLAGS.match(words[at]):
                flags.append(words[at])
            at += 1
        target = re.search(r"CMakeFiles/([^/]+)\.dir/", output).group(1)
        sources = [pathlib.Path(entry["file"])]
        if "/Unity/" in entry["file"]:
            sources = [pathlib.Path(name) for name in re.findall(r'#include "(.*)"', sources[0].read_text())]
        found[target, tuple(flags)] += [source for source in sources if not source.is_relative_to(build)]
    return {key: sources for key, sources in found.items() if sources}


class Joined:
    """The text of several sources, and the way back from a line of it."""

    def __init__(self, sources, path):
        self.path = path
        self.files, self.starts = [], []
        line, parts = 1, []
        for source in sources:
            text = source.read_text()
            text += "" if text.endswith("\n") else "\n"
            self.files.append(source.relative_to(ROOT))
            self.starts.append(line)
            line += text.count("\n")
            parts.append(text)
        path.write_text("".join(parts))

    def place(self, line):
        at = bisect.bisect_right(self.starts, line) - 1
        return f"{self.files[at]}:{line - self.starts[at] + 1}"


def run(target, flags, sources, folder):
    """The findings of one target as text, and the seconds it took."""
    started = time.monotonic()
    joined = Joined(sources, folder / f"{target}-{os.path.basename(sources[0])}")
    command = ["clang-tidy", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", str(joined.path), "--", *WARNINGS,
               *ANALYZER, *flags]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    lines = []
    for text in done.stdout.splitlines():
        found = FINDING.match(text)
        if found is None:
            lines.append(text)
        elif found["file"] == str(joined.path):
            lines.append(f"{joined.place(int(found['line']))}:{found['rest']}")
        else:
            lines.append(f"{os.path.relpath(found['file'], ROOT)}:{found['line']}:{found['rest']}")
    if done.returncode != 0 and not lines:
        lines = [done.stderr]
    return "\n".join(lines), time.monotonic() - started


def main():
    build, wanted = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    work = [(target, flags, sources) for (target, flags), sources in units(build).items()
            if not wanted or target in wanted]
    if not work:
        sys.exit(f"no target {' '.join(wanted)} in {build}")
    work.sort(key=lambda unit: -sum(source.stat().st_size for source in unit[2]))
    failed = False
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = {pool.submit(run, *unit, folder): unit[0] for unit in work}
        for done in concurrent.futures.as_completed(runs):
            findings, seconds = done.result()
            if findings:
                failed = True
                print(findings)
            if sys.stdout.isatty() or "-v" in os.environ.get("ORCH_TIDY", ""):
                print(f"   {runs[done]}: {seconds:.0f} s", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
