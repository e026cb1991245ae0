#!/usr/bin/env python3
"""Who may include whom: reads every #include line and every link list, and fails on a forbidden one.

The table is that of docs ("The house"): a room sees itself, the floors below as listed, and nothing
else. Also held here: what only one file may do (start a process, ask for the time, parse JSON).
Run by ctest with the repository's root as argument; the first test case proves that it can fail.
"""
import os
import re
import sys
import tempfile
import unittest

# Room (a folder, longest match wins) -> the rooms it may include besides itself.
MAY_INCLUDE = {
    "base": [],
    "base/process": ["base"],
    "base/daemon": ["base"],
    "base/net": ["base"],
    "base/streams": ["base"],
    "proto": [],
    "filter": ["base"],
    "auth": ["base", "base/net", "proto", "filter"],
    "auth/access": ["base", "filter", "auth"],
    "auth/audit": ["base", "auth"],
    "auth/openid": ["base", "auth"],
    "actions/ddl": ["base", "proto"],
    "actions/core": ["base", "base/process", "proto", "actions/ddl"],
    "actions/puppet": ["base", "base/process", "actions/core"],
    "actions/worker": ["base", "base/process", "actions/core", "actions/ddl", "actions/puppet"],
    "actions/external": ["base", "base/process", "actions/core", "actions/ddl", "actions/worker"],
    "actions/mcollective": ["base", "base/process", "actions/core", "actions/ddl", "actions/worker"],
    "actions/plugins/controller": ["base", "actions/core", "actions/ddl"],
    "actions/plugins/filemgr": ["base", "actions/core", "actions/ddl"],
    "actions/plugins/nrpe": ["base", "base/process", "actions/core", "actions/ddl"],
    "actions/plugins/package": ["base", "base/process", "actions/core", "actions/ddl"],
    "actions/plugins/process": ["base", "base/process", "actions/core", "actions/ddl"],
    "actions/plugins/puppet": ["base", "base/process", "actions/core", "actions/ddl", "actions/puppet", "actions/worker"],
    "actions/plugins/rpcutil": ["base", "actions/core", "actions/ddl"],
    "actions/plugins/service": ["base", "base/process", "actions/core", "actions/ddl"],
    "actions/plugins/shell": ["base", "base/process", "actions/core", "actions/ddl"],
    "actions/data": ["base", "base/process", "actions/core", "actions/ddl", "actions/puppet", "actions/plugins/filemgr",
                     "actions/plugins/nrpe", "actions/plugins/package", "actions/plugins/process",
                     "actions/plugins/puppet", "actions/plugins/service"],
    "actions/catalog": ["base", "base/process", "actions/core", "actions/ddl", "actions/external", "actions/mcollective",
                        "actions/puppet", "actions/plugins/controller", "actions/plugins/filemgr",
                        "actions/plugins/nrpe", "actions/plugins/package", "actions/plugins/process",
                        "actions/plugins/puppet", "actions/plugins/rpcutil", "actions/plugins/service",
                        "actions/plugins/shell"],
    "services/hub/door": ["base", "base/net", "auth", "base/streams"],
    "services/hub/job_store": ["base", "proto"],
    "services/hub/nodes/fact_table": ["base", "filter"],
    "services/hub/nodes": ["base", "proto", "filter", "auth", "actions/ddl", "services/hub/door",
                           "services/hub/nodes/fact_table", "base/streams"],
    "services/hub/events": ["base", "proto", "services/hub/door", "services/hub/job_store"],
    "services/hub/jobs/run": ["base", "proto", "services/hub/door", "services/hub/job_store", "services/hub/nodes"],
    "services/hub/jobs": ["base", "proto", "actions/ddl", "auth/access", "auth/audit", "services/hub/access", "services/hub/door", "services/hub/job_store",
                          "services/hub/jobs/run", "services/hub/nodes", "services/hub/nodes/fact_table"],
    "services/hub/fleet": ["base", "proto", "auth", "services/hub/door", "services/hub/job_store", "services/hub/jobs",
                           "services/hub/jobs/run", "services/hub/nodes"],
    "services/hub/access": ["base", "proto", "filter", "auth", "auth/access", "auth/audit", "services/hub/job_store",
                            "services/hub/nodes", "services/hub/nodes/fact_table"],
    "services/hub/audit": ["base", "proto", "auth", "auth/audit", "services/hub/door", "services/hub/nodes"],
    "services/hub/keys": ["base", "proto", "auth", "auth/audit", "services/hub/door", "services/hub/job_store"],
    "services/hub/labels": ["base", "proto", "filter", "auth", "services/hub/job_store", "services/hub/nodes"],
    "services/hub/login": ["base", "proto", "auth", "auth/audit", "auth/openid", "services/hub/job_store",
                           "services/hub/keys"],
    "services/hub/api": ["auth/access", "auth/audit", "services/hub/access", "services/hub/audit", "services/hub/keys",
                         "services/hub/labels", "services/hub/login", "base", "proto", "filter", "auth", "actions/ddl", "services/hub/door", "services/hub/events",
                         "services/hub/fleet", "services/hub/job_store", "services/hub/jobs", "services/hub/jobs/run",
                         "services/hub/nodes", "services/hub/nodes/fact_table"],
    "services/hub": ["auth/access", "auth/audit", "services/hub/access", "services/hub/audit", "services/hub/keys",
                     "services/hub/labels", "services/hub/login", "base", "base/daemon", "base/net", "proto", "filter", "auth", "services/hub/api", "services/hub/door",
                     "services/hub/events", "services/hub/fleet", "services/hub/job_store", "services/hub/jobs",
                     "services/hub/jobs/run", "services/hub/nodes"],
    "services/nodeagent/facts": ["base", "base/process"],
    "services/nodeagent/runner": ["base", "base/process", "actions/core", "actions/catalog", "actions/data", "actions/ddl"],
    "services/nodeagent/state": ["base", "proto", "actions/core", "actions/data", "actions/ddl"],
    "services/nodeagent/link": ["base", "base/net", "base/streams", "proto", "auth", "services/nodeagent/state"],
    "services/nodeagent/tasks": ["base", "base/process", "proto", "actions/core", "services/nodeagent/runner"],
    "services/nodeagent/gate": ["base", "proto", "filter", "auth", "auth/access", "auth/audit", "actions/core", "actions/ddl",
                                "services/nodeagent/state", "services/nodeagent/tasks"],
    "services/nodeagent": ["auth/access", "auth/audit", "base", "base/daemon", "base/net", "base/process", "base/streams", "proto", "filter", "auth", "actions/catalog",
                           "actions/core", "actions/ddl", "actions/external", "actions/plugins/shell",
                           "services/nodeagent/facts", "services/nodeagent/gate", "services/nodeagent/link",
                           "services/nodeagent/runner", "services/nodeagent/state", "services/nodeagent/tasks"],
    "cli/terminal": ["base"],
    "cli/options": ["base", "proto", "filter"],
    "cli/session": ["base", "base/net", "base/process", "proto", "filter", "auth", "actions/ddl", "cli/terminal", "cli/options"],
    "cli/jobs": ["base", "proto", "actions/ddl", "cli/terminal", "cli/options", "cli/session"],
    "cli/views": ["base", "proto", "actions/ddl", "cli/terminal", "cli/options", "cli/session", "cli/jobs"],
    "cli/commands": ["base", "proto", "filter", "auth", "auth/access", "auth/audit", "actions/ddl", "cli/terminal", "cli/options", "cli/session", "cli/jobs",
                     "cli/views"],
    "cli/completion": ["base", "filter", "actions/ddl", "cli/terminal", "cli/options", "cli/session", "cli/views",
                       "cli/commands"],
    "cli": ["base", "base/net", "proto", "filter", "auth", "actions/ddl", "cli/terminal", "cli/options", "cli/session",
            "cli/commands"],
}
SEEN_BY_NOBODY = ["tests", "deploy", "docs"]
# Library (orch_room, orch_program) -> the folders of its rooms; any other library is the room of its name.
LIBRARIES = {
    "base": ["base", "base/process"],
    "auth": ["auth", "auth/access", "auth/audit"],
    "openid": ["auth/openid"],
    "daemon": ["base/daemon"],
    "net": ["base/net"],
    "ddl": ["actions/ddl"],
    "actions": [room for room in MAY_INCLUDE if room.startswith("actions/") and room != "actions/ddl"],
    "streams": ["base/streams"],
    "door": ["services/hub/door"],
    "fact_table": ["services/hub/nodes/fact_table"],
    "hub": [room for room in MAY_INCLUDE if re.match("services/hub(?!/door|/nodes/fact_table)", room)],
    "taskrunner": ["services/nodeagent/runner"],
    "nodeagent": [room for room in MAY_INCLUDE if re.match("services/nodeagent(?!/runner)", room)],
    "cli": [room for room in MAY_INCLUDE if room.split("/")[0] == "cli"],
    "orch-hub": ["services/hub"],
    "orch-taskrunner": ["services/nodeagent/runner"],
    "orch-nodeagent": ["services/nodeagent"],
    "orchctl": ["cli"],
}

# What is written -> the files that may write it, and what others do instead.
ONLY_HERE = [
    (r"\bv?fork\s*\(\s*\)|\bexecv?p?e?\s*\(|\bposix_spawnp?\s*\(|\bpopen\s*\(|\bstd::system\s*\(",
     r"base/process/\w+\.cc", "start processes through base/process/process.h"),
    # gRPC's own deadlines are on the system clock, so that one may be asked.
    (r"\babsl::Now\s*\(|\bsteady_clock::now\s*\(", r"base/clock\.cc", "take a Clock"),
    (r"\bstd::s?rand\s*\(|\bstd::random_device\b|\babsl::(?:Insecure)?BitGen\b", r"base/random\.cc", "take a Random"),
    # What this program has just written itself is no text from outside.
    (r"\b[Jj]son::(?:sax_)?parse\s*\((?!DumpJson\()", r"base/json\.cc", "parse JSON through base/json.h"),
    (r"\bstd::(?:mutex|condition_variable|lock_guard|unique_lock|scoped_lock)\b|\babsl::Mutex\b",
     r"base/mutex\.h", "use base/mutex.h"),
    # What people see is written by base/foreign_text.h; the wire takes inputs as they are.
    (r"(?<!inputs_json\()\bDumpJson\s*\(|\.dump\s*\(",
     r"(?!cli/).*|cli/terminal/value_text\.cc|cli/commands/plugin_templates\.cc", "show JSON through PrintableJson"),
    # nlohmann alone would write an integer beyond 64 bits as an object.
    (r"(?<!json)\.dump\s*\(", r"base/json_dump\.cc", "write JSON through DumpJson"),
    (r"\bYAML::", r"base/(?:yaml\w*|config_parse)\.(?:h|cc)", "read YAML through base/yaml.h"),
    (r"\bstd::regex\b", r"(?!)", "use RE2"),
    (r"\babsl::SleepFor\b|\bsleep_for\b|\bsleep_until\b|\busleep\s*\(", r"(?!)", "post a timer"),
]

MAX_COLUMNS = 120  # of a line in a room

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
LINKS = re.compile(r"orch_(?:room|program)\s*\(([^)]*)\)", re.S)
WORDS = {"NAME", "SOURCES", "DEPS", "EXTERNAL"}


def room_of(path):
    """Room a path from the root lies in; generated messages belong to proto; None: not ours."""
    if path.startswith("orch/v1/"):
        return "proto"
    parts = path.split("/")
    for size in (4, 3, 2, 1):
        room = "/".join(parts[:size])
        if len(parts) > size and (room in MAY_INCLUDE or room in SEEN_BY_NOBODY):
            return room
    return None


def include_problem(room, bracket, target, root, folder):
    if ".." in target.split("/"):
        return "includes start at the repository's root, without '..'"
    other = room_of(target)
    if other is None:
        beside = os.path.exists(os.path.join(root, folder, target))
        return "includes start at the repository's root" if bracket == '"' and beside else None
    if other != room and other not in MAY_INCLUDE[room]:
        return f"{room} may not include {other}; it may include {', '.join(MAY_INCLUDE[room]) or 'nothing but itself'}"
    return None


def check_source(root, path, room):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    problems = []
    for match in INCLUDE.finditer(text):
        problem = include_problem(room, match[1], match[2], root, os.path.dirname(path))
        if problem:
            problems.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[2]}: {problem}")
    code = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for pattern, where, instead in ONLY_HERE:
        if re.fullmatch(where, path):
            continue
        for match in re.finditer(pattern, code):
            problems.append(f"{path}:{code.count(chr(10), 0, match.start()) + 1}: {match[0].strip()}: {instead}")
    return problems


def check_links(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = re.sub(r"#[^\n]*", "", file.read())
    problems = []
    for call in LINKS.finditer(text):
        values, key = {}, None
        for word in call[1].split():
            if word in WORDS:
                key = word
            else:
                values.setdefault(key, []).append(word)
        name = values.get("NAME", [""])[0]
        rooms = LIBRARIES.get(name, [name])
        allowed = {other for room in rooms for other in MAY_INCLUDE.get(room, [])} | set(rooms)
        for dep in values.get("DEPS", []):
            if not allowed & set(LIBRARIES.get(dep, [dep])):
                line = text.count("\n", 0, call.start()) + 1
                problems.append(f"{path}:{line}: {name} may not link {dep}")
    return problems


def check_house(root):
    """(problems, number of sources read)."""
    problems, sources = [], 0
    for top in sorted({room.split("/")[0] for room in MAY_INCLUDE}):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), root)
                if name == "CMakeLists.txt":
                    problems += check_links(root, path)
                if not name.endswith((".h", ".cc")):
                    continue
                room = room_of(path)
                if room in MAY_INCLUDE:
                    sources += 1
                    problems += check_source(root, path, room)
                else:
                    problems.append(f"{path}: lies in no room of the table in {os.path.basename(__file__)}")
    return problems, sources


def circles(edges):
    """Names that a graph {name: its targets} leads back to themselves."""
    open_edges = {name: set(targets) & set(edges) for name, targets in edges.items()}
    while True:
        ends = {name for name, targets in open_edges.items() if not targets}
        if not ends:
            return sorted(open_edges)
        open_edges = {name: targets - ends for name, targets in open_edges.items() if name not in ends}


def file_circles(root):
    """Groups of files in which each includes all others, in some steps; a source and its header count as one file."""
    edges = {}
    for top in sorted({room.split("/")[0] for room in MAY_INCLUDE}):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in names:
                if not name.endswith((".h", ".cc")):
                    continue
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    targets = {os.path.splitext(match[2])[0] for match in INCLUDE.finditer(file.read())}
                stem = os.path.splitext(os.path.relpath(path, root))[0]
                edges.setdefault(stem, set()).update(targets - {stem})
    left = circles(edges)

    def reached_from(start):
        seen, ahead = set(), [start]
        while ahead:
            for name in edges[ahead.pop()] & set(left) - seen:
                seen.add(name)
                ahead.append(name)
        return seen

    reached = {name: reached_from(name) for name in left}
    return sorted({" ".join(sorted(other for other in reached[name] if name in reached[other]))
                   for name in left if name in reached[name]})


def long_lines(root):
    """Lines beyond MAX_COLUMNS."""
    problems = []
    for top in sorted({room.split("/")[0] for room in MAY_INCLUDE}):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if not name.endswith((".h", ".cc")):
                    continue
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    problems += [f"{os.path.relpath(path, root)}:{number}: longer than {MAX_COLUMNS} columns"
                                 for number, line in enumerate(file, 1) if len(line.rstrip("\n")) > MAX_COLUMNS]
    return problems


def unbuilt(root):
    """Sources that no list of their folder or one above it names: code that nobody compiles, tests that nobody runs."""
    problems = []
    for top in sorted({room.split("/")[0] for room in MAY_INCLUDE} | {"tests"}):
        for folder, _, names in os.walk(os.path.join(root, top)):
            lists, above = "", folder
            while len(above) > len(root):
                path = os.path.join(above, "CMakeLists.txt")
                if os.path.exists(path):
                    with open(path, encoding="utf-8") as file:
                        lists += file.read()
                above = os.path.dirname(above)
            problems += [f"{os.path.relpath(os.path.join(folder, name), root)}: in no CMakeLists.txt"
                         for name in sorted(names) if name.endswith(".cc")
                         and not re.search(rf"(?<![\w-]){re.escape(name)}\b", lists)]
    return problems


class SelfCheck(unittest.TestCase):
    """A house of one file each: forbidden ones must be found, lawful ones must not."""

    def problems(self, path, text):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, os.path.dirname(path)))
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
            with open(os.path.join(root, os.path.dirname(path), "beside.h"), "w", encoding="utf-8") as file:
                file.write("")
            return [problem for problem in check_house(root)[0] if "/beside.h: " not in problem]

    def test_finds_every_forbidden_pair_of_rooms(self):
        for room, allowed in MAY_INCLUDE.items():
            lines, forbidden = [], []
            for other in list(MAY_INCLUDE) + SEEN_BY_NOBODY:
                header = "orch/v1/job.pb.h" if other == "proto" else f"{other}/x.h"
                for form in (f'#include "{header}"', f"#  include <{header}>"):
                    lines.append(form)
                    if other != room and other not in allowed:
                        forbidden.append(f"{room}/a.cc:{len(lines)}: {header}")
            found = self.problems(f"{room}/a.cc", "\n".join(lines) + "\n")
            self.assertEqual([problem.rpartition(": " + room)[0] for problem in found], forbidden)

    def test_finds_includes_that_do_not_start_at_the_root(self):
        self.assertEqual(len(self.problems("filter/a.cc", '#include "beside.h"\n')), 1)
        self.assertEqual(len(self.problems("filter/a.cc", '#include "../auth/tls.h"\n')), 1)
        self.assertEqual(self.problems("filter/a.cc", '#include "re2/re2.h"\n#include <string>\n'), [])

    def test_finds_what_only_one_file_may_do(self):
        for line in ("fork();", 'execv("/bin/ls", argv);', "absl::Now();", "Json::parse(text);", "std::mutex mu;",
                     "std::regex word;", "std::this_thread::sleep_for(x);", "std::random_device chance;"):
            self.assertEqual(len(self.problems("cli/a.cc", f"void F() {{ {line} }}\n")), 1, line)
            text = line.replace('"', "")
            self.assertEqual(self.problems("cli/a.cc", f'// {line}\nconst char* text = "{text}";\n'), [], line)
        self.assertEqual(self.problems("base/process/process.cc", "int F() { return fork(); }\n"), [])

    def test_finds_forbidden_link_lists(self):
        for text in ("orch_room(NAME hub SOURCES a.cc DEPS base actions)", "orch_room(NAME ddl SOURCES a.cc DEPS base actions)"):
            self.assertEqual(len(self.problems("services/hub/CMakeLists.txt", text)), 1, text)
        self.assertEqual(self.problems("services/hub/CMakeLists.txt", "orch_room(NAME hub\n SOURCES a.cc\n DEPS base ddl auth)"), [])
        self.assertEqual(self.problems("actions/CMakeLists.txt", "orch_room(NAME actions SOURCES a.cc DEPS base ddl)"), [])

    def test_finds_a_file_in_no_room(self):
        for path in ("actions/a.cc", "services/hub.h", "actions/plugins/new/a.cc"):
            self.assertEqual(len(self.problems(path, "")), 1, path)

    def test_finds_circles(self):
        self.assertEqual(circles({"a": ["b"], "b": ["c"], "c": []}), [])
        self.assertEqual(circles({"a": ["b"], "b": ["c"], "c": ["b"], "d": []}), ["a", "b", "c"])

    def test_finds_circles_of_files(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "base"))
            for name, target in (("a.h", "base/b.h"), ("b.cc", "base/c.h"), ("c.h", "base/b.h"), ("d.cc", "base/d.h"),
                                 ("b.h", "base/d.h"), ("d.h", "string")):
                with open(os.path.join(root, "base", name), "w", encoding="utf-8") as file:
                    file.write(f'#include "{target}"\n')
            self.assertEqual(file_circles(root), ["base/b base/c"])

    def test_finds_long_lines(self):
        for columns, found in ((MAX_COLUMNS, 0), (MAX_COLUMNS + 1, 1)):
            with tempfile.TemporaryDirectory() as root:
                os.makedirs(os.path.join(root, "cli"))
                with open(os.path.join(root, "cli/a.cc"), "w", encoding="utf-8") as file:
                    file.write("// é" + "x" * (columns - 4) + "\n")
                self.assertEqual(len(long_lines(root)), found)

    def test_finds_sources_that_nobody_builds(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "tests/cli"))
            for name in ("table_test.cc", "unbuilt_table_test.cc"):
                with open(os.path.join(root, "tests/cli", name), "w", encoding="utf-8") as file:
                    file.write("")
            with open(os.path.join(root, "tests/cli/CMakeLists.txt"), "w", encoding="utf-8") as file:
                file.write("orch_test(NAME cli_test SOURCES table_test.cc)\n")
            self.assertEqual(unbuilt(root), ["tests/cli/unbuilt_table_test.cc: in no CMakeLists.txt"])


class TheHouse(unittest.TestCase):
    root = None

    def test_no_arrow_between_rooms_runs_back_up(self):
        self.assertEqual(circles(MAY_INCLUDE), [])

    def test_no_files_include_each_other_in_a_circle(self):
        self.assertEqual(file_circles(self.root), [])

    def test_every_row_is_a_room(self):
        self.assertEqual([room for room in MAY_INCLUDE if not os.path.isdir(os.path.join(self.root, room))], [])

    def test_every_source_is_built(self):
        problems = unbuilt(self.root)
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_lines_are_not_longer_than_they_may_be(self):
        problems = long_lines(self.root)
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_every_room_includes_and_links_only_what_it_may(self):
        problems, sources = check_house(self.root)
        self.assertGreater(sources, 30, f"only {sources} sources under {self.root}: is this the repository's root?")
        self.assertEqual(problems, [], "\n" + "\n".join(problems))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: house_includes.py ROOT")
    TheHouse.root = sys.argv.pop()
    unittest.main(verbosity=2)
