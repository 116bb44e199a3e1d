"""Sheets drawn by the program, printed and scanned by others, and read by it again."""
import csv
import io
import os
import pathlib
import random
import shutil
import sqlite3
import struct
import subprocess
import unittest
import zlib

from runner import PROGRAM, CliTest
from sheets import png_chunk, png_header

ROOT = pathlib.Path(os.environ["YUEJUAN_SOURCE"])
CARD = ROOT / "samples" / "card"
FORMS = ROOT / "tests" / "forms"
FIT = 0.97
ROSTER = """candidate,name,class,school
110023,王小明,三年一班,青松高中
110024,歐陽詢,三年二班,青松高中
110031,Brontë,三年二班,青松高中
"""


def read_pgm(path):
    """Width, height and rows of a binary PGM of poppler's."""
    data = path.read_bytes()
    magic, width, height, _ = data.split(None, 4)[:4]
    assert magic == b"P5"
    width, height = int(width), int(height)
    pixels = data[-width * height:]
    return width, height, [pixels[y * width:(y + 1) * width] for y in range(height)]


def scanned(rows, seed):
    """What a scanner makes of print: its lens spreads every line, paper is not white, and no two
    pixels of it are alike."""
    dice = random.Random(seed)
    noise = bytes(dice.randrange(11) for _ in range(len(rows[0]) + 9973))
    tone = [25 + value * 220 // 255 for value in range(256)]
    out = []
    for y, middle in enumerate(rows):
        above, below = rows[max(0, y - 1)], rows[min(len(rows) - 1, y + 1)]
        sums = [a + 2 * b + c for a, b, c in zip(above, middle, below)]
        left, right = sums[:1] + sums[:-1], sums[1:] + sums[-1:]
        start = y * 7919 % 9973
        out.append(bytes(tone[(a + 2 * b + c) >> 4] + n - 5
                         for a, b, c, n in zip(left, sums, right, noise[start:])))
    return out


def png(width, height, rows, dpi):
    dots = round(dpi / 0.0254)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", png_header(width, height)) +
            png_chunk(b"pHYs", struct.pack(">IIB", dots, dots, 1)) +
            png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 1)) +
            png_chunk(b"IEND", b""))


class Sheets(CliTest):
    def sheet(self, form, *arguments):
        """The PDF, with nothing to complain about."""
        path = self.dir / "sheet.pdf"
        done = self.run_program("sheet", form, "-o", path, *arguments, expect=0)
        self.assertEqual(done.stdout + done.stderr, "")
        return path

    def scan(self, pdf, dpi=200):
        """The PDF printed and scanned, a PNG a page."""
        if not shutil.which("pdftoppm"):
            self.skipTest("no pdftoppm here")
        folder = self.dir / f"scans-{dpi}"
        folder.mkdir()
        subprocess.run(["pdftoppm", "-gray", "-r", str(dpi), pdf, folder / "p"], check=True)
        for i, page in enumerate(sorted(folder.glob("*.pgm"))):
            width, height, rows = read_pgm(page)
            page.with_suffix(".png").write_bytes(png(width, height, scanned(rows, i), dpi))
            page.unlink()
        return folder

    def read(self, exam, scans):
        db = self.dir / f"{scans.name}.db"
        self.run_program("grade", exam, scans, "--db", db, "--quiet", expect=0)
        with sqlite3.connect(db) as store:
            pages = store.execute("SELECT verdict, fit FROM pages").fetchall()
        for verdict, fit in pages:
            self.assertEqual(verdict, "read")
            self.assertGreater(fit, FIT)
        return len(pages), self.rows("readings", db)

    def assert_blank(self, form, readings):
        """Catches print that reads as a mark. A place for handwriting always goes to a person."""
        layout = self.run_program("form", "layout", form, expect=0).stdout
        kinds = {r["field"]: r["kind"] for r in csv.DictReader(io.StringIO(layout))}
        marks = [r for r in readings if kinds[r["field"]] in ("choice", "grid", "digits")]
        self.assertGreater(len(marks), 5)
        others = [(r["field"], r["value"], r["status"]) for r in marks if r["status"] != "blank"]
        self.assertEqual([o for o in others if o[1] or o[2] != "uncertain"], [])
        self.assertLessEqual(len(others), len(marks) // 40, others)  # a speck of a coarse scan

    def test_blank_sheets_read_blank(self):
        """Catches a sheet that is not the form: marks elsewhere, outlines that are not found,
        letters and captions that are taken for ink."""
        for form in (CARD / "form.yaml", FORMS / "amc-sheet.yaml", FORMS / "bench.yaml",
                     FORMS / "openmcr-75.yaml", FORMS / "pyomrx-l2-arts.yaml",
                     FORMS / "formscanner-questionnaire.yaml", FORMS / "drawn-pages.yaml",
                     FORMS / "drawn-timing.yaml"):
            with self.subTest(form.name):
                scans = self.scan(self.sheet(form))
                _, readings = self.read(form, scans)
                self.assert_blank(form, readings)
                shutil.rmtree(scans)
                (self.dir / f"{scans.name}.db").unlink()

    def test_card_at_other_resolutions(self):
        """Catches lines that a renderer moves to its own pixels, away from the form's places."""
        pdf = self.sheet(CARD / "form.yaml")
        for dpi in (110, 150, 300):
            _, readings = self.read(CARD / "form.yaml", self.scan(pdf, dpi))
            self.assert_blank(CARD / "form.yaml", readings)

    def candidates_of(self, form):
        """Who is read on each page's scan, of sheets drawn for ROSTER."""
        exam = self.dir / "drawn"
        exam.mkdir()
        shutil.copy(form, exam / "form.yaml")
        (exam / "roster.csv").write_text(ROSTER, encoding="utf-8")
        (exam / "exam.yaml").write_text("title: drawn\nform: form.yaml\nroster: roster.csv\n",
                                        encoding="utf-8")
        scans = self.scan(self.sheet(exam / "form.yaml", "--roster", exam / "roster.csv"))
        n, readings = self.read(exam, scans)
        return n, [r for r in readings if r["field"] == "number"], readings

    def test_roster_of_two_pages(self):
        """Catches a barcode or serial of the wrong candidate: page two finds its sheet by it."""
        n, numbers, readings = self.candidates_of(FORMS / "drawn-pages.yaml")
        self.assertEqual(n, 6)
        self.assertEqual([(r["value"], r["status"]) for r in numbers],
                         [("110023", "ok"), ("110024", "ok"), ("110031", "ok")])
        owners = {r["scan"][-5:]: r["candidate"] for r in readings if r["field"] in ("q1", "q90")}
        self.assertEqual(list(owners.values()), ["110023", "110023", "110024", "110024", "110031",
                                                 "110031"])

    def test_roster_of_a_grid(self):
        """Catches a number filled into the wrong bubbles."""
        n, numbers, _ = self.candidates_of(FORMS / "drawn-timing.yaml")
        self.assertEqual(n, 3)
        self.assertEqual([(r["value"], r["status"]) for r in numbers],
                         [("110023", "ok"), ("110024", "ok"), ("110031", "ok")])

    def test_large_roster(self):
        """Catches a page that is kept again for every candidate, and what cairo 1.16 dies of: font
        subsets of many Chinese names."""
        dice = random.Random(1)
        roster = self.dir / "large.csv"
        names = ("".join(chr(dice.randrange(0x4e00, 0x8e00)) for _ in range(3)) for _ in range(1000))
        roster.write_text("candidate,name\n" + "".join(f"{11000000 + i},{name}\n"
                                                       for i, name in enumerate(names)),
                          encoding="utf-8")
        one = self.sheet(CARD / "form.yaml").stat().st_size
        all_ = self.sheet(CARD / "form.yaml", "--roster", roster).stat().st_size
        self.assertLess(all_, 1000 * one / 5)

    def test_standard_output_is_the_same_pdf(self):
        """Catches chatter in the PDF, and a file that differs from run to run."""
        path = self.sheet(CARD / "form.yaml")
        done = subprocess.run([PROGRAM, "sheet", CARD / "form.yaml"], capture_output=True,
                              check=True)
        self.assertEqual(done.stdout, path.read_bytes())
        self.assertEqual(done.stdout[:5], b"%PDF-")

    def test_mistakes_are_told(self):
        """Catches a mistake that is found when ten thousand sheets are printed."""
        form, roster = self.exam / "form.yaml", self.dir / "roster.csv"
        good = form.read_text(encoding="utf-8")
        out = self.dir / "out.pdf"
        roster.write_text("candidate,name\n12,A\n", encoding="utf-8")
        done = self.run_program("sheet", form, "--roster", roster, "-o", out, expect=2)
        self.assertRegex(done.stderr, r"form\.yaml:\d+:\d+: error: .*'number'.*'12'")
        form.write_text(good + "print: {colour: #d04040}\n", encoding="utf-8")
        done = self.run_program("sheet", form, "-o", out, expect=2)
        self.assertRegex(done.stderr, r"form\.yaml:\d+:\d+: error: ")
        form.write_text(good + "print:\n  colour: blue\n", encoding="utf-8")
        done = self.run_program("sheet", form, "-o", out, expect=2)
        self.assertIn(f"form.yaml:{good.count(chr(10)) + 2}:11: error: 'blue'", done.stderr)
        for arguments, told in ((["sheet"], "name one form"), (["sheet", self.exam], "is a folder"),
                                (["sheet", self.dir / "none.yaml"], "none.yaml"),
                                (["sheet", form, "--roster"], "--roster")):
            done = self.run_program(*arguments, expect=2)
            self.assertIn(told, done.stderr)
        self.assertFalse(out.exists())

    def test_text_over_bubbles_is_told(self):
        """Catches a heading laid over the bubbles without a word."""
        form = self.exam / "form.yaml"
        text = form.read_text(encoding="utf-8")
        form.write_text(text + "print:\n  texts: [{text: over, at: [84, 31], size: 4}]\n",
                        encoding="utf-8")
        done = self.run_program("sheet", form, "-o", self.dir / "out.pdf", expect=0)
        self.assertRegex(done.stderr, "warning: .*'over'")

    def test_full_disk(self):
        """Catches half a PDF with a good exit status."""
        if not pathlib.Path("/dev/full").exists():
            self.skipTest("no /dev/full here")
        done = self.run_program("sheet", CARD / "form.yaml", "-o", "/dev/full", expect=1)
        self.assertIn("/dev/full", done.stderr)


if __name__ == "__main__":
    unittest.main()
