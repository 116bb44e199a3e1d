"""`yuejuan report`: which files it writes where, and that they say what `export` says."""
import re
import shutil
import subprocess
import unittest

import sheets
from runner import CliTest

FILES = ["report.html", "report.pdf", "report.xlsx", "classes.pdf", "slips.pdf"]


class Report(CliTest):
    def setUp(self):
        super().setUp()
        sheets.write_scans(self.exam / "scans", [1, 2, 3, 4, 5])
        self.grade("--quiet")

    def report(self, *arguments, exam=None, expect=0, **more):
        return self.run_program("report", exam or self.exam, *arguments, expect=expect, **more)

    def test_all_files_in_the_exam(self):
        """Catches: a report elsewhere than told, or one that is named and not there."""
        told = self.report().stdout.split("\n")[:-1]
        self.assertEqual(told, [str(self.exam / "report" / name) for name in FILES])
        self.assertEqual(sorted(p.name for p in (self.exam / "report").iterdir()), sorted(FILES))

    def test_beside_the_database(self):
        """Catches: a database as EXAM whose report lands where the command was typed."""
        self.report("--what", "slips", exam=self.db)
        self.assertEqual([p.name for p in (self.exam / "report").iterdir()], ["slips.pdf"])

    def test_choice_of_files(self):
        """Catches: a list of which only the first or the last word counts."""
        out = self.dir / "out"
        self.report("-o", out, "--what", "classes,overview", "--format", "html,pdf")
        self.assertEqual(sorted(p.name for p in out.iterdir()),
                         ["classes.pdf", "report.html", "report.pdf"])

    def test_page_has_every_total(self):
        """Catches: scores in the report that are not those exported."""
        self.report("--format", "html")
        page = (self.exam / "report" / "report.html").read_text(encoding="utf-8")
        part = page[page.index('id="candidates"'):]
        rows = dict(re.findall(r'<th scope="row"[^>]*>(\d{4})</th>(?:<td[^>]*>[^<]*</td>){3}'
                               r'<td[^>]*>([^<]*)</td>', part))
        scores = {row["candidate"]: row["total"] or row["status"] for row in self.rows("scores")}
        self.assertEqual(rows, scores)

    def test_scaled_scores(self):
        """Catches: a band in the place of the scaled score that candidates are admitted by."""
        with (self.exam / "exam.yaml").open("a", encoding="utf-8") as exam:
            exam.write("scale: gaokao_312\n")
        self.run_program("regrade", self.exam, expect=0)
        self.report("--format", "html,pdf")
        page = (self.exam / "report" / "report.html").read_text(encoding="utf-8")
        part = page[page.index('id="candidates"'):]
        standings = self.rows("standings")
        self.assertEqual(len(standings), 5)
        for row in standings:
            line = part[part.index(f">{row['candidate']}</th>"):].split("</tr>")[0]
            self.assertIn(f">{row['scaled']} {row['label']}</td>", line)
        if not shutil.which("pdftotext"):
            return
        slips = subprocess.run(["pdftotext", "-layout", str(self.exam / "report" / "slips.pdf"), "-"],
                               capture_output=True, text=True, check=True).stdout
        for row in standings:
            self.assertRegex(slips, rf"rank {row['rank']} of 5 +scaled {row['scaled']} {row['label']}\b")

    def test_same_bytes(self):
        """Catches: a file that holds the hour or an order by chance."""
        one, two = self.dir / "one", self.dir / "two"
        self.report("-o", one)
        self.report("-o", two)
        for name in ("report.html", "report.pdf", "classes.pdf", "slips.pdf"):
            self.assertEqual((one / name).read_bytes(), (two / name).read_bytes(), name)

    def test_language(self):
        """Catches: --language that changes messages only, or nothing."""
        self.report("--format", "html", "--language", "en")
        self.assertIn('<html lang="en">',
                      (self.exam / "report" / "report.html").read_text(encoding="utf-8"))

    def test_before_anything_is_scored(self):
        """Catches: a report that fails, or prints numbers that are none, where there is no score."""
        empty = sheets.write_exam(self.dir / "empty")
        sheets.write_scans(empty / "scans", [])
        self.run_program("grade", empty, "--quiet")
        self.report(exam=empty)
        page = (empty / "report" / "report.html").read_text(encoding="utf-8")
        self.assertNotRegex(page, r"(?i)\bnan\b|\binf\b")

    def test_wrong_usage(self):
        """Catches: a slip of the pen that writes something else."""
        for arguments in (["--what", "slip"], ["--format", "docx"], ["--language", "fr"],
                          ["--what", "slips", "--format", "html"], ["--what", ""]):
            told = self.report(*arguments, expect=2)
            self.assertFalse((self.exam / "report").exists(), told.stderr)
        self.run_program("report", expect=2)
        self.report(exam=self.dir / "nothing", expect=2)

    def test_folder_that_cannot_be(self):
        """Catches: a failure told as success."""
        (self.dir / "file").write_text("x", encoding="utf-8")
        told = self.report("-o", self.dir / "file", expect=1)
        self.assertIn("file", told.stderr)


if __name__ == "__main__":
    unittest.main()
