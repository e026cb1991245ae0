"""The checks of chaos runs find what they are there to find."""
import unittest

from history import INDETERMINATE, OFFLINE, OK, check_acknowledged, check_job

JOB = "a" * 32


def reply(node, state=OK):
    return [node, state, 0 if state == OK else 5, "", "OK", "{}"]


class HistoryTest(unittest.TestCase):
    def check(self, stored, record, runs, targets=2, finished=True, live=True):
        return check_job({"id": JOB, "targets": targets, "finished": finished, "live": live}, stored, record, runs)

    def setUp(self):
        self.stored = [reply("n1"), reply("n2")]
        self.record = [{"replies": [reply("n1")]}, {"replies": [reply("n2")], "summary": [2, 2, 0, 0]}]
        self.runs = {(JOB, "n1"): (1, 1), (JOB, "n2"): (1, 1)}

    def test_a_sound_run_has_nothing_wrong(self):
        self.assertEqual(self.check(self.stored, self.record, self.runs), [])

    def test_a_second_run_is_found(self):
        self.runs[JOB, "n1"] = (2, 2)
        self.assertIn("ran 2 times", " ".join(self.check(self.stored, self.record, self.runs)))

    def test_a_second_outcome_is_found(self):
        self.assertIn("two outcomes", " ".join(self.check(self.stored + [reply("n1")], self.record, self.runs)))

    def test_a_missing_outcome_is_found(self):
        self.assertIn("1 outcomes for 2 targets", " ".join(self.check(self.stored[:1], self.record, self.runs)))

    def test_an_outcome_told_twice_is_found(self):
        self.record.insert(0, {"replies": [reply("n1")]})
        self.assertIn("told twice", " ".join(self.check(self.stored, self.record, self.runs)))

    def test_live_output_is_checked(self):
        def check(*chunks, live=True):
            record = [{"output": [chunk]} if chunk else {"attached": True} for chunk in chunks] + self.record
            return " ".join(self.check(self.stored, record, self.runs, live=live))

        first, rest = ["n1", 1, 0, "began a"], ["n1", 1, 7, "a" * 31]
        self.assertEqual(check(first, rest), "")
        self.assertEqual(check(first, None, first), "", "told again to one who came again")
        self.assertIn("told after that", check(first, first))
        self.assertIn("never printed", check(["n1", 1, 1, "began a"]))
        self.assertIn("never printed", check(["n1", 2, 0, "began a"]))
        self.assertIn("nobody asked", check(first, live=False))

    def test_an_outcome_never_told_is_found(self):
        self.record[0] = {}
        self.assertIn("told None", " ".join(self.check(self.stored, self.record, self.runs)))

    def test_an_outcome_told_otherwise_is_found(self):
        self.record[0] = {"replies": [reply("n1", INDETERMINATE)]}
        self.assertIn("stored", " ".join(self.check(self.stored, self.record, self.runs)))

    def test_an_end_never_told_is_found(self):
        del self.record[1]["summary"]
        self.assertIn("never saw the end", " ".join(self.check(self.stored, self.record, self.runs)))

    def test_an_endless_job_is_found(self):
        self.assertIn("never ended", " ".join(self.check(self.stored, self.record, self.runs, finished=False)))

    def test_success_without_a_run_is_found(self):
        del self.runs[JOB, "n2"]
        self.assertIn("said to be OK", " ".join(self.check(self.stored, self.record, self.runs)))

    def test_a_run_said_never_to_have_been_is_found(self):
        self.stored[1] = reply("n2", OFFLINE)
        self.record[1]["replies"] = [reply("n2", OFFLINE)]
        self.assertIn("is said to be OFFLINE", " ".join(self.check(self.stored, self.record, self.runs)))

    def test_an_outcome_acknowledged_and_lost_is_found(self):
        acknowledged = {(JOB, "n1"), (JOB, "n2")}
        self.assertEqual(check_acknowledged(acknowledged, {JOB: {"n1": reply("n1"), "n2": reply("n2")}}), [])
        self.assertEqual(len(check_acknowledged(acknowledged, {JOB: {"n1": reply("n1")}})), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
