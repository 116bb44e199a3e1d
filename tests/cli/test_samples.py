"""The sample exam: what is read, scored and told, against what its generator wrote down."""
import collections
import csv
import os
import pathlib
import re
import sqlite3
import unittest

from runner import CliTest

ROOT = pathlib.Path(os.environ["YUEJUAN_SOURCE"])
CARD = ROOT / "samples" / "card"
SURE = {"ok", "blank", "multiple"}
SETTLED = ("candidate", "name", "class", "school", "total", "max", "status")


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def in_exam(scan):
    """The scan's path from the exam's folder on: truth does not know where the tree lies."""
    return scan[scan.index("scans/"):] if scan else ""


def whose(row):
    return row["candidate"], row["status"]


DIGIT_BESIDE = ("scans/第一考場/010.jpg", "number")  # filled beside the digit written above it
NEEDLESS = 0.006  # of the fields


class Card(CliTest):
    def setUp(self):
        super().setUp()
        self.db = self.dir / "card.db"
        # 3: one file is cut short on purpose
        self.run_program("grade", CARD, "--db", self.db, "--jobs", 2, expect=3)

    def needlessly_asked(self):
        """(scan, field) that go to a person though a person would not hesitate: what the strict
        default of max_silent_error costs."""
        plain = {(t["scan"], t["page"] or "1", t["field"]) for t in table(CARD / "truth.csv")
                 if t["status"] == ""}
        asked = {(in_exam(r["scan"]), r["page"], r["field"]) for r in self.rows("readings")
                 if r["status"] not in SURE}
        return {(scan, field) for scan, page, field in asked & plain} - {DIGIT_BESIDE}

    def candidates_with_hard_fields(self):
        """Whom the program may send to a person though a person would not hesitate."""
        truth = table(CARD / "truth.csv")
        scans = {t["scan"] for t in truth if t["status"] == "hard"}
        scans |= {scan for scan, _ in self.needlessly_asked()}
        return {t["value"] for t in truth if t["scan"] in scans and t["field"] == "number"}

    def test_readings_are_what_pupils_meant(self):
        """Catches the silent error: a wrong value that is said to be certain. And a program that
        is never wrong because it is never sure."""
        read = {(in_exam(r["scan"]), r["page"], r["field"]): r for r in self.rows("readings")}
        wrong, asked = [], []
        for t in table(CARD / "truth.csv"):
            r = read[t["scan"], t["page"] or "1", t["field"]]
            if r["status"] not in SURE:
                asked.append((t["scan"], t["field"], t["status"]))
            elif t["status"] == "ambiguous" or r["value"] != t["value"]:
                wrong.append((t["scan"], t["field"], t["value"], r["value"], r["status"]))
        self.assertEqual(wrong, [])
        needless = self.needlessly_asked()
        self.assertLessEqual(len(needless), NEEDLESS * len(read), needless)
        self.assertEqual(sorted(a for a in asked if a[2] != "hard" and a[:2] not in needless),
                         [(*DIGIT_BESIDE, ""), ("scans/第二考場/027.jpg", "q11", "ambiguous")])

    def test_scores_are_those_of_the_other_scorer(self):
        """Catches any point given or kept wrongly, and a total given before all is settled."""
        rows, wanted = self.rows("scores"), table(CARD / "expected" / "scores.csv")
        self.assertEqual(list(rows[0]), list(wanted[0]))
        scored = {w["candidate"] for w in wanted if w["status"] in ("scored", "absent")}
        may_wait = self.candidates_with_hard_fields() & scored
        rows = [r for r in rows if r["candidate"] not in may_wait or r["status"] != "pending"]
        seen = {r["candidate"] for r in rows}
        wanted = [w for w in wanted if w["candidate"] not in may_wait - seen]
        self.assertGreater(len(wanted), 26)
        for row, want in zip(sorted(rows, key=whose), sorted(wanted, key=whose)):
            columns = list(want) if want["status"] == "scored" else SETTLED
            self.assertEqual([row[c] for c in columns], [want[c] for c in columns])
        self.assertEqual(len(rows), len(wanted))

    def test_exceptions_are_all_told(self):
        """Catches a scan that nobody is told of, and warnings about nothing."""
        told = collections.Counter((in_exam(r["scan"]), r["page"], r["candidate"], r["kind"])
                                   for r in self.rows("exceptions"))
        wanted = collections.Counter(tuple(w.values())
                                     for w in table(CARD / "expected" / "exceptions.csv"))
        hard = {t["scan"] for t in table(CARD / "truth.csv") if t["status"] == "hard"}
        hard |= {scan for scan, _ in self.needlessly_asked()}
        extra = [t for t in told - wanted if t[0] not in hard or t[3] != "uncertain_reading"]
        self.assertEqual(extra, [], "told for nothing")
        missing = [t for t in wanted - told if t[0] not in hard or t[3] != "multiple_marks"]
        self.assertEqual(missing, [], "not told")  # a double that is asked about is told as that

    def test_queries_of_the_readme_answer(self):
        """Catches a README whose queries no longer run on the database."""
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        queries = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
        self.assertEqual(len(queries), 3)
        db = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)
        self.addCleanup(db.close)
        for query in queries:
            self.assertTrue(db.execute(query).fetchall(), query)


class Form(CliTest):
    def test_blocks_unfold_to_their_places(self):
        """Catches blocks that unfold to other places than docs/form.md says; these were worked out
        by hand from form.yaml."""
        layout = self.run_program("form", "layout", CARD / "form.yaml", expect=0).stdout
        rows = {(r["field"], r["option"], r["x"], r["y"]) for r in csv.DictReader(layout.splitlines())}
        boxes = {(f, o): (float(x), float(y)) for f, o, x, y in rows if f.startswith("q")}
        self.assertEqual(len(boxes), 160)
        for field, option, x, y in (("q1", "A", 30.5, 115.6), ("q6", "D", 53, 146.6),
                                    ("q40", "D", 182, 169)):
            self.assertAlmostEqual(boxes[field, option][0], x, places=3)
            self.assertAlmostEqual(boxes[field, option][1], y, places=3)


if __name__ == "__main__":
    unittest.main()
