"""People's decisions: what waits, its pictures, what is set, and what then follows and stays."""
import csv
import fcntl
import io
import json
import sqlite3
import struct
import unittest

import sheets
from runner import CliTest

# A text of two boxes, which the machine does not read, and a word below the questions; both are scored.
FIELDS = """  - {field: d1, kind: text, boxes: 2, at: [25, 130], step: [10, 0], size: [9, 11]}
  - {field: w1, kind: text, area: [60, 125, 60, 11]}
  - {field: note, kind: text, area: [60, 150, 60, 11]}
"""
SHAPES = {"1": [(.5, .1, .5, .9)], "7": [(.2, .1, .8, .1), (.8, .1, .4, .9)],
          "4": [(.6, .1, .2, .6), (.2, .6, .9, .6), (.6, .1, .6, .9)]}
NUMBERS = {1: "17", 2: "17", 3: "4", 4: "17", 5: ""}  # what each candidate writes
READING = {c: f"p{c}f12" for c in NUMBERS}            # of d1: a page a candidate, field 12


def write(page, x, y, text, step=10):
    for i, letter in enumerate(text):
        for x0, y0, x1, y1 in SHAPES[letter]:
            for k in range(41):
                page.fill(x + step * i + 5.5 * (x0 + (x1 - x0) * k / 40),
                          y + 7.5 * (y0 + (y1 - y0) * k / 40), .7, .7, sheets.PENCIL)


def sheet_of(candidate):
    page = sheets.filled(candidate)
    for x in (25, 35):
        page.outline(x, 130, 9, 11)
    write(page, 22.2 + .3 * (candidate % 3), 126 + .3 * (candidate % 2), NUMBERS[candidate])
    if candidate == 1:
        write(page, 63, 127, "47", 6)
        write(page, 63, 152, "17", 6)  # the note, which nobody scores
    return page.png()


class Review(CliTest):
    settings = ""

    def setUp(self):
        super().setUp()
        for name, more in (("form.yaml", FIELDS), ("exam.yaml", self.settings),
                           ("key.csv", "d1,17,3\nw1,cat,2\n")):
            path = self.exam / name
            path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
        for candidate in NUMBERS:
            (self.exam / "scans" / f"{candidate:04d}.png").write_bytes(sheet_of(candidate))
        self.grade("--quiet")

    def review(self, *arguments, expect=0, **more):
        return self.run_program("review", *arguments, expect=expect, **more)

    def listed(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.review("list", self.exam, *arguments).stdout)))

    def set(self, *arguments, by="Lin", why="looked", expect=0):
        return self.review("set", self.exam, *arguments, "--by", by, "--why", why, expect=expect)

    def score(self, candidate):
        return next(row for row in self.rows("scores") if row["candidate"] == f"{candidate:04d}")

    def decisions(self, action="review"):
        return [json.loads(row["detail"]) for row in self.rows("audit") if row["action"] == action]

    def write_file(self, text):
        path = self.dir / "decisions.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def verify(self):
        return self.run_program("verify", self.exam, expect=0)


class List(Review):
    def test_what_waits(self):
        """Catches a doubtful reading that is not listed, or one that nobody asked for."""
        rows = self.listed()
        self.assertEqual(list(rows[0]), ["id", "scan", "page", "candidate", "field", "value", "status",
                                         "confidence", "kind", "waits", "entered_by"])
        self.assertEqual([(r["id"], r["candidate"], r["field"], r["kind"]) for r in rows],
                         [("p1f12", "0001", "d1", "text"), ("p1f13", "0001", "w1", "text"),
                          ("p2f12", "0002", "d1", "text"), ("p3f12", "0003", "d1", "text"),
                          ("p4f12", "0004", "d1", "text")])
        self.assertEqual([r["id"] for r in self.listed("--field", "w1")], ["p1f13"])
        self.assertEqual([r["id"] for r in self.listed("--candidate", "0003")], ["p3f12"])
        self.assertIn("p1f14", [r["id"] for r in self.listed("--all")])
        self.assertEqual(json.loads(self.review("list", self.exam, "--json").stdout),
                         [{**r, "page": int(r["page"]), "confidence": float(r["confidence"])}
                          for r in rows])
        self.assertEqual(self.review("list", self.db).stdout, self.review("list", self.exam).stdout)

    def test_groups(self):
        """Catches answers that look alike and are asked one by one, or a 4 among the 17s."""
        groups = self.listed("--group")
        self.assertEqual([(g["field"], g["count"], g["readings"]) for g in groups],
                         [("d1", "3", "p1f12 p2f12 p4f12"), ("w1", "1", "p1f13"), ("d1", "1", "p3f12")])
        self.assertEqual(groups, self.listed("--group"))

    def test_proposals_make_groups(self):
        """Catches groups by picture where the machine has a proposal, and the wrong confidence."""
        with sqlite3.connect(self.db) as db:
            for page, value, confidence in ((1, "17", .9), (3, "17", .5), (4, "11", .7)):
                db.execute("UPDATE readings SET value = ?, confidence = ? WHERE page_id = ? "
                           "AND field_id = 12", (value, confidence, page))
        rows = {g["readings"]: g for g in self.listed("--group", "--field", "d1")}
        self.assertEqual(set(rows), {"p1f12 p3f12", "p2f12", "p4f12"})
        both = rows["p1f12 p3f12"]
        self.assertEqual((both["value"], both["least_confidence"], both["mean_confidence"]),
                         ("17", "0.5", "0.7"))

    def test_mistakes(self):
        """Catches an empty list where a name was mistyped."""
        for arguments, told in ((["list"], "no exam"), (["list", self.exam, "--field", "d9"], "'d9'"),
                                (["lsit", self.exam], "'lsit'"), ([], "list, show or set"),
                                (["list", self.exam, "--group", "--candidate", "0001"], "--candidate"),
                                (["list", self.exam, "--feild", "d1"], "--feild")):
            self.assertIn(told, self.review(*arguments, expect=2).stderr)


class Show(Review):
    def size(self, path):
        data = path.read_bytes()
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        return struct.unpack(">II", data[16:24])

    def test_a_reading(self):
        """Catches the picture of another field, and a doubt without its reason."""
        done = self.review("show", self.exam, "p1f12", "-o", self.dir / "a.png")
        for text in ("p1f12", "0001.png, page 1", "d1 (text)", "something is written there"):
            self.assertIn(text, done.stdout)
        width, height = self.size(self.dir / "a.png")
        self.assertEqual((width, height), (round(23 * sheets.PX), round(15 * sheets.PX)))

    def test_a_group(self):
        """Catches a sheet that leaves out what would be decided."""
        group = self.listed("--group")[0]
        done = self.review("show", self.exam, "--group", group["group"], "-o", self.dir / "g.png")
        for reading in group["readings"].split():
            self.assertIn(reading, done.stdout)
        self.assertGreater(self.size(self.dir / "g.png")[0], 3 * round(23 * sheets.PX))

    def test_mistakes(self):
        """Catches a crash, or a picture of nothing, for a name that is none."""
        for arguments, status, told in ((["p9f9"], 2, "no reading 'p9f9'"), (["17"], 2, "is no id"),
                                        (["--group", "g000000000000"], 2, "no group"), ([], 2, "no id"),
                                        (["p5f1", "-o", self.dir / "n.png"], 1, "no picture")):
            self.assertIn(told, self.review("show", self.exam, *arguments, expect=status).stderr)
        self.assertFalse((self.dir / "n.png").exists())


class Set(Review):
    def test_one_reading(self):
        """Catches a score that does not follow, an exception that stays, an audit that does not say
        what was there before."""
        done = self.set("p3f12", "17", by="Lin 林", why="the 1 is faint")
        self.assertIn("0003 Name 3: pending -> ", done.stdout)
        self.assertIn("1 readings set, 1 scores changed, 4 readings wait", done.stdout)
        self.assertEqual((self.score(3)["status"], self.score(3)["d1"]), ("scored", "3"))
        reading = next(r for r in self.rows("readings")
                       if (r["candidate"], r["field"]) == ("0003", "d1"))
        self.assertEqual((reading["value"], reading["status"], reading["confidence"],
                          reading["source"]), ("17", "ok", "1", "review"))
        self.assertFalse([r for r in self.rows("exceptions") if r["candidate"] == "0003"])
        self.assertNotIn("p3f12", [r["id"] for r in self.listed()])
        said, = self.decisions()
        self.assertEqual((said["id"], said["old"]["value"], said["old"]["source"], said["new"]["value"],
                          said["by"], said["why"]),
                         ("p3f12", "", "machine", "17", "Lin 林", "the 1 is faint"))
        self.verify()

    def test_a_decision_stays(self):
        """Catches a regrade, or the same scans graded again, that reads over what people said."""
        self.set("p3f12", "17")
        self.set("p2f12", "")
        before = self.rows("readings")
        self.run_program("regrade", self.exam, expect=0)
        self.grade("--quiet")
        self.assertEqual(self.rows("readings"), before)
        self.assertEqual(self.score(3)["d1"], "3")
        key = self.exam / "key.csv"
        key.write_text(key.read_text(encoding="utf-8").replace("d1,17,3", "d1,18,3"), encoding="utf-8")
        self.run_program("regrade", self.exam, expect=0)
        self.assertEqual(self.score(3)["d1"], "0")
        self.verify()

    def test_words_of_the_audit(self):
        """Catches a reason that reads like the audit's own words and makes verify cry for ever."""
        self.set("p3f12", "17", why="rubbed out; changes B to C")
        self.verify()
        with sqlite3.connect(self.db) as db:
            db.execute("DROP TRIGGER score_changes_no_update")
            db.execute("UPDATE score_changes SET after = '1' WHERE candidate = '0003'")
        self.assertIn("were changed since", self.run_program("verify", self.exam, expect=1).stderr)

    def test_set_again(self):
        """Catches a first decision that is final, or forgotten."""
        self.set("p3f12", "17")
        self.set("p3f12", "4", by="Wu", why="Lin took the box's edge for a 1")
        self.assertEqual(self.score(3)["d1"], "0")
        first, second = self.decisions()
        self.assertEqual((second["old"]["value"], second["old"]["source"], second["new"]["value"]),
                         (first["new"]["value"], "review", "4"))
        self.verify()

    def test_a_sure_reading(self):
        """Catches a complaint about a mark that was read for certain and cannot be put right."""
        before = float(self.score(5)["q1"] or 0)
        self.set("p5f2", "B" if before else "A")
        self.assertNotEqual(float(self.score(5)["q1"]), before)
        self.set("p5f2", "AB", "--multiple")
        self.assertEqual(next(r["status"] for r in self.rows("readings")
                              if (r["candidate"], r["field"]) == ("0005", "q1")), "multiple")
        self.verify()

    def test_a_group(self):
        """Catches a group that is half decided, or decided after it changed."""
        group = self.listed("--group")[0]["group"]
        self.set("--group", group, "170", expect=2)
        self.assertEqual(self.decisions(), [])
        self.set("--group", group, "17")
        self.assertEqual([(s["id"], s["group"]) for s in self.decisions()],
                         [(name, group) for name in ("p1f12", "p2f12", "p4f12")])
        self.assertIn("no group", self.set("--group", group, "17", expect=2).stderr)
        self.verify()

    def test_a_group_that_changed(self):
        """Catches a decision about pictures that the person did not see."""
        group = self.listed("--group")[0]["group"]
        self.set("p2f12", "71")
        self.assertIn("no group", self.set("--group", group, "17", expect=2).stderr)

    def test_from_a_file(self):
        """Catches a file of a spreadsheet (BOM, CRLF) refused, or a reason of a row that is lost."""
        path = self.write_file("\ufeffid,value,why\r\np1f12,17,\r\np1f13,cat,\"plain, \"\"large\"\"\"\r\n"
                               "p3f12,,empty\r\n".encode())
        self.review("set", self.exam, "--from", path, "--by", "Lin", "--why", "all looked at")
        self.assertEqual([(s["id"], s["new"]["value"], s["why"]) for s in self.decisions()],
                         [("p1f12", "17", "all looked at"), ("p1f13", "cat", 'plain, "large"'),
                          ("p3f12", "", "empty")])
        self.assertEqual(self.score(1)["status"], "scored")
        self.verify()

    def test_a_bad_file_sets_nothing(self):
        """Catches a file of which the good rows are taken, or a mistake without its line."""
        before = self.db.read_bytes()
        for text, told in (
                ("id,value\np1f12,17\np9f9,1\np3f12,x70\np1f12,18\n",
                 [":3: error: there is no reading 'p9f9'", ":4: error: p3f12, field 'd1'",
                  ":5: error: p1f12 stands twice, first in line 2"]),
                ("id,valeu\np1f12,17\n", [":1:4: error: unknown column 'valeu'"]),
                ("id\np1f12\n", ["no column 'value'"]),
                ("id,value,value\np1f12,1,7\n", ["stands twice"]),
                (self.review("list", self.exam).stdout, ["unknown column 'scan'"]),
                ("id,value\n", ["no decision"]), ("id,value\n,17\n", [":2: error: a row without an id"]),
                ("id,value\np1f12\n", [":2"]), ("", [""]), (b"id,value\np1f12,\xff\n", [":2"])):
            done = self.review("set", self.exam, "--from", self.write_file(text), "--by", "Lin", expect=2)
            for part in told:
                self.assertIn(part, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertEqual(self.decisions(), [])
        self.assertEqual(self.db.read_bytes(), before)
        self.review("set", self.exam, "--from", self.dir / "none.csv", "--by", "Lin", expect=2)

    def test_mistakes(self):
        """Catches a decision by nobody, for no reason, about nothing or of an impossible value."""
        exam = self.exam
        for arguments, told in (
                ([exam, "p1f12", "17", "--why", "x"], "--by NAME"),
                ([exam, "p1f12", "17", "--by", "  ", "--why", "x"], "--by NAME"),
                ([exam, "p1f12", "17", "--by", "a\nb", "--why", "x"], "no name"),
                ([exam, "p1f12", "17", "--by", "Lin"], "--why TEXT"),
                ([exam, "p1f12", "--by", "Lin", "--why", "x"], "no value"),
                ([exam, "--by", "Lin", "--why", "x"], "no id"),
                ([exam, "p1f12", "1", "7", "--by", "Lin", "--why", "x"], "'7'"),
                ([exam, "--group", "g1", "--from", "x", "--by", "Lin"], "either"),
                ([exam, "p99f1", "17", "--by", "Lin", "--why", "x"], "no reading 'p99f1'"),
                ([exam, "p1f2", "E", "--by", "Lin", "--why", "x"], "A, B, C, D"),
                ([exam, "p1f2", "AB", "--by", "Lin", "--why", "x"], "--multiple"),
                ([exam, "p1f1", "123", "--by", "Lin", "--why", "x"], "4 of its options"),
                ([self.dir / "none", "p1f2", "A", "--by", "Lin", "--why", "x"], "none")):
            done = self.review("set", *arguments, expect=2)
            self.assertIn(told, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertEqual(self.decisions(), [])

    def test_another_writer(self):
        """Catches a decision that waits for ever for a batch, or is written into it."""
        with open(f"{self.db}-lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.set("p1f12", "17", expect=1)
            self.assertIn("another run", done.stderr)
        self.assertEqual(self.decisions(), [])

    def test_a_failure_half_way(self):
        """Catches a reading that is set without its score, or an audit of what did not happen."""
        before = self.exports(), self.export("audit")
        with sqlite3.connect(self.db) as db:
            db.execute("CREATE TRIGGER die BEFORE INSERT ON scores BEGIN SELECT RAISE(ABORT, ''); END")
        self.set("p3f12", "17", expect=1)
        self.assertEqual((self.exports(), self.export("audit")), before)
        with sqlite3.connect(self.db) as db:
            db.execute("DROP TRIGGER die")
        self.verify()

    def test_a_decision_changed_by_hand(self):
        """Catches a value that somebody put in a person's mouth, with the scores that follow."""
        self.set("p3f12", "4")
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE readings SET value = '17' WHERE page_id = 3 AND field_id = 12")
        self.run_program("regrade", self.db, expect=0)
        self.assertIn("0003.png 1 d1", self.run_program("verify", self.exam, expect=1).stderr)

    def test_an_older_database(self):
        """Catches a database of before that is read wrongly, or whose exceptions are never settled."""
        with sqlite3.connect(self.db) as db:
            for table in ("score_changes findings pairs item_dif group_figures item_fifths item_models standings "
                          "test_figures page_answers seals section_scores sections entries").split():
                db.execute("DROP TABLE " + table)
            db.executescript(
                "DROP TRIGGER readings_added; DROP TRIGGER readings_changed; DROP TRIGGER readings_gone;"
                "CREATE TABLE was AS SELECT * FROM item_scores; DROP VIEW item_scores; DROP TABLE sheet_items;"
                "CREATE TABLE item_scores AS SELECT * FROM was; DROP TABLE was;"
                "ALTER TABLE exceptions DROP COLUMN field_id;"
                "PRAGMA user_version = 2")
        self.assertIn("older yuejuan", self.review("list", self.exam, expect=2).stderr)
        self.set("p3f12", "4")
        self.assertFalse([r for r in self.rows("exceptions") if r["candidate"] == "0003"])
        self.assertEqual(len([r for r in self.rows("exceptions") if r["candidate"] == "0001"]), 2)
        self.verify()

    def test_a_number_for_a_sheet(self):
        """Catches a sheet that stays nobody's after a person has read its number."""
        self.set("p5f1", "0007")
        self.assertEqual(self.score(7)["status"], "scored")
        self.assertNotEqual(self.score(5)["status"], "scored")
        self.verify()


class SecondEntry(Review):
    settings = "second_entry: true\n"

    def test_two_people(self):
        """Catches a decision by one person, by one under two spellings, or a second who can look at
        what the first said."""
        done = self.set("p3f12", "17", by="Lin")
        self.assertIn("0 readings set", done.stdout)
        self.assertIn("1 entered", done.stdout)
        row = self.listed("--candidate", "0003")[0]
        self.assertEqual((row["value"], row["waits"], row["entered_by"]), ("", "second", "Lin"))
        self.assertNotIn("17", self.review("show", self.exam, "p3f12").stdout)
        self.set("p3f12", "17", by=" lin ")
        self.assertEqual(self.score(3)["status"], "pending")
        self.verify()
        self.set("p3f12", "17", by="Wu")
        self.assertEqual((self.score(3)["status"], self.score(3)["d1"]), ("scored", "3"))
        self.assertEqual([s["by"] for s in self.decisions("entry") + self.decisions()],
                         ["Lin", "lin", "Wu"])
        self.verify()

    def test_two_values(self):
        """Catches one of two different values that wins in silence."""
        self.set("p3f12", "17", by="Lin")
        done = self.set("p3f12", "47", by="Wu")
        self.assertIn("another person has entered something else", done.stderr)
        self.assertNotIn("'17'", done.stderr)
        self.assertIn("1 stay open", done.stdout)
        self.assertEqual(self.listed("--candidate", "0003")[0]["waits"], "differ")
        self.set("p3f12", "47", by="Lin")
        self.assertEqual(self.score(3)["d1"], "0")
        self.verify()

    def test_groups_and_regrades(self):
        """Catches a group that the second person cannot find, and entries that a regrade forgets."""
        group = self.listed("--group")[0]["group"]
        self.set("--group", group, "17", by="Lin")
        self.run_program("regrade", self.exam, expect=0)
        self.assertEqual(self.listed("--group")[0]["waits"], "second")
        self.set("--group", group, "17", by="Wu")
        self.assertEqual(len(self.decisions()), 3)
        self.verify()

    def test_a_settled_reading(self):
        """Catches a correction by one person alone of what two have settled."""
        for by in ("Lin", "Wu"):
            self.set("p3f12", "17", by=by)
        self.set("p3f12", "4", by="Chen")
        self.assertEqual(self.score(3)["d1"], "3")
        self.assertEqual(self.listed("--candidate", "0003")[0]["waits"], "second")
        self.set("p3f12", "4", by="Lin")
        self.assertEqual(self.score(3)["d1"], "0")
        self.verify()

    def test_the_wish_holds_at_once(self):
        """Catches a second entry that was asked for and waits for a regrade, or is a word that means
        nothing."""
        path = self.exam / "exam.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("second_entry: true", "second_entry: maybe"), encoding="utf-8")
        self.assertIn("second_entry", self.set("p3f12", "17", expect=2).stderr)
        path.write_text(text.replace("second_entry: true\n", ""), encoding="utf-8")
        self.set("p3f12", "17")  # taken back in the file, but not yet applied
        self.assertEqual(self.decisions(), [])
        self.run_program("regrade", self.exam, expect=0)
        self.set("p4f12", "17")
        self.assertEqual(len(self.decisions()), 1)


if __name__ == "__main__":
    unittest.main()
