"""docs/PLUGINS.md, done as it says: its files are installed on a real agent, its commands are run."""
import pathlib
import re
import shlex
import shutil
import sys
import tempfile
import unittest

from fleet import ROOT, Fleet

PAGE = ROOT / "docs/PLUGINS.md"
PLACE = "/etc/orch/plugins.d/"
LIBRARY = "/usr/share/mcollective/plugins/"


def blocks():
    """(line before, kind, text) of each fenced block."""
    before, kind, text = "", None, []
    for line in PAGE.read_text().splitlines():
        if kind is None and line.startswith("```"):
            kind, text = line[3:], []
        elif kind is not None and line == "```":
            yield before, kind, "\n".join(text) + "\n"
            before, kind = "", None
        elif kind is None:
            before = line
        else:
            text.append(line)


def steps():
    """("file", name, text, mode) and ("run", words, expected lines, None), in the page's order."""
    for before, kind, text in blocks():
        named = re.search(rf"`{PLACE}(\w+(?:\.json)?)`(, mode 0755)?:$", before)
        old = re.search(rf"`{LIBRARY}([\w/]+\.\w+)`:$", before)
        if old:
            yield "file", f"library/{old[1]}", text, 0o644
        elif named:
            yield "file", named[1], text, 0o755 if named[2] else 0o644
        elif kind == "console":
            for part in re.split(r"(?m)^\$ ", text)[1:]:
                command, _, expected = part.partition("\n")
                yield "run", shlex.split(command), expected.splitlines(), None


class PluginsPageTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="orch-ring-page."))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        self.fleet = Fleet(1, agent_yaml=f"plugins.directories: [{self.folder}]\n"
                                         f"plugins.mcollective: [{self.folder}/library]\n")
        self.addCleanup(self.fleet.close)

    def run_command(self, words, expected):
        self.assertEqual(words[0], "orchctl")
        result = self.fleet.orchctl(*words[1:])
        shown = [" ".join(line.split()) for line in (result.out + result.err).splitlines()]
        for line in expected:
            pattern = re.escape(" ".join(line.split())).replace("…", ".*")
            self.assertTrue(any(re.search(pattern, candidate) for candidate in shown), f"no line {line!r}: {result}")

    def test_the_examples_work_as_they_stand(self):
        done = {"file": 0, "run": 0}
        for kind, first, second, mode in steps():
            done[kind] += 1
            if kind == "run":
                self.run_command(first, second)
            else:
                (self.folder / first).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / first).parent.chmod(0o755)
                (self.folder / first).write_text(second)
                (self.folder / first).chmod(mode)
        lost = "the page's examples are not where this test looks for them"
        self.assertGreaterEqual(done["file"], 8, lost)
        self.assertGreaterEqual(done["run"], 12, lost)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
