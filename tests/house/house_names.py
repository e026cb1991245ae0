#!/usr/bin/env python3
"""Checks that a name in an unnamed namespace stands in one source file of its library or program only.

A unity build compiles several sources as one. Two functions of the same name then become overloads of each
other, and a call may silently reach the wrong one. The compiler reports only some of these cases, so this
check reports them all.

  house_names.py ROOT    checks the tree at ROOT after proving that the check can fail
"""
import collections
import pathlib
import re
import sys

TARGET = re.compile(r"^orch_(?:room|test|program)\((.*?)\)$", re.MULTILINE | re.DOTALL)
TARGET_NAME = re.compile(r"NAME\s+(\S+)")
SOURCE = re.compile(r"[\w./-]+\.cc\b")
UNNAMED = re.compile(r"^namespace \{\n(.*?)^\}  // namespace\n", re.MULTILINE | re.DOTALL)
RAW_STRING = re.compile(r'R"(\w*)\(.*?\)\1"', re.DOTALL)
TYPE = re.compile(r"(?:class|struct|enum class|enum|union)\s+(?:\w+\(.*?\)\s+)?(\w+)\b[^;]*$")
CONSTANT = re.compile(r"\b(k[A-Z]\w*)(?=[ \[{=;])")
FUNCTION = re.compile(r"\b(\w+)\(")
TEST_MACROS = {"TEST", "TEST_F", "TEST_P", "MATCHER", "MATCHER_P", "MATCHER_P2", "INSTANTIATE_TEST_SUITE_P", "TYPED_TEST",
               "TYPED_TEST_SUITE", "INSTANTIATE_TYPED_TEST_SUITE_P", "static_assert"}


def names_in(text):
    """The names that the unnamed namespaces of a formatted source declare at their top level."""
    names = set()
    for block in UNNAMED.finditer(RAW_STRING.sub('""', text)):
        for line in block.group(1).splitlines():
            if not line or line.startswith((" ", "/", "}", ")", "#", "using ", "template", "namespace ")):
                continue
            found = TYPE.match(line) or CONSTANT.search(line.split("(")[0]) or FUNCTION.search(line)
            if found and found.group(1) not in TEST_MACROS:
                names.add(found.group(1))
    return names


def repeated(sources):
    """`sources` maps a file's name to its text; returns (name, files) for each name of several files."""
    files_of = collections.defaultdict(set)
    for file, text in sources.items():
        for name in names_in(text):
            files_of[name].add(file)
    return sorted((name, sorted(files)) for name, files in files_of.items() if len(files) > 1)


def targets(root):
    """Yields the name of each room, program and test with its source files."""
    for listing in sorted(root.rglob("CMakeLists.txt")):
        if "build" in listing.relative_to(root).parts:
            continue
        for call in TARGET.finditer(listing.read_text()):
            files = [listing.parent / source for source in SOURCE.findall(call.group(1))]
            yield TARGET_NAME.search(call.group(1)).group(1), [file for file in files if file.exists()]


def prove():
    source = "namespace {\n\nconstexpr int kMost = 1;\n\nint Read(int value) {\n  return value;\n}\n\nstruct Row {\n};\n}  // namespace\n"
    other = source.replace("int value", "long value")
    assert [name for name, _ in repeated({"a.cc": source, "b.cc": other})] == ["Read", "Row", "kMost"]
    assert not repeated({"a.cc": source, "b.cc": "int Read();\n"})


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    prove()
    count = wrong = 0
    for target, files in targets(root):
        count += len(files)
        for name, places in repeated({str(file.relative_to(root)): file.read_text() for file in files}):
            print(f"{target}: {name} stands in the unnamed namespaces of {', '.join(places)}; rename all but one")
            wrong += 1
    if count < 100:
        sys.exit(f"only {count} sources found below {root}: the pattern for CMake's lists no longer fits")
    print(f"{count} sources, {wrong} names used twice in a target")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
