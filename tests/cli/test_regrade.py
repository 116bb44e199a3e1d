"""Scores by another key, without a scan; and what `verify` finds."""
import contextlib
import json
import shutil
import sqlite3
import unittest

import sheets
from runner import CliTest

CANDIDATES = [1, 2, 3, 4]


class Regrade(CliTest):
    def setUp(self):
        super().setUp()
        sheets.write_scans(self.exam / "scans", CANDIDATES)
        self.grade("--quiet")

    def write_key(self, *rows):
        (self.exam / "key.csv").write_text("item,key,points,rule\n" + "\n".join(rows) + "\n",
                                           encoding="utf-8")

    def totals(self):
        return {row["candidate"]: row["total"] for row in self.rows("scores")
                if row["status"] == "scored"}

    def regrade(self, *arguments, expect=0, exam=None):
        return self.run_program("regrade", exam or self.exam, *arguments, expect=expect)

    @staticmethod
    def points(candidate, key):
        """What the sheet of `candidate` is worth by `key`, two points an item."""
        return 2 * sum(a == k for a, k in zip(sheets.answers_of(candidate), key))

    def test_another_key_without_scans(self):
        """Catches a regrade that needs the scans, keeps an old score, or reads the old key."""
        self.assertEqual(self.totals(),
                         {f"{c:04d}": str(self.points(c, sheets.KEY)) for c in CANDIDATES})
        shutil.rmtree(self.exam / "scans")
        self.write_key("q1..10,BBBBBBBBBB,2,")
        before = self.totals()
        done = self.regrade()
        expected = {f"{c:04d}": str(self.points(c, "B" * 10)) for c in CANDIDATES}
        self.assertEqual(self.totals(), expected)
        changed = sum(before[c] != expected[c] for c in expected)
        self.assertGreater(changed, 0)
        self.assertIn(f"30 scores, {changed} changed: 4 scored, 0 pending, 26 absent", done.stdout)
        for candidate, total in expected.items():
            if before[candidate] != total:
                self.assertIn(f"{candidate} Name {int(candidate)}: {before[candidate]} -> {total}",
                              done.stdout)
        self.run_program("verify", self.exam, expect=0)

    def test_grade_by_another_key(self):
        """Catches scores that another key changes while more scans are graded, with nobody told; and
        first scores that are called changes."""
        before = self.totals()
        self.write_key("q1..10,BBBBBBBBBB,2,")
        sheets.write_scans(self.exam / "scans", [5])
        done = self.grade("--json")
        after = self.totals()
        expected = {c: (before[c], after[c]) for c in before if before[c] != after[c]}
        self.assertGreater(len(expected), 0)
        self.assertEqual(json.loads(done.stdout)["scores_changed"], len(expected))
        self.assertEqual({row["candidate"]: (row["before"], row["after"])
                          for row in self.rows("changes")}, expected)
        self.assertIn(f"{len(expected)} scores that were made before", done.stderr)
        self.run_program("verify", self.exam, expect=0)
        self.assertEqual(json.loads(self.grade("--json").stdout)["scores_changed"], 0)

    def test_void_item_changes_the_maximum(self):
        """Catches a dropped item that still counts."""
        self.write_key("q1,A,2,void_drop", "q2..10,BCDABCDAB,2,")
        self.assertIn("the maximum was 20 and is now 18", self.regrade().stdout)
        self.assertEqual({row["max"] for row in self.rows("scores")}, {"18"})

    def test_a_figure_changed_by_hand(self):
        """Catches a rank, a scaled score, a count or a mean that is not that of the readings and that
        verify calls whole."""
        with (self.exam / "exam.yaml").open("a", encoding="utf-8") as exam:
            exam.write("scale: gaokao_312\n")
        self.regrade()
        self.run_program("verify", self.exam, expect=0)
        whole = self.dir / "whole.db"
        shutil.copy(self.db, whole)
        for change, told in (
                ("UPDATE standings SET rank = rank + 1 WHERE candidate = '0002'", "'0002': rank"),
                ("UPDATE standings SET scaled = 99.5 WHERE candidate = '0003'", "'0003': scaled '99.5'"),
                ("UPDATE standings SET label = 'S' WHERE candidate = '0003'", "'0003': label 'S'"),
                ("UPDATE standings SET candidate = '0009' WHERE candidate = '0001'",
                 "'0009' has a rank, but no score"),
                ("DELETE FROM standings WHERE candidate = '0001'", "3 candidates have a rank"),
                ("UPDATE item_options SET count = count + 1 WHERE item = 1", "figures of option 'A'"),
                ("UPDATE test_figures SET value = value + 0.01 WHERE name = 'mean'", "stored mean"),
                ("DELETE FROM test_figures WHERE name = 'pass'", "figures of the test are missing")):
            changed = self.dir / "changed.db"
            shutil.copy(whole, changed)
            with contextlib.closing(sqlite3.connect(changed)) as db:
                db.execute(change)
                db.commit()
            self.assertIn(told, self.run_program("verify", changed, expect=1).stderr)
            for path in self.dir.glob("changed.db*"):
                path.unlink()

    def test_a_figure_that_is_none(self):
        """Catches a figure without a meaning stored as that of the row before it."""
        roster = self.exam / "roster.csv"
        roster.write_text(roster.read_text(encoding="utf-8").replace("Name 3,1A", "Name 3,1B"),
                          encoding="utf-8")
        self.regrade()
        figures = {row["figure"]: row["value"] for row in self.rows("statistics")}
        self.assertNotEqual(figures["distinction"], "")
        self.assertEqual([figures["scale_mean"], figures["scale_sd"]], ["", ""])
        self.assertEqual({row["scaled"] for row in self.rows("standings")}, {""})
        alone, = (row for row in self.rows("groups") if row["name"] == "1B")
        self.assertEqual([alone[c] for c in ("n", "sd", "difference_low", "difference_high")],
                         ["1", "", "", ""])

    def test_scores_left_behind_are_told(self):
        """Catches scores of before, exported as if they were of now, when a run died between its
        last scan and its scores."""
        before = self.export("scores")
        self.assertNotIn("warning", self.run_program("export", self.db, "--what", "scores").stderr)
        with sqlite3.connect(self.db) as db:
            db.execute("CREATE TRIGGER die BEFORE INSERT ON scores BEGIN SELECT RAISE(ABORT, ''); END")
        sheets.write_scans(self.exam / "scans", [5])
        self.grade(expect=1)
        self.assertEqual(self.export("scores"), before)
        for what, warned in (("scores", True), ("items", True), ("distribution", True),
                             ("exceptions", True), ("readings", False), ("audit", False)):
            done = self.run_program("export", self.db, "--what", what, expect=0)
            self.assertEqual("the scores are older than what is stored" in done.stderr, warned, what)
        with sqlite3.connect(self.db) as db:
            db.execute("DROP TRIGGER die")
        self.grade()
        self.assertNotIn("older", self.run_program("export", self.db, "--what", "scores").stderr)
        self.assertEqual(len(self.totals()), 5)

    def test_a_new_key_that_was_not_applied_is_told(self):
        """Catches the same for a key: stored at a run's start, the scores at its end."""
        with sqlite3.connect(self.db) as db:
            db.execute("CREATE TRIGGER die BEFORE INSERT ON scores BEGIN SELECT RAISE(ABORT, ''); END")
        self.write_key("q1..10,BBBBBBBBBB,2,")
        self.grade(expect=1)
        done = self.run_program("export", self.db, "--what", "scores", expect=0)
        self.assertIn("the scores are older than what is stored", done.stderr)
        self.assertIn("older", self.run_program("verify", self.db, expect=1).stderr)
        with sqlite3.connect(self.db) as db:
            db.execute("DROP TRIGGER die")
        self.regrade()
        self.assertNotIn("older", self.run_program("export", self.db, "--what", "scores").stderr)

    def change_exam(self, old, new):
        path = self.exam / "exam.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def test_another_exam_into_the_same_database_is_told(self):
        """Catches physics graded into the database of mathematics, whose sheets are then scored by
        the key of physics: both use one answer card."""
        self.change_exam("title: quiz", "title: physics")
        self.write_key("q1..10,BBBBBBBBBB,2,")
        done = self.grade("--db", self.db)
        self.assertIn("holds 4 pages of the exam 'quiz'; they are now scored as 'physics'",
                      done.stderr)
        self.assertNotIn("scored as", self.grade("--db", self.db).stderr)

    def test_another_confidence_for_pages_already_read_is_told(self):
        """Catches an office that asks for more certainty, and believes it has it."""
        self.change_exam("title: quiz", "title: quiz\nmin_confidence: 0.999")
        self.assertIn("4 pages were read with min_confidence 0.9", self.regrade().stderr)

    def test_the_database_alone(self):
        """Catches a database that does not hold all that a regrade needs."""
        alone = self.dir / "alone.db"
        shutil.copy(self.db, alone)
        before = self.export("scores")
        shutil.rmtree(self.exam)
        done = self.regrade("--json", exam=alone)
        self.assertEqual(json.loads(done.stdout)["changed"], 0)
        self.assertEqual(self.export("scores", alone), before)
        audit = self.rows("audit", alone)
        self.assertEqual([audit[-1]["action"], audit[-1]["detail"]],
                         ["regrade", "30 scores, 0 changed"])
        self.run_program("verify", alone, expect=0)

    def test_a_bad_key_changes_nothing(self):
        """Catches a key that is half stored, or a mistake that is told without its place."""
        before = self.exports()
        self.write_key("q1,A,2,", "q2,E,2,")
        self.assertIn("key.csv:3:4: error: key 'E' of item 'q2'", self.regrade(expect=2).stderr)
        self.assertEqual(self.exports(), before)

    def test_a_changed_form_is_refused(self):
        """Catches readings of one form scored as another's."""
        before = self.exports()
        form = self.exam / "form.yaml"
        form.write_text(form.read_text(encoding="utf-8").replace("q1..10", "p1..10"),
                        encoding="utf-8")
        self.write_key("p1..10,ABCDABCDAB,2,")
        self.assertIn("form", self.regrade(expect=2).stderr)
        self.assertEqual(self.exports(), before)

    def test_no_database(self):
        """Catches an empty database made by mistake, or a file taken for one."""
        for db in (self.dir / "none.db", self.exam / "key.csv"):
            for command in ("regrade", "verify"):
                done = self.run_program(command, self.exam, "--db", db, expect=2)
                self.assertIn(db.name, done.stderr)
        self.assertFalse((self.dir / "none.db").exists())


class Verify(CliTest):
    def setUp(self):
        super().setUp()
        sheets.write_scans(self.exam / "scans", CANDIDATES)
        self.grade("--quiet")

    def tamper(self, sql):
        db = sqlite3.connect(self.db)
        with db:
            self.assertEqual(db.execute(sql).rowcount, 1, sql)
        db.close()

    def test_says_what_was_checked(self):
        """Catches a check that passes over nothing, or writes to what it checks."""
        before = self.db.read_bytes()
        done = self.run_program("verify", self.exam, expect=0)
        first, marks, silent, roster = done.stdout.splitlines()
        self.assertEqual(first, "ok: pages in 4 = pages out 4, audit chain of 3 whole, "
                                "30 scores equal a rescore")
        self.assertEqual(marks, "marks          0 of 44 fields (0.00 %; 95 %: 0.00 to 8.03 %) "
                                "go to a person")
        self.assertRegex(silent, r"^silent errors  (< )?0\.00\d expected among the other 44 "
                                 r"\(95 %: at most 0\)$")
        self.assertRegex(roster, r"^roster  +\d+ = \d+ scored \+ \d+ pending \+ \d+ absent \+ 0 void")
        self.assertEqual(self.db.read_bytes(), before)

    def test_a_changed_score(self):
        """Catches a score that was changed by hand."""
        self.tamper("UPDATE scores SET total_num = total_num + 1 WHERE sheet_id = "
                    "(SELECT id FROM sheets WHERE candidate = '0003')")
        done = self.run_program("verify", self.exam, expect=1)
        self.assertIn("candidate '0003': total", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_lost_page(self):
        """Catches a page that is no longer there."""
        self.tamper("DELETE FROM pages WHERE id = 2")
        self.assertIn("lost pages", self.run_program("verify", self.exam, expect=1).stderr)

    def test_a_key_that_was_not_applied(self):
        """Catches scores that are right by a key that is no longer in the folder."""
        key = self.exam / "key.csv"
        key.write_text(key.read_text(encoding="utf-8").replace("q1,A", "q1,B"), encoding="utf-8")
        self.assertIn("run regrade", self.run_program("verify", self.exam, expect=1).stderr)
        self.run_program("verify", self.db, expect=0)
        self.run_program("regrade", self.exam, expect=0)
        self.run_program("verify", self.exam, expect=0)


if __name__ == "__main__":
    unittest.main()
