"""Forms drafted from sheets that the program drew, and what is said where there is none to draft."""
import csv
import io
import os
import pathlib
import shutil
import unittest

from runner import CliTest
import sheets

ROOT = pathlib.Path(os.environ["YUEJUAN_SOURCE"])
CARD = ROOT / "samples" / "card" / "form.yaml"
PAGES = ROOT / "tests" / "forms" / "drawn-pages.yaml"


@unittest.skipUnless(shutil.which("pdftoppm"), "pdftoppm is not there to draw the sheets")
class Drawn(CliTest):
    def sheet(self, form):
        out = self.dir / (form.stem + ".pdf")
        self.run_program("sheet", form, "-o", out, expect=0)
        return out

    def bubbles(self, form, page=1):
        rows = csv.DictReader(io.StringIO(self.run_program("form", "layout", form, expect=0).stdout))
        return {(float(r["x"]) + float(r["w"]) / 2, float(r["y"]) + float(r["h"]) / 2): r["field"]
                for r in rows if r["kind"] in ("choice", "grid") and int(r["page"]) == page}

    def unmatched(self, ours, theirs):
        """Places without a bubble of the other within 0.3 mm."""
        return [p for p in ours
                if not any(abs(p[0] - q[0]) < 0.3 and abs(p[1] - q[1]) < 0.3 for q in theirs)]

    def test_sheet_there_and_back(self):
        """Catches a draft that is not the form the sheet was drawn from, or that is not found on it."""
        pdf, draft = self.sheet(CARD), self.dir / "draft.yaml"
        done = self.run_program("form", "draft", pdf, "-o", draft, expect=0)
        self.assertIn("bubbles: 241", done.stderr)
        self.assertIn("form check", done.stderr)
        ours, theirs = self.bubbles(CARD), self.bubbles(draft)
        self.assertEqual(self.unmatched(ours, theirs), [])
        self.assertEqual(self.unmatched(theirs, ours), [])
        text = draft.read_text(encoding="utf-8")
        for told in ("candidate: number", "fields: q1..40", "per_column: 10", "columns: 8",
                     "please check"):
            self.assertIn(told, text)
        done = self.run_program("form", "check", draft, "--scan", pdf, "-o", self.dir / "check.png",
                                expect=0)
        self.assertIn("found page 1", done.stdout)

    def test_page_number_paper_and_name(self):
        """Catches options that are read and not heeded."""
        pdf = self.sheet(PAGES)
        second = self.run_program("form", "draft", pdf, "--page-number", "2", "--name", "秋 \"2\"",
                                  "--page", "210x297", expect=0).stdout
        self.assertIn('form: "秋 \\"2\\""', second)
        self.assertIn("page: {size: [210, 297]}", second)
        self.assertIn("bracket", second)
        first = self.run_program("form", "draft", pdf, expect=0).stdout
        self.assertNotEqual(first, second)
        self.assertIn("page: {size: A4}", first)
        self.assertIn("page 3 of a scan of 2",
                      self.run_program("form", "draft", pdf, "--page-number", "3", expect=2).stderr)


class Refused(CliTest):
    def test_no_bubbles(self):
        """Catches a form made of a white page, and one written where there is none."""
        blank, out = self.dir / "white.png", self.dir / "form.yaml"
        blank.write_bytes(sheets.Page(empty=True).png())
        done = self.run_program("form", "draft", blank, "-o", out, expect=2)
        self.assertIn("no bubbles were found", done.stderr)
        self.assertIn("white.png", done.stderr)
        self.assertFalse(out.exists())

    def test_no_scan(self):
        """Catches files that are no pictures told as anything else."""
        text = self.dir / "blank.png"
        text.write_text("field,value\n", encoding="utf-8")
        self.run_program("form", "draft", text, expect=3)
        self.assertIn("absent.png",
                      self.run_program("form", "draft", "absent.png", expect=2).stderr)

    def test_usage(self):
        """Catches mistakes that are passed over, or told without what was typed."""
        for arguments, told in (([], "name one scan"), (["a.png", "b.png"], "name one scan"),
                                (["a.png", "--page", "A9"], "'A9'"),
                                (["a.png", "--page", "210x"], "'210x'"),
                                (["a.png", "--dpi", "none"], "'none'"),
                                (["a.png", "--turn", "45"], "--turn"),
                                (["a.png", "--page-number", "0"], "'0'"),
                                (["a.png", "--scan", "b.png"], "--scan")):
            done = self.run_program("form", "draft", *arguments, expect=2)
            self.assertIn(told, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertIn("yuejuan form draft", self.run_program("form", "draft", "--help",
                                                             expect=0).stdout)
        self.assertIn("  draft ", self.run_program("form", "--help", expect=0).stdout)


if __name__ == "__main__":
    unittest.main()
