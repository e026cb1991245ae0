#!/usr/bin/env python3
"""The documents are alive: links lead somewhere, the README stays short, every decision and every setting is listed.

Run by ctest with the repository's root as argument; each rule is first shown to fail on a document that breaks it.
"""
import collections
import os
import re
import sys
import tempfile
import unittest
import urllib.parse

sys.dont_write_bytecode = True
import house_includes  # noqa: E402 (after the line above: nothing is written into the sources)

MAX_README_LINES = 120
SKIPPED = {".git", "build", "node_modules"}
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|\b(?:src|srcset|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.M | re.S)
READS = r"read(?:\.|->)(?:String|Int|Bool|Duration|List|Choice|Section)\(|ReadFolders\(&read, "
SETTING = re.compile(rf'\b(?:{READS})"([^"]+)"')
ROW = re.compile(r"^\|\s*\[(\d{4})\]\(([^)]+)\)\s*\|[^|]+\|\s*\d{4}-\d\d-\d\d\s*\|\s*[^|\s][^|]*\|\s*$", re.M)
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.S)


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def documents(root):
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        for name in sorted(files):
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(folder, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def anchors(text):
    """Names of a page's headings, as the usual hosts of repositories make them."""
    times = collections.Counter()
    found = set()
    for heading in re.findall(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", FENCE.sub(blank, text), re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(f"{name}-{times[name]}" if times[name] else name)
        times[name] += 1
    return found


def dead_links(root):
    problems = []
    for path in documents(root):
        # Inside code nothing is a link; the text of a link may itself be code.
        text = FENCE.sub(blank, read(root, path))
        text = re.sub(r"\[(`[^`\n]*`)\]", lambda match: "[" + "x" * len(match[1]) + "]", text)
        text = CODE.sub(blank, text)
        for match in LINK.finditer(text):
            link = match[1] or match[2]
            where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {link}"
            if re.match(r"[a-z][a-z0-9+.-]*:", link):
                continue
            target, _, anchor = urllib.parse.unquote(link).partition("#")
            file = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if target.startswith("/") or file.startswith(".."):
                problems.append(f"{where}: leads out of the repository")
            elif not os.path.exists(os.path.join(root, file)):
                problems.append(f"{where}: there is no such file")
            elif anchor and file.endswith(".md") and anchor not in anchors(read(root, file)):
                problems.append(f"{where}: the page has no such heading")
    return problems


def missing_paths(root):
    """Paths in code spans that do not exist; decisions and the changelog speak of their own time."""
    tops = [name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name)) and name[0] != "."]
    path_of = re.compile(rf"`((?:{'|'.join(sorted(tops))})/[a-z0-9_./-]*[a-z0-9_/])(?: [^`]*)?`")
    problems = []
    for page in documents(root):
        if page == "CHANGELOG.md" or page.startswith("docs/decisions/"):
            continue
        text = FENCE.sub(blank, read(root, page))
        for match in path_of.finditer(text):
            path = os.path.join(root, match[1])
            if not match[1].startswith("build/") and not any(os.path.exists(path + end) for end in ("", ".h", ".cc")):
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{page}:{line}: {match[1]}: there is no such file")
    return problems


def missing_calls(root):
    """Calls "`Class::Method` (`path`)" of a document whose file does not define the method."""
    problems = []
    for page in documents(root):
        text = FENCE.sub(blank, read(root, page))
        for match in re.finditer(r"`(\w+)::(\w+)` \(`([\w/]+\.(?:cc|h))`\)", text):
            source = read(root, match[3]) if os.path.exists(os.path.join(root, match[3])) else ""
            inline = match[3].endswith(".h") and re.search(rf"\bclass {match[1]}\b", source) and re.search(rf"\b{match[2]}\(", source)
            if not inline and not re.search(rf"\b{match[1]}(?:<[^>]*>)?::{match[2]}\(", source):
                problems.append(f"{page}:{text.count(chr(10), 0, match.start()) + 1}: {match[3]} does not define {match[1]}::{match[2]}")
    return problems


def unnamed_rooms(page, rooms):
    """Rooms that the page does not name, by their path or by their name below their program."""
    problems = []
    for room in rooms:
        names = {room, re.sub(r"^(services/hub|services/nodeagent|cli)/", "", room),
                 re.sub(r"^actions/plugins/\w+$", "actions/plugins/NAME", room)}
        if not any(f"`{name}`" in page or f"`{name}/`" in page for name in names):
            problems.append(f"docs/ARCHITECTURE.md: the room {room} is not in its tables")
    return problems


def long_readme(root):
    lines = read(root, "README.md").count("\n")
    return [f"README.md has {lines} lines, more than {MAX_README_LINES}"] if lines > MAX_README_LINES else []


def unlisted_decisions(root):
    """Decisions without a row in the index; rows without a date and a state; titles that differ in number."""
    folder = "docs/decisions"
    index, problems = read(root, f"{folder}/README.md"), []
    rows = dict(ROW.findall(index))
    for name in sorted(os.listdir(os.path.join(root, folder))):
        if name == "README.md" or not name.endswith(".md"):
            continue
        if rows.get(name[:4]) != name:
            problems.append(f"{folder}/{name}: no row with number, title, date and state in {folder}/README.md")
        if not read(root, f"{folder}/{name}").startswith(f"# {name[:4]}: "):
            problems.append(f"{folder}/{name}: its first line must begin with '# {name[:4]}: '")
    return problems


def undocumented_settings(root):
    """Keys that a program reads from its configuration file and the documents do not name."""
    page, problems, keys = read(root, "docs/CONFIGURATION.md"), [], 0
    folder = os.path.join(root, "docs/man")
    manual = "".join(read(root, f"docs/man/{name}") for name in sorted(os.listdir(folder)))
    for top in ("services", "cli"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(name for name in names if name.endswith("config.cc")):
                path = os.path.relpath(os.path.join(folder, name), root)
                for key in sorted(set(SETTING.findall(read(root, path)))):
                    keys += 1
                    if f"`{key}`" not in page and f"`{key}." not in page:
                        problems.append(f"{path}: {key}: not in docs/CONFIGURATION.md")
                    if key not in manual:
                        problems.append(f"{path}: {key}: not in docs/man")
    return problems if keys else ["no source reads a setting: where are the files *config.cc?"]


class SelfCheck(unittest.TestCase):
    def problems(self, rule, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return rule(root)

    def test_finds_dead_links(self):
        page = {"docs/A.md": "# One thing, `two`\n## Same\n## Same\n"}
        for link in ("docs/B.md", "A.md", "docs/A.md#none", "#none", "../x.md", "/docs/A.md", "docs/A.md#same-2"):
            self.assertEqual(len(self.problems(dead_links, {**page, "README.md": f"x\n\n[a]({link})\n"})), 1, link)
        several = '[`a`](b.md) ![a](b.svg) <img src="c.svg">\n'
        self.assertEqual(len(self.problems(dead_links, {"README.md": several})), 3)

    def test_takes_links_that_lead_somewhere(self):
        page = {"docs/A.md": "# One thing, `two`\n## Same\n## Same\n[up](../README.md)\n"}
        for link in ("docs/A.md", "docs/", "docs/A.md#one-thing-two", "docs/A.md#same-1", "https://example.com/",
                     "#here"):
            self.assertEqual(self.problems(dead_links, {**page, "README.md": f"# Here\n[a]({link})\n"}), [], link)
        self.assertEqual(self.problems(dead_links, {"README.md": "`[a](b.md)`\n```\n[a](b.md)\n```\n"}), [])

    def test_finds_paths_that_do_not_exist(self):
        files = {"base/net/tunnel.h": "", "README.md": ""}
        for span, found in (("base/net/tunnel", 0), ("base/net/tunnel.h", 0), ("base/net/", 0), ("base/NAME.h", 0),
                            ("base/*.h", 0), ("base/other.h", 1), ("base/other.h --flag", 1), ("baseline/x", 0)):
            self.assertEqual(len(self.problems(missing_paths, {**files, "docs/A.md": f"`{span}`\n"})), found, span)
            decision = {**files, "docs/decisions/0001-a.md": f"`{span}`\n"}
            self.assertEqual(self.problems(missing_paths, decision), [], span)

    def test_finds_calls_that_do_not_exist(self):
        page = "`A::Run` (`cli/a.cc`) and `A::Stop` (`cli/a.cc`) and `B::Go` (`cli/b.h`) and `B::Stay` (`cli/b.h`)\n"
        sources = {"cli/a.cc": "void A::Run() {}\n", "cli/b.h": "class B {\n  void Go() {}\n};\n", "README.md": page}
        found = self.problems(missing_calls, sources)
        self.assertEqual([problem.rpartition(" ")[2] for problem in found], ["A::Stop", "B::Stay"])

    def test_finds_rooms_that_are_not_named(self):
        page = "`base` `base/net` | `door` | `services/hub/` `actions/plugins/NAME`"
        rooms = ["base", "base/net", "services/hub", "services/hub/door", "actions/plugins/nrpe", "services/hub/jobs"]
        self.assertEqual([problem.split()[3] for problem in unnamed_rooms(page, rooms)], ["services/hub/jobs"])

    def test_finds_a_long_readme(self):
        for lines, found in ((MAX_README_LINES, 0), (MAX_README_LINES + 1, 1)):
            self.assertEqual(len(self.problems(long_readme, {"README.md": "x\n" * lines})), found)

    def test_finds_settings_that_are_not_documented(self):
        for page, manual, found in (("`a.b` is 5", ".It Li a.b", 0), ("a.b is 5", "a.b", 1), ("`a.b`", "a.c", 1),
                                    ("", "", 2)):
            files = {"docs/CONFIGURATION.md": page, "docs/man/orch-hub.8": manual,
                     "services/hub/config.cc": 'x = read->Int("a.b", 5, 1, 9);\n'}
            self.assertEqual(len(self.problems(undocumented_settings, files)), found, page)
        nothing = {"docs/CONFIGURATION.md": "", "docs/man/orch-hub.8": "", "cli/x.cc": ""}
        self.assertEqual(len(self.problems(undocumented_settings, nothing)), 1)

    def test_finds_decisions_that_are_not_listed(self):
        row = "| [0001](0001-a.md) | A | 2026-11-21 | in force |\n"
        for text, index, found in (("# 0001: A\n", row, 0), ("# 0001: A\n", "", 1), ("# 0002: A\n", row, 1),
                                   ("# 0001: A\n", row.replace("in force", ""), 1)):
            files = {"docs/decisions/0001-a.md": text, "docs/decisions/README.md": index}
            self.assertEqual(len(self.problems(unlisted_decisions, files)), found, (text, index))


class Documents(unittest.TestCase):
    root = None

    def check(self, problems):
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_links_lead_somewhere(self):
        self.assertGreater(len(list(documents(self.root))), 10, f"is {self.root} the repository's root?")
        self.check(dead_links(self.root))

    def test_paths_exist(self):
        self.check(missing_paths(self.root))

    def test_calls_exist(self):
        self.check(missing_calls(self.root))

    def test_every_room_is_in_the_architecture(self):
        self.check(unnamed_rooms(read(self.root, "docs/ARCHITECTURE.md"), house_includes.MAY_INCLUDE))

    def test_the_readme_is_short(self):
        self.check(long_readme(self.root))

    def test_every_decision_is_in_the_index(self):
        self.check(unlisted_decisions(self.root))

    def test_every_setting_is_documented(self):
        self.check(undocumented_settings(self.root))

    def test_the_changelog_says_what_is_not_released(self):
        self.assertRegex(read(self.root, "CHANGELOG.md"), r"(?m)^## \[Unreleased\]$")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: documents.py ROOT")
    Documents.root = sys.argv.pop()
    unittest.main(verbosity=2)
