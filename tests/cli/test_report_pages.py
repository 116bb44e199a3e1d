"""The PDFs and the page of a made-up exam, read by poppler: who is on them, and how many pages."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

LOOK = os.environ["REPORT_LOOK"]
PENDING, ABSENT = 17, 20  # of 41 and of 37: tests/unit/analysis_fixture.c


def pdf_text(path):
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True,
                          check=True).stdout


def pdf_pages(path):
    out = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"^Pages:\s+(\d+)", out, re.M).group(1))


class ReportPages(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-pages-"))

    def tearDown(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def look(self, *arguments):
        done = subprocess.run([LOOK, str(self.dir), *map(str, arguments)], capture_output=True,
                              text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8",
                                                           "LANGUAGE": "en"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stderr, "Sanitizer|runtime error|WARNING|CRITICAL")

    def test_slips_hold_everybody_once(self):
        """Catches: a candidate without a slip or with two, a slip that hides why it has no score,
        glyphs that are no text."""
        self.look(123, 40, 2, 3)
        slips = re.split(r"(?=高三第二次模擬考試)", pdf_text(self.dir / "slips.pdf"))[1:]
        self.assertEqual(len(slips), 123)
        seen = {}
        for slip in slips:
            number = int(re.search(r"\b(1\d{5})\b", slip).group(1)) - 110001
            self.assertNotIn(number, seen)
            seen[number] = slip
        self.assertEqual(sorted(seen), list(range(123)))
        for number, slip in seen.items():
            if number % 41 == PENDING:
                self.assertIn("pending: a person still decides", slip)
                self.assertNotIn("rank", slip)
            elif number % 37 == ABSENT:
                self.assertIn("absent: no answer sheet", slip)
            else:
                self.check_score(slip)

    def check_score(self, slip):
        """Items of two points: what was lost is in the list, item by item, answer and key."""
        plain = slip.replace("\u2060", "")
        total, most = map(int, re.search(r"\b(\d+) +/ (\d+)", plain).groups())
        lost = re.findall(r"\bq(\d+)\s*([A-D–])→([A-D])", plain)
        self.assertEqual(most, 80)
        self.assertEqual(total, most - 2 * len(lost), slip)
        for item, answer, key in lost:
            self.assertEqual(key, "ABCD"[((int(item) - 1) * 5 + 1) % 4])
            self.assertNotEqual(answer, key)

    def test_footers_count_pages(self):
        """Catches: "n / N" that does not count the pages there are."""
        self.look(90, 60, 2, 3, "model")
        for name in ("report.pdf", "classes.pdf"):
            pages = pdf_text(self.dir / name).split("\f")[:-1]
            self.assertEqual(len(pages), pdf_pages(self.dir / name))
            for n, page in enumerate(pages, 1):
                self.assertRegex(page, rf"2026-11-30 +{n} / {len(pages)}\b")

    def test_class_pages_hold_their_class(self):
        """Catches: a class list with the wrong people, or one of them missing."""
        self.look(60, 20, 2, 3)
        text = pdf_text(self.dir / "classes.pdf")
        self.assertEqual(pdf_pages(self.dir / "classes.pdf"), 6)
        for number in range(60):
            self.assertEqual(len(re.findall(rf"\b{110001 + number}\b", text)), 1)
        first = text.split("\f")[0]
        numbers = [int(n) - 110001 for n in re.findall(r"\b(1100\d\d)\b", first)]
        self.assertEqual(sorted({n % 3 for n in numbers}), [numbers[0] % 3])

    def test_no_number_that_is_none(self):
        """Catches: "nan" on paper."""
        for arguments in ((0, 5, 1, 1), (1, 5, 1, 1, "model"), (12, 6, 1, 2, "same")):
            self.look(*arguments)
            for name in ("report.pdf", "classes.pdf", "slips.pdf"):
                self.assertNotRegex(pdf_text(self.dir / name).lower(), r"\b(nan|inf)\b|\(null\)")


if __name__ == "__main__":
    if not shutil.which("pdftotext") or not shutil.which("pdfinfo"):
        print("skipped: no pdftotext (Debian's poppler-utils)")
        sys.exit(77)
    unittest.main()
