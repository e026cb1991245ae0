"""What operators do to log files, and numbers that no step on the way may change, on real programs."""
import json
import os
import pathlib
import shutil
import signal
import stat
import tempfile
import unittest

from fleet import Fleet, wait_until

HUGE = 123456789012345678901234567890123
# Answers with what it was given, and with a number of its own.
ECHO = f"""#!/usr/bin/env python3
import json, sys
request = json.load(open(sys.argv[1]))
if sys.argv[3].endswith("activation_request"):
    answer = {{"activate": True}}
else:
    answer = {{"statuscode": 0, "data": {{"number": request["data"]["number"], "own": {HUGE + 1}}}}}
json.dump(answer, open(sys.argv[2], "w"))
"""
DDL = {
    "metadata": {"name": "echo", "description": "Made by a test", "author": "a", "license": "Apache-2.0",
                 "version": "1.0.0", "url": "https://example.com", "timeout": 30, "provider": "external"},
    "actions": [{"action": "say", "description": "Says it", "display": "always", "impact": "read",
                 "input": {"number": {"prompt": "Number", "description": "Any", "type": "integer", "optional": False}},
                 "output": {"number": {"description": "It", "display_as": "Number"},
                            "own": {"description": "Its own", "display_as": "Own"}}}]}


def setUpModule():
    global fleet, holder
    holder = pathlib.Path(tempfile.mkdtemp(prefix="orch-ring-logs."))
    unittest.addModuleCleanup(shutil.rmtree, holder)
    plugins = holder / "plugins.d"
    plugins.mkdir(mode=0o755)
    (plugins / "echo").write_text(ECHO)
    (plugins / "echo").chmod(0o755)
    (plugins / "echo.json").write_text(json.dumps(DDL))
    (plugins / "echo.json").chmod(0o644)
    fleet = Fleet(1, agent_yaml=f"plugins.directories: [{plugins}]\nlog.file: {holder}/agent.log\n",
                  hub_yaml=f"log.file: {holder}/hub.log\n")
    unittest.addModuleCleanup(fleet.close)


class Logs(unittest.TestCase):
    def check_rotation(self, log, pid):
        rotated = log.with_suffix(".log.1")
        log.rename(rotated)
        os.kill(pid, signal.SIGHUP)
        wait_until(f"{log.name} is there again", log.exists)
        self.assertEqual(stat.S_IMODE(log.stat().st_mode), 0o600)
        wait_until("it is written to", lambda: log.stat().st_size > 0)
        self.assertGreater(rotated.stat().st_size, 0, "what was written before is still there")

    def test_hup_opens_the_log_anew_in_both_programs(self):
        self.check_rotation(holder / "hub.log", fleet.pid())
        self.check_rotation(holder / "agent.log", fleet.pid(fleet.nodes[0]))
        fleet.wait_connected(fleet.nodes)
        self.assertEqual(fleet.orchctl("ping").code, 0, "and nobody was disturbed")


class Numbers(unittest.TestCase):
    def test_an_integer_beyond_64_bits_keeps_its_digits_all_the_way(self):
        for arguments in ((f"number={HUGE}",), ("--input-file", self.input_file())):
            result = fleet.orchctl("rpc", "echo", "say", *arguments, "-j")
            self.assertEqual(result.code, 0, result)
            data = result.json()["replies"][0]["data"]
            self.assertEqual((data["number"], data["own"]), (HUGE, HUGE + 1), result)
            shown = fleet.orchctl("rpc", "echo", "say", *arguments)
            self.assertIn(str(HUGE), shown.out)
            self.assertIn(str(HUGE + 1), shown.out)

    @staticmethod
    def input_file():
        path = holder / "input.json"
        path.write_text(json.dumps({"number": HUGE}))
        return str(path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
