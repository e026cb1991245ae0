"""Jobs as people meet them: followed over a hub's restart, cancelled by Ctrl-C, rolled out, asked for by id."""
import json
import pathlib
import re
import shutil
import signal
import tempfile
import unittest

from fleet import PATIENCE, Fleet, runs, wait_until

# Says that it began, and waits until it may end.
HOLD = """#!/bin/sh
case "$3" in *activation_request) echo '{"activate": true}' >"$2"; exit ;; esac
folder=$(dirname "$0")
echo "$$" >>"$folder/began"
echo "line one"
[ ! -e "$folder/flood" ] || head -c 20000000 /dev/zero | tr '\\0' x
while [ ! -e "$folder/go" ]; do sleep 0.05; done
echo "line two"
if [ -e "$folder/fail" ]; then echo '{"statuscode": 1, "statusmsg": "told to fail"}' >"$2"; exit; fi
echo '{"statuscode": 0, "data": {"done": "yes"}}' >"$2"
"""
DDL = {
    "metadata": {"name": "hold", "description": "Waits", "author": "a", "license": "Apache-2.0", "version": "1.0.0",
                 "url": "https://example.com", "timeout": 60, "provider": "external"},
    "actions": [{"action": "run", "description": "Waits", "display": "always", "impact": "change", "idempotent": True,
                 "streams": True, "input": {}, "output": {"done": {"description": "Done", "display_as": "Done"}}}],
}
JOB_ID = re.compile(r"[0-9a-f]{32}")


def setUpModule():
    global fleet, folder
    holder = pathlib.Path(tempfile.mkdtemp(prefix="orch-ring-jobs."))
    unittest.addModuleCleanup(shutil.rmtree, holder)
    folder = holder / "plugins.d"
    folder.mkdir(mode=0o755)
    (folder / "hold").write_text(HOLD)
    (folder / "hold").chmod(0o755)
    (folder / "hold.json").write_text(json.dumps(DDL))
    (folder / "hold.json").chmod(0o644)
    fleet = Fleet(3, agent_yaml=f"plugins.directories: [{folder}]\nreconnect: {{min: 50ms, max: 500ms}}\n")
    unittest.addModuleCleanup(fleet.close)


class JobsTest(unittest.TestCase):
    def setUp(self):
        for name in ("go", "began", "fail", "flood"):
            (folder / name).unlink(missing_ok=True)

    def began(self):
        return len((folder / "began").read_text().split()) if (folder / "began").exists() else 0

    def go(self):
        (folder / "go").write_text("")

    def start(self, *options):
        process = fleet.start_orchctl("hold", "run", "--yes", *options)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def end(self, process):
        out, err = process.communicate(timeout=60 * PATIENCE)
        return process.returncode, out, err

    def jobs(self, *options):
        result = fleet.orchctl("job", "list", "-j", *options)
        self.assertEqual(result.code, 0, result)
        return result.json()

    def wait_began(self, count):
        wait_until(f"{count} nodes have begun", lambda: self.began() >= count)

    def test_a_hub_that_is_restarted_in_the_middle_loses_no_reply_and_shows_none_twice(self):
        process = self.start("--jsonl")
        self.wait_began(3)
        fleet.kill()
        fleet.restart_hub()
        wait_until("the nodes are back", lambda: fleet.connected() == fleet.nodes)
        self.go()
        code, out, err = self.end(process)
        self.assertEqual(code, 0, out + err)
        results = [json.loads(line) for line in out.splitlines() if json.loads(line)["kind"] == "result"]
        self.assertEqual(sorted(each["sender"] for each in results), fleet.nodes, out + err)
        self.assertIn("the connection to the hub broke", err)
        self.assertRegex(err, r"job [0-9a-f]{32} goes on. Trying again for up to 5m")
        self.assertEqual(self.began(), 3, "no action ran twice")

    def test_ctrl_c_says_how_to_come_back_and_watch_shows_the_rest(self):
        process = self.start()
        self.wait_began(3)
        process.send_signal(signal.SIGINT)
        code, out, err = self.end(process)
        self.assertEqual(code, 130, out + err)
        job = re.search(r"'orchctl job watch ([0-9a-f]{32})' shows the rest", err).group(1)
        self.go()
        watched = fleet.orchctl("job", "watch", job[:8], "--senders", "--sort")
        self.assertEqual((watched.code, watched.out.split()), (0, fleet.nodes), watched)
        again = fleet.orchctl("job", "watch", job, "-q")
        self.assertEqual(again.code, 0, again)
        self.assertEqual(again.out.count("Done: yes"), 3, again)
        shown = fleet.orchctl("job", "show", job, "-j").json()
        self.assertEqual((shown["state"], shown["ok"], shown["caller"]), ("finished", 3, "client=peadmin"), shown)
        replies = fleet.orchctl("job", "replies", job, "-j").json()["replies"]
        self.assertEqual(sorted(each["sender"] for each in replies), fleet.nodes)

    def test_a_second_ctrl_c_cancels_the_job_on_the_nodes(self):
        process = self.start()
        self.wait_began(3)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        code, out, err = self.end(process)
        if "is cancelled" not in err:  # both signals arrived as one
            job = JOB_ID.search(err).group(0)
            self.assertEqual(fleet.orchctl("job", "cancel", job).code, 0)
        self.assertEqual(code, 130, out + err)
        job = JOB_ID.search(err).group(0)
        ended = wait_until("the job has ended", lambda: self.state(job) == "cancelled")
        self.assertTrue(ended)
        replies = fleet.orchctl("job", "replies", job, "-j").json()["replies"]
        self.assertEqual({each["state"] for each in replies}, {"CANCELLED"}, replies)
        for reply in replies:
            self.assertRegex(reply["statusmsg"], "^cancelled by [a-z]+=", "said once, and by whom")

    def state(self, job):
        return fleet.orchctl("job", "show", job, "-j").json()["state"]

    def test_async_returns_at_once_and_the_job_is_asked_for_by_id(self):
        done = fleet.orchctl("hold", "run", "--yes", "--async")
        self.assertEqual((done.code, done.err), (0, ""), done)
        job = done.out.strip()
        self.assertRegex(job, f"^{JOB_ID.pattern}$")
        self.assertEqual([each["state"] for each in self.jobs("--plugin", "hold", "--state", "running")], ["running"])
        self.assertIn(job[:8], fleet.orchctl("job", "list").out)
        self.go()
        self.assertEqual(fleet.orchctl("job", "watch", job).code, 0)

    def test_a_canary_waits_until_it_is_resumed(self):
        self.go()
        job = fleet.orchctl("hold", "run", "--yes", "--canary", "1", "--async").out.strip()
        wait_until("the canary is done", lambda: self.state(job) == "paused")
        self.assertEqual(self.began(), 1)
        self.assertIn("(canary)", fleet.orchctl("job", "show", job).out)
        resumed = fleet.orchctl("job", "resume", job)
        self.assertIn("is resumed", resumed.out, resumed)
        self.assertEqual(fleet.orchctl("job", "watch", job).code, 0)
        self.assertEqual(self.began(), 3)

    def test_a_lock_is_held_by_one_job_which_is_named(self):
        job = fleet.orchctl("hold", "run", "--yes", "--lock", "deploy", "--async").out.strip()
        locks = fleet.orchctl("job", "locks", "-j").json()
        self.assertEqual([(each["lock"], each["job_id"]) for each in locks], [("deploy", job)])
        second = fleet.orchctl("hold", "run", "--yes", "--lock", "deploy")
        self.assertEqual(second.code, 1, second)
        self.assertIn(job, second.err, second)
        self.go()
        fleet.orchctl("job", "watch", job)
        self.assertEqual(fleet.orchctl("job", "locks").err, "No job holds a lock.\n")

    def test_a_key_leads_to_the_job_that_is_there(self):
        self.go()
        first = fleet.orchctl("hold", "run", "--yes", "--idempotency-key", "k1", "-j").json()
        second = fleet.orchctl("hold", "run", "--yes", "--idempotency-key", "k1", "-j")
        self.assertEqual(second.json()["request_stats"]["requestid"], first["request_stats"]["requestid"], second)
        self.assertIn("this key's job is there already", second.err)
        self.assertEqual(self.began(), 3)

    def test_retry_failed_runs_where_it_did_not_succeed(self):
        self.go()
        (folder / "fail").write_text("")
        failed = fleet.orchctl("hold", "run", "-I", fleet.nodes[0], "-I", fleet.nodes[1], "-j").json()
        (folder / "fail").unlink()
        retried = fleet.orchctl("job", "retry-failed", failed["request_stats"]["requestid"], "-j")
        self.assertEqual(retried.code, 0, retried)
        self.assertEqual(sorted(each["sender"] for each in retried.json()["replies"]), fleet.nodes[:2])

    def test_live_output_comes_while_the_action_runs(self):
        process = self.start("--live", "-I", fleet.nodes[0])
        first = process.stdout.readline()
        self.assertEqual(first, f"{fleet.nodes[0]}> line one\n")
        self.assertIsNone(process.poll())
        self.go()
        code, out, err = self.end(process)
        self.assertEqual(code, 0, out + err)
        self.assertIn(f"{fleet.nodes[0]}> line two\n", out)

    def test_live_output_goes_on_over_an_agents_restart(self):
        node = fleet.nodes[0]
        process = self.start("--live", "-I", node)
        self.assertEqual(process.stdout.readline(), f"{node}> line one\n")
        fleet.kill(node)
        fleet.restart_node(node)
        fleet.wait_connected(fleet.nodes)
        self.go()
        code, out, err = self.end(process)
        self.assertEqual(code, 0, out + err)
        self.assertIn(f"{node}> line two\n", out)
        self.assertNotIn("line one", out, "said before")
        self.assertEqual(self.began(), 1)

    def test_live_output_nobody_could_read_is_counted(self):
        node = fleet.nodes[0]
        process = self.start("--live", "-I", node)
        self.assertEqual(process.stdout.readline(), f"{node}> line one\n")
        fleet.kill(node)
        self.go()
        runner = int((folder / "began").read_text())
        wait_until("the action has ended, with its process",
                   lambda: not runs(runner) and any((fleet.home / "nodes" / node / "state/tasks").glob("*/outcome")))
        fleet.restart_node(node)
        code, out, err = self.end(process)
        self.assertEqual(code, 0, out + err)
        self.assertIn(f"{node}> [9 bytes were left out]\n", out)
        fleet.wait_connected(fleet.nodes)

    def test_live_output_of_a_retry_begins_anew(self):
        self.go()
        (folder / "fail").write_text("")
        process = self.start("--live", "-I", fleet.nodes[0], "--retries", "1", "--retry-sleep", "1s")
        self.assertEqual(process.stdout.readline(), f"{fleet.nodes[0]}> line one\n")
        self.assertEqual(process.stdout.readline(), f"{fleet.nodes[0]}> line two\n")
        (folder / "fail").unlink()
        code, out, err = self.end(process)
        self.assertEqual(code, 0, out + err)
        self.assertIn(f"{fleet.nodes[0]}> line one\n{fleet.nodes[0]}> line two\n", out)

    def test_a_flood_of_live_output_stalls_nothing_and_every_byte_is_shown_or_counted(self):
        (folder / "flood").write_text("")
        process = self.start("--live", "--jsonl", "-I", fleet.nodes[0])
        # Nobody reads what orchctl writes until the action has ended on the node.
        self.wait_began(1)
        self.go()
        wait_until("the job has ended", lambda: self.jobs("--state", "running") == [])
        code, out, err = self.end(process)
        self.assertEqual(code, 0, err)
        chunks = [json.loads(line) for line in out.splitlines() if json.loads(line)["kind"] == "output"]
        data, lost = "".join(each["data"] for each in chunks), sum(each.get("lost", 0) for each in chunks)
        self.assertEqual(len(data) + lost, len("line one\nline two\n") + 20_000_000)

    def test_events_tell_of_jobs(self):
        self.go()
        watch = fleet.start_orchctl("events", "--follow", "--jobs", "--jsonl", "-n", "2")
        # The watch begins at some moment: jobs are run until it has seen one.
        while watch.poll() is None:
            fleet.orchctl("hold", "run", "--yes", "-I", fleet.nodes[0])
        out, err = watch.communicate(timeout=20)
        self.assertEqual(watch.returncode, 0, err)
        at_first, *seen = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(at_first["kind"], "cursor")
        self.assertEqual(len(seen), 2)
        since = fleet.orchctl("events", "--jobs", "--jsonl", "--since", at_first["cursor"])
        self.assertEqual(since.code, 0, since)
        self.assertEqual([json.loads(line) for line in since.out.splitlines()][:2], seen)
        for event in seen:
            self.assertEqual(event["kind"], "event")
            self.assertTrue(event["event"].startswith("job_"), event)
            self.assertEqual(event["job"]["plugin"], "hold")

    def test_jobs_are_pruned(self):
        self.go()
        fleet.orchctl("hold", "run", "--yes")
        pruned = fleet.orchctl("job", "prune", "--keep", "0")
        self.assertRegex(pruned.out, r"^\d+ jobs forgotten\n$", pruned)
        self.assertEqual(self.jobs("--state", "finished"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
