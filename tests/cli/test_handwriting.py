"""Handwriting on its way through the whole program: simulated sheets, read, held against the roster,
scored. How well strangers' hands are read is for tests/accuracy/handwriting; here nothing may be silently
wrong, nothing that is plain may go to a person, and mistakes of the form are told."""
import csv
import pathlib
import unittest

from runner import CliTest

FORM = """form: written
page: A4
candidate: number
registration: {marks: {shape: square, size: 6, at: [[11, 11], [199, 11], [199, 286], [11, 286]]}}
bubble: {shape: box, size: [5, 2.8]}
fields:
  - {field: number, kind: grid, options: 0-9, columns: 6, at: [116, 50], option_step: [0, 5], column_step: [10, 0], blank: doubt}
  - {field: written, kind: digits, boxes: 6, at: [116, 42], step: 10, size: [10, 8], same_as: number}
  - {fields: n1..8, kind: digits, boxes: 4, at: [25, 60], box_step: [9, 0], step: [0, 14], size: [9, 11]}
  - {fields: a1..6, kind: letters, options: A-E, boxes: 1, at: [25, 190], step: [14, 0], size: [9, 11]}
"""
KEY = "item,key,points,rule\n" + "".join("n%d,%d,2,number\n" % (i, 11 * i) for i in range(1, 9)) + \
    "".join("a%d,%s,1,\n" % (i, "ABCDEA"[i - 1]) for i in range(1, 7))
SURE = {"ok", "blank", "multiple"}


class Handwriting(CliTest):
    def setUp(self):
        super().setUp()
        (self.exam / "roster.csv").unlink(missing_ok=True)
        self.write(FORM, KEY)
        self.sheets = self.dir / "sheets"

    def write(self, form, key=None):
        (self.exam / "form.yaml").write_text(form, encoding="utf-8")
        if key:
            (self.exam / "key.csv").write_text(key, encoding="utf-8")
        (self.exam / "exam.yaml").write_text("title: t\nform: form.yaml\nkey: key.csv\n", encoding="utf-8")

    def simulate(self, n, seed, *more):
        self.run_program("simulate", self.exam, "-n", n, "--seed", seed, "--damage", "none", *more, "-o", self.sheets, expect=0)

    def read(self):
        self.grade(self.sheets / "scans", "--quiet")
        return {(pathlib.PurePath(r["scan"]).name, r["field"]): r for r in self.rows("readings")}

    def test_reads_what_was_written(self):
        """A net that is not the one that was trained, boxes read in another order, a border that counts as
        ink: any of them shows as silent errors, or as a person asked everywhere."""
        self.simulate(12, 70)
        readings = self.read()
        asked = silent = n = 0
        with open(self.sheets / "truth.csv", encoding="utf-8", newline="") as f:
            for t in csv.DictReader(f):
                if t["field"] == "number" or t["status"] != "clear":
                    continue
                r = readings[t["scan"], t["field"]]
                n += 1
                asked += r["status"] not in SURE
                silent += r["status"] in SURE and r["value"] != t["value"]
        self.assertGreater(n, 150)
        self.assertEqual(silent, 0)
        self.assertLess(asked / n, 0.15)
        self.assertTrue([r for r in self.rows("scores") if r["status"] == "scored"])

    def test_sends_a_quarrel_to_a_person(self):
        """A sheet whose bubbles name another candidate than was written above them, scored for either."""
        self.write(FORM.replace("options: 0-9", 'options: "1234567890"'))
        self.simulate(3, 71, "--manner", "full")
        self.write(FORM)  # its first bubble is 0: every digit marked reads one less than was written
        readings = self.read()
        numbers = [r["status"] for (_, field), r in readings.items() if field in ("number", "written")]
        self.assertEqual(set(numbers), {"uncertain"})
        self.assertEqual({r["status"] for r in self.rows("scores")}, {"pending"})

    def test_tells_mistakes_of_the_form(self):
        """Keys that say nothing that can be meant, passed over in silence."""
        number = "step: [0, 14], size: [9, 11]"
        for wrong, right, said in (("same_as: number", "same_as: nobody", "names no field: 'nobody'"),
                                   ("same_as: number", "same_as: written", "cannot say the same"),
                                   (number, number + ', signs: "+"', "only a point and a minus"),
                                   (number, number + ", maximum: many", "is no number of points"),
                                   (number, number + ", same_as: number", "field by field"),
                                   ("options: A-E", "options: a-e", "is no capital letter")):
            self.write(FORM.replace(wrong, right))
            self.assertIn(said, self.grade(expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
