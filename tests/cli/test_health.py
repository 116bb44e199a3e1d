"""Scan health: what the scanner does wrong in a run of pages is told once, with its place."""
import json
import random
import signal
import unittest

import sheets
from runner import CliTest

STREAK_X, STREAK_FROM, PAGES = 63.2, 12, 30


def streaked(page, x, grey=120):
    """A dark line two pixels wide over the whole scan, as dirt on the glass makes it."""
    column = round(x * sheets.PX)
    for y in range(sheets.HEIGHT):
        for c in (column, column + 1):
            at = y * sheets.WIDTH + c
            page.rows[at] = min(page.rows[at], grey)
    return page


def noisy(page, seed):
    """Paper is never one grey; and no two sheets are the same bytes."""
    noise = random.Random(seed)
    for _ in range(4000):
        at = noise.randrange(len(page.rows))
        page.rows[at] = max(0, page.rows[at] - noise.randrange(12))
    return page


def empty_side(seed):
    return noisy(sheets.Page(empty=True), seed)


class Health(CliTest):
    def write(self, name, page):
        (self.exam / "scans" / name).write_bytes(page.png())

    def write_streaked(self, first=STREAK_FROM):
        for n in range(1, PAGES + 1):
            page = noisy(sheets.filled(n), n)
            self.write(f"{n:04d}.png", streaked(page, STREAK_X) if n >= first else page)

    def alarms(self, db=None):
        return self.rows("alarms", db)

    def test_a_streak_is_one_alarm(self):
        """Catches an alarm a page, none at all, or one that names another place or page."""
        self.write_streaked()
        done = self.grade("--json")
        self.assertEqual(len(self.alarms()), 1, self.alarms())
        alarm = self.alarms()[0]
        self.assertEqual((alarm["kind"], alarm["pages"], alarm["run"]), ("streak", "19", "1"))
        self.assertTrue(alarm["scan"].endswith("0012.png"), alarm)
        self.assertTrue(alarm["last_scan"].endswith("0030.png"), alarm)
        self.assertAlmostEqual(float(alarm["place"]), STREAK_X, delta=0.5)
        self.assertIn("x = 63 mm", alarm["detail"])
        self.assertIn("since page 12 of the batch", alarm["detail"])
        told = json.loads(done.stdout)["alarms"]
        self.assertEqual(len(told), 1)
        self.assertEqual((told[0]["kind"], told[0]["page"], told[0]["pages"]), ("streak", 1, 19))
        self.assertAlmostEqual(told[0]["place"], STREAK_X, delta=0.5)
        self.assertIn("alarm: the glass is dirty", done.stderr)
        quality = [row for row in self.rows("exceptions") if row["kind"] == "scan_quality"]
        self.assertEqual([row["detail"] for row in quality], [alarm["detail"]])
        self.run_program("verify", self.exam, expect=0)

    def test_clean_pages_have_no_alarm(self):
        """Catches a printed outline, a filled row of bubbles or noise taken for a defect."""
        for n in range(1, PAGES + 1):
            answers = ["A" * 10, "ABCDABCDAB", "D" * 10][n % 3]
            self.write(f"{n:04d}.png", noisy(sheets.filled(n, answers), n))
        done = self.grade("--json")
        self.assertEqual(self.alarms(), [])
        self.assertEqual(json.loads(done.stdout)["alarms"], [])
        lines = [row["lines"] for row in self.rows("health")]
        self.assertEqual((len(lines), set(lines)), (PAGES, {""}))

    def test_every_second_page_empty(self):
        """Catches the back sides of a duplex scanner told one by one, or not at all."""
        pages = []
        for n in range(1, 9):
            pages += [noisy(sheets.filled(n), n), empty_side(100 + n)]
        (self.exam / "scans" / "duplex.tif").write_bytes(sheets.tiff(pages))
        self.grade()
        alarms = self.alarms()
        self.assertEqual([(a["kind"], a["page"], a["last_page"], a["pages"]) for a in alarms],
                         [("wrong_side", "2", "16", "8")])
        self.assertIn("scan one side only", alarms[0]["detail"])

    def test_a_sheet_scanned_twice(self):
        """Catches a sheet that went through the feeder twice and counts as two pupils'."""
        for n in range(1, 13):
            self.write(f"{n:04d}.png", noisy(sheets.filled(n), n))
        self.write("0007-again.png", noisy(sheets.filled(7), 700))
        self.grade()
        told = [a for a in self.alarms() if a["kind"] == "duplicate_feed"]
        self.assertEqual(len(told), 1, self.alarms())
        self.assertIn("same sheet as page 7 ", told[0]["detail"])
        self.assertEqual(len(self.alarms()), 1)

    def test_jobs_and_reruns_do_not_matter(self):
        """Catches alarms in the order in which workers finish, or told again by a rerun."""
        self.write_streaked()
        self.grade("--jobs", 1)
        one = (self.exports(), self.export("alarms"), self.export("health"))
        self.grade("--jobs", 4)
        self.assertEqual((self.exports(), self.export("alarms"), self.export("health")), one)
        self.db.unlink()
        self.grade("--jobs", 4)
        self.assertEqual((self.exports(), self.export("alarms"), self.export("health")), one)

    def test_in_two_halves_as_in_one(self):
        """Catches a run that begins in one batch's scans and goes on in the next call's."""
        self.write_streaked()
        self.grade()
        whole = (self.export("alarms"), self.export("health"))
        self.db.unlink()
        scans = sorted((self.exam / "scans").iterdir())
        self.grade(*scans[:14])
        self.assertEqual(self.alarms(), [])  # three pages are no run yet
        self.grade()
        self.assertEqual((self.export("alarms"), self.export("health")), whole)

    def test_killed_and_run_again(self):
        """Catches alarms that a killed run leaves behind or that its end forgets."""
        for n in range(1, 121):
            page = noisy(sheets.filled(n), n)
            self.write(f"{n:04d}.png", streaked(page, STREAK_X) if n >= 20 else page)
        whole = self.dir / "whole.db"
        self.grade("--db", whole)
        run = self.start("grade", self.exam, "--jobs", 2)
        if run.wait_for_pages(30):
            run.process.send_signal(signal.SIGKILL)
        run.wait()
        self.grade()
        self.assertEqual(len(self.alarms()), 1)
        for what in ("alarms", "health", "exceptions"):
            self.assertEqual(self.export(what), self.export(what, whole))
        self.run_program("verify", self.exam, expect=0)


if __name__ == "__main__":
    unittest.main()
