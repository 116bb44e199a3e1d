"""Rules, sections, versions of a paper, points that people give, and `explain`."""
import json
import shutil
import subprocess
import unittest

import sheets
from runner import CliTest


def printed_as(options, letter):
    """The option of a printed question that is the master's `letter`."""
    return "ABCD"[options.index(letter)] if letter.strip() else letter


class Scoring(CliTest):
    def write(self, name, text):
        (self.exam / name).write_text(text, encoding="utf-8")

    def write_key(self, *rows, columns="item,key,points,rule,section"):
        self.write("key.csv", columns + "\n" + "\n".join(rows) + "\n")

    def write_scoring(self, text):
        self.write("exam.yaml", sheets.EXAM + "scoring:\n" + text)

    def scan(self, candidate, answers):
        page = sheets.filled(candidate, answers)
        (self.exam / "scans" / f"{candidate:04d}.png").write_bytes(page.png())

    def scores(self):
        return {row["candidate"]: row for row in self.rows("scores") if row["status"] != "absent"}

    def regrade(self, expect=0):
        return self.run_program("regrade", self.exam, expect=expect)

    def explain(self, candidate, expect=0):
        return self.run_program("explain", self.exam, candidate, expect=expect).stdout

    def explain_json(self, candidate, db=None):
        done = self.run_program("explain", db or self.exam, candidate, "--json", expect=0)
        return json.loads(done.stdout)


class Sections(Scoring):
    def setUp(self):
        super().setUp()
        self.scan(1, "ABCDABCDAB")  # all right
        self.scan(2, "ABCAABCDAB")  # q4 wrong
        self.scan(3, "BBBB  CDA ")  # q1, q3, q4 wrong; q5, q6, q10 blank
        self.write_scoring("  sections:\n"
                           "    I: {weight: 3/2, guess: true, floor: 0, round: 1}\n"
                           "    II: {best: 2}\n"
                           "  total: {round: 0}\n")
        self.write_key("q1..4,ABCD,2,,I", "q5..8,ABCD,3,,II", "q9..10,AB,1,,")
        self.grade("--quiet")

    def test_sections_and_total(self):
        """Catches sections that the export only adds up, and a maximum without the choice."""
        scores = self.scores()
        # I: 8 * 3/2 = 12; II: the best two of four, 6; 2: 20
        self.assertEqual([scores["0001"][c] for c in ("I", "II", "total", "max")],
                         ["12", "6", "20", "20"])
        # I: (6 - 2/3) * 3/2 = 8
        self.assertEqual([scores["0002"][c] for c in ("I", "II", "total")], ["8", "6", "16"])
        # I: (2 - 3 * 2/3) * 3/2 = 0; II: q7, q8; q9
        self.assertEqual([scores["0003"][c] for c in ("I", "II", "total")], ["0", "6", "7"])
        self.run_program("verify", self.exam, expect=0)

    def test_a_changed_scheme_regrades(self):
        """Catches a scheme that stays in the folder: scores by rules nobody reads any more."""
        self.write_scoring("  sections:\n    II: {first: 2}\n")
        self.assertIn("'scoring' may not be", self.run_program("verify", self.exam,
                                                              expect=1).stderr)
        self.regrade()
        scores = self.scores()
        # III: the first two answered of II are q7 and q8
        self.assertEqual([scores["0003"][c] for c in ("I", "II", "total", "max")],
                         ["2", "6", "9", "16"])
        self.run_program("verify", self.exam, expect=0)
        alone = self.dir / "alone.db"
        shutil.copy(self.db, alone)
        shutil.rmtree(self.exam)
        self.run_program("regrade", alone, expect=0)
        self.assertEqual({r["candidate"]: r["total"] for r in self.rows("scores", alone)
                          if r["total"]}, {"0001": "16", "0002": "14", "0003": "9"})

    @unittest.skipUnless(shutil.which("pdftotext"), "no pdftotext (Debian's poppler-utils)")
    def test_slips_without_what_does_not_count(self):
        """Catches an item told to have lost points that was not among those chosen."""
        self.run_program("report", self.exam, "--what", "slips", "-o", self.dir, expect=0)
        text = subprocess.run(["pdftotext", "-layout", str(self.dir / "slips.pdf"), "-"],
                              capture_output=True, text=True, check=True).stdout
        slip = text[text.index("Name 3"):text.index("Name 4")]
        self.assertRegex(slip, r"q1\b")
        self.assertRegex(slip, r"q10\b")
        self.assertNotRegex(slip, r"q[56]\b")  # blank, and II counts the best two

    def test_error_of_the_total(self):
        """Catches the standard error of a plain sum told of a weighted total."""
        self.assertEqual({r["exam_error"] for r in self.rows("standings")}, {""})
        self.write_scoring("  total: {floor: 0}\n")
        self.regrade()
        errors = {r["candidate"]: float(r["exam_error"]) for r in self.rows("standings")}
        # items worth 2 (4 times), 3 (4), 1 (2): 22 points, squares 54; 0002 has 20 of them
        for candidate, total in (("0001", 22), ("0002", 20)):
            expected = (54 * total / 22 * (1 - total / 22) / (1 - 54 / 22 ** 2)) ** 0.5
            self.assertAlmostEqual(errors[candidate], expected, places=4)

    def test_columns_have_names_of_their_own(self):
        """Catches two columns of one name, of which a reader of JSON sees the last alone."""
        self.write("exam.yaml", sheets.EXAM)
        self.write_key("q1,A,2,,q1", "q2,B,2,,item q1", "q3,C,2,,total", "q4,D,2,,section total")
        self.regrade()
        header = self.export("scores").splitlines()[0].split(",")
        self.assertEqual(header[7:], ["q1", "item q1", "section total", "section section total",
                                      "item item q1", "q2", "q3", "q4"])
        self.assertEqual(self.scores()["0001"]["item item q1"], "2")
        self.run_program("verify", self.exam, expect=0)

    def test_mistakes_have_their_place(self):
        """Catches a slip of exam.yaml that is found after the scans, or without its line."""
        self.write_scoring("  sections:\n    III: {weight: 2}\n")
        self.assertIn("exam.yaml:7:5: error: no item is in section 'III'",
                      self.regrade(expect=2).stderr)
        self.write_scoring("  rules:\n    ours: {kind: formula, formula: \"S * (c\"}\n")
        self.assertIn("exam.yaml:7:43: error: the formula ends", self.regrade(expect=2).stderr)

    def test_explained(self):
        """Catches a step that is not shown, or shown with another figure than was counted."""
        text = self.explain("0002")
        self.assertIn("0002 Name 2 1A School: 16 of 20", text)
        self.assertRegex(text, r"(?m)^  q4 +A +\d+\.\d\d % +D +0/2 +wrong +2 for an accepted")
        self.assertIn("I      sum 6; less 2/3 for guessing; times the weight 1.5, 8: 8 of 12",
                      text)
        self.assertIn("II     the best 2 of 4 items, sum 6: 6 of 6", text)
        self.assertIn("0002.png, page 1", text)
        score, = self.explain_json("0002")
        self.assertEqual((score["total"], score["max"], score["differs"]), ("16", "20", False))
        self.assertEqual([i["item"] for i in score["items"] if not i["chosen"]], ["q7", "q8"])
        self.assertEqual([s["points"] for s in score["sections"]], ["8", "6", "2"])
        for candidate in ("0001", "0003"):
            score, = self.explain_json(candidate)
            self.assertEqual(score["total"], self.scores()[candidate]["total"])
        self.assertIn("absent", self.explain("0009"))
        self.assertIn("no score is stored for a candidate '77'",
                      self.run_program("explain", self.exam, "77", expect=2).stderr)
        self.assertIn("no candidate given",
                      self.run_program("explain", self.exam, expect=2).stderr)


class Rules(Scoring):
    def test_rules_by_name(self):
        """Catches a rule of exam.yaml that is lost on its way through the database."""
        self.scan(1, "ABCDABCDAB")
        self.scan(2, "BBCDABCD B")
        self.write_scoring("  rules:\n"
                           "    ours: {kind: amc, b: 3, m: -1, v: -0.5}\n"
                           "    step: {kind: formula, formula: \"if(c > 0, S, -S/3)\"}\n")
        self.write_key("q1,A,3,ours,", "q2..8,BCDABCD,2,step,", "q9,A,3,ours,",
                       "q10,A=1|B=1/2,1,enumerated,")
        self.grade("--quiet")
        self.assertEqual([self.scores()[c]["total"] for c in ("0001", "0002")], ["20.5", "13"])
        self.assertIn("Auto Multiple Choice: right 3, wrong -1; blank -0.5", self.explain("0002"))
        self.run_program("verify", self.db, expect=0)

    def test_rebase_keeps_the_maximum(self):
        """Catches points that leave with a void item although the office promised 100."""
        self.scan(1, "ABCDABCDAB")
        self.scan(2, "BBCDABCDAA")
        self.write_key("q1,A,2,void_rebase,", "q2..9,BCDABCDA,2,,", "q10,B,2,,")
        self.grade("--quiet")
        scores = self.scores()
        self.assertEqual([scores["0001"]["total"], scores["0001"]["max"]], ["20", "20"])
        self.assertEqual(scores["0002"]["total"], "17.777778")  # 16 * 20/18
        self.assertIn("times 10/9 for what is void, 160/9", self.explain("0002"))


class Void(Scoring):
    def test_no_alarm_of_a_void_item(self):
        """Catches an office told for ever to look at a key that it has given away."""
        for c in range(1, 25):  # the better ones take B, which the key has not
            right = c // 3
            q1 = "B" if right > 4 else "C" if right > 2 else "A"
            self.scan(c, q1 + sheets.KEY[1:1 + right] + "D" * (9 - right))
        self.write_key("q1,A,2,,", "q2..10,BCDABCDAB,2,,")
        self.grade("--quiet")
        told = {(r["kind"], r["subject"]) for r in self.rows("findings")}
        self.assertIn(("miskeyed", "q1"), told)
        for rule in ("void_full", "void_drop", "void_answered"):
            self.write_key(f"q1,A,2,{rule},", "q2..10,BCDABCDAB,2,,")
            self.regrade()
            self.assertNotIn("q1", {r["subject"] for r in self.rows("findings")}, rule)
            self.run_program("verify", self.exam, expect=0)


class Versions(Scoring):
    """q10 says which version a sheet is."""

    MASTER = "ABCDABCDA"
    #         printed question: its master, and the master's option of each printed one
    SHUFFLE = {1: (3, "BADC"), 2: (1, "ABCD"), 3: (2, "DCBA"), 4: (4, "CDAB")}

    def setUp(self):
        super().setUp()
        self.write("form.yaml", sheets.FORM.replace("candidate: number",
                                                    "candidate: number\nversion: q10"))
        self.write_key("q1..9," + self.MASTER + ",2,,")
        self.write("versions.csv", "version,item,master,options\nA,,,\n" + "".join(
            f"B,q{q},q{m},{'' if o == 'ABCD' else o}\n" for q, (m, o) in self.SHUFFLE.items()))

    def on_paper_b(self, answers):
        """Answers to the master's questions as they are marked on version B."""
        printed = list(answers)
        for question, (master, options) in self.SHUFFLE.items():
            printed[question - 1] = printed_as(options, answers[master - 1])
        return "".join(printed)

    def test_scored_by_the_master(self):
        """Catches an answer of one version scored or counted as another's."""
        wrong = "BBCDABC A"
        self.scan(1, self.MASTER + "A")
        self.scan(2, self.on_paper_b(self.MASTER) + "B")
        self.scan(3, wrong + "A")
        self.scan(4, self.on_paper_b(wrong) + "B")
        self.assertNotEqual(self.on_paper_b(wrong), wrong)
        self.grade("--quiet")
        scores = self.scores()
        items = [f"q{q}" for q in range(1, 10)]
        self.assertEqual({c: scores[c]["total"] for c in scores},
                         {"0001": "18", "0002": "18", "0003": "14", "0004": "14"})
        for c in ("0003", "0004"):
            self.assertEqual([scores[c][i] for i in items],
                             ["0", "2", "2", "2", "2", "2", "2", "0", "2"])
        first = next(row for row in self.rows("items") if row["item"] == "q1")
        self.assertEqual([first[f"{o}_count"] for o in "ABCD"], ["2", "2", "0", "0"])
        self.run_program("verify", self.exam, expect=0)
        score, = self.explain_json("0004")
        self.assertEqual((score["version"], score["total"], score["differs"]), ("B", "14", False))
        item = score["items"][2]  # q3 is printed as q1, its C as D
        self.assertEqual((item["value"], item["printed"], item["printed_value"], item["points"]),
                         ("C", "q1", "D", "2"))
        self.assertIn("version B of the paper", self.explain("0004"))
        alone = self.dir / "alone.db"
        shutil.copy(self.db, alone)
        shutil.rmtree(self.exam)
        self.run_program("regrade", alone, expect=0)
        self.run_program("verify", alone, expect=0)

    def red_pixels(self, candidate):
        """Of a candidate's annotated page: red is what annotate says of wrong answers."""
        self.run_program("annotate", self.exam, candidate, "-o", self.dir / "marked", expect=0)
        path, = (self.dir / "marked").glob(f"{candidate}*.png")
        return sum(r > g + 120 and r > b + 120 for r, g, b in sheets.png_pixels(path.read_bytes()))

    def test_annotated_as_it_is_printed(self):
        """Catches points and right options of the master drawn at another version's questions."""
        self.scan(1, self.MASTER + "A")
        self.scan(2, self.on_paper_b(self.MASTER) + "B")
        self.scan(3, self.on_paper_b("BBCDABCDA") + "B")
        self.grade("--quiet")
        self.assertEqual(self.red_pixels("0001"), 0)
        self.assertEqual(self.red_pixels("0002"), 0)
        self.assertGreater(self.red_pixels("0003"), 20)

    def test_an_unknown_version_waits(self):
        """Catches a sheet of a version nobody knows scored as the master."""
        self.scan(1, self.MASTER + " ")
        self.scan(2, self.MASTER + "C")
        self.scan(3, self.MASTER + "A")
        self.grade("--quiet")
        scores = self.scores()
        self.assertEqual([scores[c]["status"] for c in sorted(scores)],
                         ["pending", "pending", "scored"])
        self.assertEqual([self.exceptions_of(f"000{c}.png") for c in (1, 2)],
                         [["unknown_version"]] * 2)
        self.assertIn("field 'q10' is blank", self.explain("0001"))
        self.assertIn("version 'C' is not in", self.explain("0002"))

    def test_mistakes_of_the_mapping(self):
        """Catches a question scored twice or never, or options that are no permutation."""
        head = "version,item,master,options\n"
        for text, told in (
                ("B,q1,q2,\n", "versions.csv:2:3: error: item 'q1' of version 'B' is 'q2', but "
                               "nothing is 'q1'"),
                ("B,q1,q2,\nB,q2,q3,\nB,q3,q2,\n", "versions.csv:4:6: error: master 'q2'"),
                ("B,q1,q2,\nB,q1,q1,\n", "versions.csv:3:3: error: item 'q1' of version 'B' stands"),
                ("B,q1,q11,\n", "versions.csv:2:6: error: master 'q11' is not in the key"),
                ("B,x1,q1,\n", "versions.csv:2:3: error: item 'x1' is not in the key"),
                ("B,q1,q1,BADB\n", "versions.csv:2:9: error: 'BADB' is not every option"),
                ("B,q1,q1,BAD\n", "versions.csv:2:9: error: 'BAD' is not every option"),
                ("B,q1,q1,BADCA\n", "versions.csv:2:9: error: 'BADCA' is not every option"),
                (",q1,q1,\n", "versions.csv:2:1: error: row without a version"),
                ("B,q1,,\n", "versions.csv:2:6: error: no master")):
            self.write("versions.csv", head + text)
            done = self.run_program("grade", self.exam, expect=2)
            self.assertIn(told, done.stderr)
        self.write("versions.csv", head)
        self.assertIn("there is no version", self.run_program("grade", self.exam, expect=2).stderr)


class Given(Scoring):
    def setUp(self):
        super().setUp()
        self.scan(1, "ABCDABCDAB")
        self.scan(2, "ABCDABCDAB")
        self.write_key("q1..10,ABCDABCDAB,2,,", "essay,,30,points,")

    def test_points_by_hand(self):
        """Catches points of nobody, or of somebody else, and a total without the essay."""
        self.write("points.csv", "candidate,item,points,by\n0001,essay,21.5,王老師\n")
        self.grade("--quiet")
        scores = self.scores()
        self.assertEqual([scores["0001"][c] for c in ("total", "max", "essay")],
                         ["41.5", "50", "21.5"])
        self.assertEqual([scores["0002"][c] for c in ("total", "status", "essay")],
                         ["", "pending", ""])
        self.assertIn("essay: nobody has given points yet", self.explain("0002"))
        self.assertRegex(self.explain("0001"), r"essay +21\.5 +王老師 +21\.5/30 +as people gave")
        self.write("points.csv", "candidate,item,points\n0001,essay,21.5\n0002,essay,0\n")
        self.assertIn("points that people gave", self.run_program("verify", self.exam,
                                                                  expect=1).stderr)
        self.regrade()
        self.assertEqual(self.scores()["0002"]["total"], "20")
        self.run_program("verify", self.exam, expect=0)
        alone = self.dir / "alone.db"
        shutil.copy(self.db, alone)
        shutil.rmtree(self.exam)
        self.run_program("regrade", alone, expect=0)
        self.run_program("verify", alone, expect=0)

    def test_points_without_a_sheet_wait(self):
        """Catches a candidate called absent whose essay was marked."""
        self.write("points.csv", "candidate,item,points\n0009,essay,21\n")
        self.grade("--quiet")
        row = next(r for r in self.rows("scores") if r["candidate"] == "0009")
        self.assertEqual(row["status"], "pending")
        self.assertIn("no sheet was scanned, but", self.explain("0009"))
        self.run_program("verify", self.exam, expect=0)

    def test_points_of_somebody_unknown_wait(self):
        """Catches an essay's points that go to nobody, where there is no roster to hold them against."""
        self.write("exam.yaml", sheets.EXAM.replace("roster: roster.csv\n", ""))
        (self.exam / "roster.csv").unlink()
        self.write("points.csv", "candidate,item,points\n0001,essay,21\n0012,essay,20\n"
                                 "0002,essay,\n")
        self.grade("--quiet")
        self.assertEqual({r["candidate"]: (r["status"], r["total"]) for r in self.rows("scores")},
                         {"0001": ("scored", "41"), "0002": ("pending", ""),
                          "0012": ("pending", "")})
        self.assertIn("no sheet was scanned, but", self.explain("0012"))
        self.run_program("verify", self.exam, expect=0)

    def regions_that_wait(self):
        listed = json.loads(self.run_program("review", "list", self.exam, "--json",
                                             expect=0).stdout)
        return {w["candidate"]: w["id"] for w in listed if w["field"] == "proof"}

    def test_points_of_a_region(self):
        """Catches points of a region lost between `review set` and the total, or two people's
        points of which one wins in silence."""
        self.write("form.yaml", sheets.FORM + "  - field: proof\n    kind: region\n"
                                              "    area: [20, 120, 40, 40]\n")
        self.write_key("q1..10,ABCDABCDAB,2,,", "proof,,10,points,")
        self.grade("--quiet")
        self.assertEqual(self.scores()["0001"]["status"], "pending")
        ids = self.regions_that_wait()
        self.assertEqual(set(ids), {"0001", "0002"})
        self.run_program("review", "set", self.exam, ids["0001"], "7.5", "--by", "Lin", "--why",
                         "marked", expect=0)
        self.assertEqual(set(self.regions_that_wait()), {"0002"})
        done = self.run_program("review", "set", self.exam, ids["0001"], "good", "--by", "Lin",
                                "--why", "marked")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual([self.scores()["0001"][c] for c in ("total", "max")], ["27.5", "30"])
        self.run_program("verify", self.exam, expect=0)
        self.write("points.csv", "candidate,item,points\n0001,proof,7.5\n0002,proof,8\n")
        self.regrade()
        self.assertEqual([self.scores()[c]["total"] for c in ("0001", "0002")], ["27.5", "28"])
        self.write("points.csv", "candidate,item,points\n0001,proof,6\n0002,proof,8\n")
        self.regrade()
        self.assertEqual(self.scores()["0001"]["status"], "pending")
        self.assertIn("people gave different points", self.explain("0001"))
        self.run_program("verify", self.exam, expect=0)

    def test_mistakes(self):
        """Catches a slip of the pen that becomes a score."""
        head = "candidate,item,points\n"
        for text, told in (
                ("0099,essay,3\n", "points.csv:2:1: error: candidate '0099' is not in the roster"),
                ("0001,essay,31\n", "points.csv:2:12: error: '31' is not between 0 and the 30"),
                ("0001,essay,-1\n", "points.csv:2:12: error: '-1' is not between"),
                ("0001,essay,1/997\n", "points.csv:2:12: error: '1/997' is no number of points"),
                ("0001,essay,x\n", "points.csv:2:12: error: 'x' is no number of points"),
                ("0001,esay,3\n", "points.csv:2:6: error: item 'esay' is not in the key"),
                ("0001,q1,2\n", "points.csv:2:6: error: item 'q1' is read from the sheet"),
                ("0001,essay,3\n0001,essay,4\n",
                 "points.csv:3:12: error: candidate '0001' has '4' for item 'essay', but '3'")):
            self.write("points.csv", head + text)
            self.assertIn(told, self.run_program("grade", self.exam, expect=2).stderr)
        self.write("points.csv", head + "0001,essay,3\n0001,essay,3.0\n")
        self.grade("--quiet")
        (self.exam / "points.csv").unlink()
        self.assertIn("item 'essay' is no field of any form",
                      self.run_program("regrade", self.exam, expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
