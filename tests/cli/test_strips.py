"""Score strips from a teacher's red pen to the scores; red ticks over bubbles."""
import csv
from fractions import Fraction
import json
import shutil
import sqlite3

from runner import CliTest

FORM = """form: essays
page: A5
candidate: number
registration:
  marks: {shape: square, size: 5, at: [[10, 10], [138, 10], [138, 200], [10, 200]]}
fields:
  - {field: number, kind: grid, options: 0-9, columns: 4, at: [30, 30], option_step: [6, 0],
     column_step: [0, 6], bubble: {shape: oval, size: [4, 3]}, blank: doubt}
  - {fields: w1..3, kind: strip, points: [8-0, 0.5], at: [30, 70], size: [8, 6], box_step: 8,
     step: 20}
  - {fields: q1..8, kind: choice, options: ABCD, at: [30, 140], option_step: [7, 0], step: [0, 6],
     bubble: {shape: oval, size: [4, 3]}}
"""
STRIPS = ["w1", "w2", "w3"]
KEY = "item,key,points,rule\nw1..3,,8,points\nq1..8,ABCDABCD,1,\n"
SHEETS = 8


class Strips(CliTest):
    def setUp(self):
        super().setUp()
        shutil.rmtree(self.exam, ignore_errors=True)
        self.exam.mkdir()
        (self.exam / "form.yaml").write_text(FORM)
        (self.exam / "key.csv").write_text(KEY)
        (self.exam / "exam.yaml").write_text("title: essays\nform: form.yaml\nkey: key.csv\n")

    def simulate(self, marks=""):
        (self.exam / "exam.yaml").write_text("title: essays\nform: form.yaml\nkey: key.csv\n" + marks)
        out = self.exam / "simulated"
        self.run_program("simulate", self.exam, "-n", str(SHEETS), "--seed", "7", "--damage", "none",
                         "-o", out, expect=0)
        self.run_program("grade", self.exam, out / "scans", "--quiet", expect=0)
        with open(out / "truth.csv", newline="", encoding="utf-8") as f:
            return {(row["scan"], row["field"]): row for row in csv.DictReader(f)}

    def readings(self):
        return {(row["scan"].rsplit("/")[-1], row["field"]): row for row in self.rows("readings")}

    def test_strokes_to_scores(self):
        """Catches a strip read as other points, scored as a choice, or added up in floating point;
        and a total given although a strip waits for a person."""
        truth, readings = self.simulate(), self.readings()
        sure = 0
        for (scan, field), meant in truth.items():
            reading = readings[scan, field]
            if field in STRIPS and reading["status"] == "ok":
                self.assertEqual(reading["value"], meant["value"], (scan, field))
                sure += 1
            elif field in STRIPS:
                self.assertEqual(reading["status"], "uncertain")
        self.assertGreater(sure, 2 * SHEETS)
        scored = 0
        for row in self.rows("scores"):
            if row["status"] != "scored":
                continue
            mine = [reading for reading in readings.values() if reading["candidate"] == row["candidate"]]
            values = {reading["field"]: reading["value"] for reading in mine}
            points = sum(Fraction(values[w]) for w in STRIPS)
            points += sum(values["q%d" % (i + 1)] == key for i, key in enumerate("ABCDABCD"))
            self.assertEqual(Fraction(row["total"]), points)
            self.assertEqual(row["max"], "32")
            self.assertTrue(all(reading["status"] != "uncertain" for reading in mine))
            scored += 1
        self.assertGreater(scored, 0)
        self.run_program("verify", self.exam, expect=0)

    def test_regrade_opens_no_scan(self):
        """Catches a regrade that forgets what the strips gave, or their maximum."""
        self.simulate()
        shutil.rmtree(self.exam / "simulated")
        before = {row["candidate"]: row for row in self.rows("scores")}
        (self.exam / "key.csv").write_text(KEY.replace("w1..3,,8,points", "w1,,8,void_drop\nw2..3,,8,points"))
        self.run_program("regrade", self.exam, expect=0)
        for row in self.rows("scores"):
            self.assertEqual(row["max"], "24")
            old = before[row["candidate"]]
            if old["status"] == "scored":
                self.assertEqual(Fraction(row["total"]), Fraction(old["total"]) - Fraction(old["w1"]))
        self.run_program("verify", self.exam, expect=0)

    def test_evidence_and_crops(self):
        """Catches a doubtful strip that a person is asked about without its picture."""
        self.simulate()
        with sqlite3.connect(self.exam / "results.db") as db:
            rows = db.execute("""SELECT r.status, r.evidence, c.width FROM readings r
                JOIN fields f ON f.id = r.field_id AND f.kind = 'strip'
                LEFT JOIN crops c ON c.page_id = r.page_id AND c.field_id = r.field_id""").fetchall()
        self.assertEqual(len(rows), 3 * SHEETS)
        for status, evidence, width in rows:
            seen = json.loads(evidence)
            self.assertEqual([len(seen[key]) for key in ("colour", "ink", "p")], [10, 10, 10])
            if status == "uncertain":
                self.assertIsNotNone(width)

    def test_wrong_keys(self):
        """Catches a strip scored by a key, or out of other points than it can give."""
        for row, told in (("w1,8,8,", "has no right answer"), ("w1,,9,points", "worth other points")):
            (self.exam / "key.csv").write_text("item,key,points,rule\n" + row + "\n")
            done = self.run_program("form", "check", self.exam, expect=2)
            self.assertIn(told, done.stderr)

    def test_form_check_lists_strips(self):
        """Catches a summary that stops before the last kind of field."""
        done = self.run_program("form", "check", self.exam, expect=0)
        self.assertRegex(done.stdout, r"(?m)^  strip +fields: 3, boxes: 30$")

    def test_red_over_bubbles(self):
        """Catches a teacher's red tick taken for a pupil's mark where the office says `ignore`."""
        truth, readings = self.simulate("marks: {colour: ignore}\n"), self.readings()
        asked = sure = 0
        for (scan, field), meant in truth.items():
            if field[0] != "q" or meant["status"] != "clear":
                continue
            asked += 1
            if readings[scan, field]["status"] in ("ok", "blank", "multiple"):
                self.assertEqual(readings[scan, field]["value"], meant["value"], (scan, field))
                sure += 1
        self.assertGreater(sure, 0.85 * asked)


if __name__ == "__main__":
    import unittest
    unittest.main()
