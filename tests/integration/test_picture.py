"""The README's picture: docs/terminal.py draws what the real programs print, and docs/terminal.svg shows its commands."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

from fleet import BIN, ROOT

PICTURE = ROOT / "docs/terminal.svg"


def lines(path):
    """What the picture shows, a text a line of the terminal."""
    rows = {}
    for text in xml.etree.ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text"):
        rows.setdefault(float(text.get("y")), []).append(text.text)
    return [" ".join(parts) for _, parts in sorted(rows.items())]


class PictureTest(unittest.TestCase):
    def test_the_script_draws_what_the_programs_print(self):
        with tempfile.TemporaryDirectory() as folder:
            drawn = pathlib.Path(folder, "terminal.svg")
            subprocess.run([sys.executable, ROOT / "docs/terminal.py", drawn], env={**os.environ, "ORCH_BIN": str(BIN)},
                           stdin=subprocess.DEVNULL, check=True, timeout=300)
            shown = lines(drawn)
            commands = [line for line in shown if line.startswith("$ ")]
            self.assertEqual(len(commands), 3, shown)
            self.assertEqual(commands, [line for line in lines(PICTURE) if line.startswith("$ ")],
                             "docs/terminal.svg is of an earlier docs/terminal.py; run the script")
            self.assertEqual(sum("time=" in line for line in shown), 4, shown)
            away = [line for line in shown if line.endswith("not connected: node004.example.net")]
            self.assertEqual(len(away), 2, shown)


if __name__ == "__main__":
    unittest.main()
