"""Wrong input: the error names the place and the fix, and no node hears of it."""
import os
import subprocess
import sys
import tempfile
import unittest

from fleet import BIN, Fleet


def setUpModule():
    global fleet
    fleet = Fleet(3)
    unittest.addModuleCleanup(fleet.close)


class WrongInputTest(unittest.TestCase):
    def setUp(self):
        self.jobs = int(fleet.status()["jobs_total"])

    def wrong(self, *arguments, words=(), **options):
        result = fleet.orchctl(*arguments, **options)
        self.assertEqual(result.code, 1, result)
        self.assertEqual(result.out, "", result)
        self.assertNotEqual(result.err, "", result)
        for word in words:
            self.assertIn(word, result.err, result)
        self.assertEqual(int(fleet.status()["jobs_total"]), self.jobs, f"something was sent\n{result}")
        return result

    def test_filters_are_refused_with_their_column(self):
        for arguments in (["-F", "osfamily=~"], ["-F", "osfamily"], ["-S", "osfamily=Debian and ("], ["-S", "a=1 xor b=2"],
                          ["-F", "osfamily=~/(/"], ["-C", "/[/"], ["-W", "=x"]):
            with self.subTest(arguments):
                self.assertRegex(self.wrong("invoke", "rpcutil", "ping", *arguments).err, r"(?i)column \d+")

    def test_an_identity_with_a_wildcard_is_refused_with_the_regex_to_write(self):
        self.assertRegex(self.wrong("ping", "-I", "web*").err, r"/\^?web")

    def test_plugins_and_actions_nobody_has_are_refused_with_the_nearest(self):
        self.wrong("invoke", "pakage", "checkupdates", words=["package"])
        self.wrong("invoke", "package", "chekupdates", words=["checkupdates"])

    def test_inputs_are_checked_before_anything_is_sent(self):
        self.wrong("invoke", "rpcutil", "get_fact", words=["fact"])
        self.wrong("invoke", "rpcutil", "get_fact", "fcat=osfamily", words=["fcat"])
        self.wrong("invoke", "rpcutil", "get_fact", "fact", words=["fact"])
        self.wrong("invoke", "rpcutil", "get_fact", "fact=" + "x" * 10_000, words=["fact"])

    def test_options_and_commands_that_are_misspelt_are_refused_with_the_nearest(self):
        self.wrong("pign", words=["ping"])
        self.wrong("find", "--with-fcat", "a=b", words=["--with-fact"])
        self.wrong("find", "-F", words=["-F"])
        self.wrong("find", "--limit", "0", words=["--limit"])
        self.wrong("find", "--limit", "-3")
        self.wrong("ping", "-t", "soon", words=["soon"])
        self.wrong("ping", "--batch", "x", words=["x"])

    def test_an_empty_pipe_never_means_the_whole_fleet(self):
        for arguments in (["rpc", "rpcutil", "ping"], ["rpc", "rpcutil", "ping", "--nodes", "-"]):
            with self.subTest(arguments):
                self.wrong(*arguments, text="", words=["node"])
                self.wrong(*arguments, text="\n# nobody\n\n", words=["node"])

    def test_a_pipe_of_wrong_names_is_refused(self):
        self.wrong("rpc", "rpcutil", "ping", text="node001.example.net\nnode 2;rm\n", words=["2"])

    def test_a_nodes_file_that_is_missing_or_empty_is_named(self):
        self.wrong("rpc", "rpcutil", "ping", "--nodes", "/no/such/file", words=["/no/such/file"])
        with tempfile.NamedTemporaryFile("w") as file:
            self.wrong("rpc", "rpcutil", "ping", "--nodes", file.name, words=[file.name])

    def test_an_unfiltered_change_without_a_terminal_needs_yes(self):
        self.wrong("package", "no-such-package-xyz", "install", words=["--yes"])
        self.wrong("service", "no-such-service-xyz", "restart", words=["--yes"])

    def test_a_wrong_configuration_names_file_line_and_key(self):
        path = fleet.write_config("wrong", hubb="127.0.0.1:1")
        result = fleet.orchctl("ping", config=path)
        self.assertEqual(result.code, 1, result)
        self.assertRegex(result.err, rf"{path}:\d+: key 'hubb' is unknown; did you mean 'hub'\?")
        missing = fleet.orchctl("ping", config="/no/such/client.yaml")
        self.assertEqual(missing.code, 1, missing)
        self.assertIn("/no/such/client.yaml", missing.err)

    def test_the_services_name_what_is_wrong_with_their_configuration(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("identity: x\nlisen: 127.0.0.1:0\n")
            file.flush()
            for program in ("orch-hub", "orch-nodeagent"):
                done = subprocess.run([str(BIN / program), "-c", file.name], text=True, capture_output=True, timeout=20)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(f"{file.name}:2", done.stderr + done.stdout)

    def test_help_is_no_error_also_when_piped(self):
        for arguments in ([], ["--help"], ["ping", "--help"], ["invoke", "--help"], ["help"], ["help", "find"],
                          ["plugin", "--help"], ["hub", "--help"], ["completion", "--help"]):
            with self.subTest(arguments):
                done = subprocess.run([str(BIN / "orchctl"), *arguments], text=True, capture_output=True, timeout=20,
                                      stdin=subprocess.PIPE, env=dict(os.environ, ORCHCTL_CONFIG="/no/such/file"))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("sage", done.stdout)

    def test_completion_scripts_parse(self):
        for shell in ("bash", "zsh"):
            script = subprocess.run([str(BIN / "orchctl"), "completion", shell], text=True, capture_output=True, check=True)
            self.assertIn("orchctl", script.stdout)
            if shell == "bash":
                subprocess.run(["bash", "-n"], input=script.stdout, text=True, check=True)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
