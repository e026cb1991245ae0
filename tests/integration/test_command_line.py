"""What the command line makes of the fleet: commands from DDLs, completion by real shells, jobs by id."""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import unittest

from fleet import BIN, PATIENCE, Fleet


LANGUAGES = {"inshell": "shell", "inpython": "python", "asworker": "worker-python"}


def setUpModule():
    global fleet, folder
    folder = pathlib.Path(tempfile.mkdtemp(prefix="orch-ring-generated."))
    unittest.addModuleCleanup(shutil.rmtree, folder)
    for name, language in LANGUAGES.items():
        subprocess.run([str(BIN / "orchctl"), "plugin", "generate", "agent", name, "--actions", "greet,leave", "--language",
                        language, "-o", str(folder)], check=True, stdout=subprocess.DEVNULL)
    make_vault()
    fleet = Fleet(3, agent_yaml=f"plugins.directories: [{folder}]\n")
    unittest.addModuleCleanup(fleet.close)


def make_vault():
    """A plugin with an input that must stand nowhere."""
    subprocess.run([str(BIN / "orchctl"), "plugin", "generate", "agent", "vault", "--actions", "open", "-o", str(folder)],
                   check=True, stdout=subprocess.DEVNULL)
    ddl = json.loads((folder / "vault.json").read_text())
    message = ddl["actions"][0]["input"]["message"]
    message["sensitive"] = True
    del message["default"]
    (folder / "vault.json").write_text(json.dumps(ddl))


def read_until(master, mark, settle=0.3, seconds=20):
    """Reads until the mark was seen and nothing more came for a while, or the other end has closed; without colours."""
    text = ""
    while select.select([master], [], [], settle if mark in text else seconds * PATIENCE)[0]:
        try:
            text += os.read(master, 4096).decode(errors="replace")
        except OSError:
            break
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\r\a]", "", text)


def on_terminal(arguments, question, answer):
    """Runs orchctl on a terminal and answers its question: exit code, what was seen, and its arguments as others see them."""
    master, slave = pty.openpty()
    process = subprocess.Popen(fleet.command(arguments), stdin=slave, stdout=slave, stderr=slave, close_fds=True,
                               start_new_session=True)
    os.close(slave)
    try:
        seen = read_until(master, question)
        shown = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
        os.write(master, answer.encode())
        seen += read_until(master, "\0")  # to the end
        return process.wait(timeout=60 * PATIENCE), seen, shown
    finally:
        process.kill()
        process.wait()
        os.close(master)


def shell(program, text, **variables):
    environment = dict(os.environ, PATH=f"{BIN}:{os.environ['PATH']}", ORCHCTL_CONFIG=str(fleet.client_yaml), **variables)
    return subprocess.run([program], input=text, env=environment, text=True, timeout=60 * PATIENCE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class TypedCommandTest(unittest.TestCase):
    def test_an_input_is_an_option_and_the_answer_that_of_invoke(self):
        typed = fleet.orchctl("rpcutil", "get_fact", "--fact", "role", "--sort", "-q")
        self.assertEqual(typed.code, 0, typed)
        self.assertEqual(typed.out, fleet.orchctl("invoke", "rpcutil", "get_fact", "fact=role", "--sort", "-q").out)

    def test_help_lists_actions_and_inputs_of_the_ddl(self):
        plugin = fleet.orchctl("rpcutil", "--help")
        self.assertEqual(plugin.code, 0, plugin)
        self.assertRegex(plugin.out, r"(?m)^    get_fact +\S", plugin)
        action = fleet.orchctl("help", "rpcutil", "get_fact")
        self.assertRegex(action.out, r"(?m)^        --fact FACT +.*\(required\)$", action)

    def test_wrong_words_name_the_nearest_and_send_nothing(self):
        for words, message in ((["rpcutl", "ping"], "did you mean rpcutil?"),
                               (["rpcutil", "get_fcat"], "did you mean get_fact?"),
                               (["rpcutil", "get_fact", "--fcat", "x"], "did you mean --fact?"),
                               (["rpcutil", "get_fact"], "fact")):
            result = fleet.orchctl(*words)
            self.assertEqual((result.code, result.out), (1, ""), result)
            self.assertIn(message, result.err, result)


class GeneratedPluginTest(unittest.TestCase):
    def test_what_generate_writes_is_valid_and_runs_on_nodes_as_it_is(self):
        valid = fleet.orchctl("plugin", "validate", str(folder))
        self.assertEqual((valid.code, valid.out.count(": OK, ")), (0, len(LANGUAGES) + 1), valid)
        for name in LANGUAGES:
            result = fleet.orchctl(name, "greet", "--message", "it's me", "-j")
            self.assertEqual(result.code, 0, result)
            self.assertEqual([reply["data"] for reply in result.json()["replies"]], [{"message": "it's me"}] * 3, result)


class SensitiveInputTest(unittest.TestCase):
    def test_it_is_asked_for_on_a_terminal_and_shown_to_nobody(self):
        code, seen, shown = on_terminal(["vault", "open", "--senders", "--sort"], "not shown): ", "swordfish\n")
        self.assertEqual(code, 0, seen)
        self.assertTrue(seen.endswith("\n".join(fleet.nodes) + "\n"), seen)
        self.assertNotIn("swordfish", seen + shown)

    def test_it_comes_from_a_file_a_program_or_standard_input(self):
        (folder / "secret").write_text("sword fish\n")
        (folder / "inputs.json.txt").write_text('{"message": "sword fish"}')
        for words, text in ((["message=@" + str(folder / "secret")], None), (["message=@-"], "sword fish\n"),
                            (["--input-file", str(folder / "inputs.json.txt")], None),
                            (["--input-file", "-"], '{"message": "sword fish"}')):
            result = fleet.orchctl("vault", "open", "-j", *words, text=text)
            self.assertEqual(result.code, 0, result)
            self.assertEqual([reply["data"] for reply in result.json()["replies"]], [{"message": "sword fish"}] * 3, result)

    def test_without_a_terminal_it_is_said_how_to_give_it(self):
        result = fleet.orchctl("vault", "open")
        self.assertEqual((result.code, result.out), (1, ""), result)
        self.assertIn("message=@FILE", result.err)


class ShorthandTest(unittest.TestCase):
    def test_a_range_names_nodes(self):
        result = fleet.orchctl("find", "-I", fleet.nodes[0].replace("node001", "node[001-002]"))
        self.assertEqual((result.code, result.out.split()), (0, fleet.nodes[:2]), result)

    def test_a_dry_run_says_the_waves_and_sends_nothing(self):
        before = fleet.orchctl("job", "list", "--all", "-j").json()
        result = fleet.orchctl("filemgr", "touch", "file=/nonexistent/x", "--canary", "1", "--dry-run", "-j")
        self.assertEqual(result.code, 0, result)
        plan = result.json()
        self.assertEqual(plan["targets"], fleet.nodes, plan)
        self.assertEqual([wave["nodes"] for wave in plan["waves"]], [fleet.nodes[:1], fleet.nodes[1:]], plan)
        self.assertEqual(fleet.orchctl("job", "list", "--all", "-j").json(), before)

    def test_the_job_of_a_paused_canary_goes_on_when_the_person_says_so(self):
        code, seen, _ = on_terminal(["rpcutil", "ping", "--canary", "1", "--np"], "cancel it): ", "y\n")
        self.assertEqual(code, 0, seen)
        self.assertIn("The first 1 of 3 nodes (canary) succeeded.", seen)
        self.assertIn("Finished processing 3 / 3 hosts", seen)


class CompletionTest(unittest.TestCase):
    def bash(self, *line):
        """What bash offers when TAB is pressed behind the last of these words, as bash has split them."""
        words = " ".join(f"'{word}'" for word in line)
        done = shell("bash", f"source <(orchctl completion bash)\nCOMP_WORDS=(orchctl {words})\n"
                             "COMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_orchctl\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
        self.assertEqual(done.stderr, "", done)
        return done.stdout.split()

    def test_bash_offers_commands_plugins_actions_inputs_nodes_and_facts(self):
        self.assertEqual(self.bash("pi"), ["ping"])
        self.assertIn("rpcutil", self.bash(""))
        self.assertEqual(self.bash("rpcutil", "get_fac"), ["get_fact", "get_facts"])
        self.assertEqual(self.bash("rpcutil", "get_fact", "--fac"), ["--fact"])
        self.assertEqual(self.bash("invoke", "rpcutil", "get_fact", "f"), ["fact="])
        self.assertEqual(self.bash("ping", "-I", "node00"), fleet.nodes)
        self.assertEqual(self.bash("find", "-F", "osfam"), ["osfamily="])
        self.assertIn("Debian", self.bash("find", "-F", "osfamily", "=", "D"))
        self.assertEqual(self.bash("find", "-T", "m"), ["mcollective"])
        self.assertEqual(self.bash("ping", "--display", "=", "fa"), ["failed"])

    def test_zsh_offers_them_too(self):
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed; deploy/install-deps.sh does it")
        with tempfile.TemporaryDirectory() as folder:
            script = subprocess.run([str(BIN / "orchctl"), "completion", "zsh"], stdout=subprocess.PIPE, text=True).stdout
            (pathlib.Path(folder) / "_orchctl").write_text(script)
            # A real zsh on a terminal: what stands on the line after TAB.
            self.assertIn("ping", self.zsh(folder, "orchctl pin\t"))
            self.assertIn("rpcutil get_fact --fact", self.zsh(folder, "orchctl rpcutil get_fact --fac\t"))

    def zsh(self, folder, keys):
        master, slave = pty.openpty()
        environment = dict(os.environ, PATH=f"{BIN}:{os.environ['PATH']}", ORCHCTL_CONFIG=str(fleet.client_yaml),
                           TERM="dumb", HOME=folder, ZDOTDIR=folder, PS1="% ")
        (pathlib.Path(folder) / ".zshrc").write_text(
            f"fpath=({folder} $fpath)\nautoload -Uz compinit && compinit -u -d {folder}/dump\nunsetopt zle_bracketed_paste\n"
            "echo READY\n")
        process = subprocess.Popen(["zsh", "-i"], stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True,
                                   start_new_session=True)
        os.close(slave)
        seen = ""
        try:
            seen = read_until(master, "READY")
            os.write(master, keys.encode())
            seen = read_until(master, keys.strip().split("\t")[0][:-1], settle=1.5 * PATIENCE)
        finally:
            process.kill()
            process.wait()
            os.close(master)
        return seen

    def test_a_hub_that_is_not_there_costs_no_more_than_a_moment(self):
        done = shell("bash", "source <(orchctl completion bash)\nCOMP_WORDS=(orchctl --hub 127.0.0.1:1 ping -I '')\n"
                             "COMP_CWORD=5\ntime _orchctl\nprintf '%s\\n' \"${#COMPREPLY[@]}\"\n")
        self.assertEqual(done.stdout, "0\n", done)
        minutes, seconds = re.search(r"real\s+(\d+)m([\d.]+)s", done.stderr).groups()
        self.assertLess(int(minutes) * 60 + float(seconds), 2 * PATIENCE, done)


if __name__ == "__main__":
    unittest.main(verbosity=2)
