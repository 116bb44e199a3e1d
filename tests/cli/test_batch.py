"""A batch: reruns, interruptions, two at once, any number of jobs."""
import shutil
import signal
import unittest
import zipfile

import sheets
from runner import CliTest

MANY = 120  # pages; enough that a run is still busy when its first progress is seen


class Rerun(CliTest):
    def test_scores_are_those_of_the_key(self):
        """Catches a batch that runs and scores wrongly: every score is counted here again."""
        sheets.write_scans(self.exam / "scans", range(1, 31))
        self.grade()
        rows = {row["candidate"]: row for row in self.rows("scores")}
        self.assertEqual(len(rows), 30)
        for candidate in range(1, 31):
            answers = sheets.answers_of(candidate)
            points = 2 * sum(a == k for a, k in zip(answers, sheets.KEY))
            row = rows[f"{candidate:04d}"]
            self.assertEqual((row["total"], row["status"]), (str(points), "scored"))

    def test_rerun_adds_nothing(self):
        """Catches a scan that is graded twice, by the same name or through another folder."""
        sheets.write_scans(self.exam / "scans", range(1, 11))
        self.grade()
        before = self.exports()
        self.grade()
        self.assertEqual(self.exports(), before)
        self.grade("scans", cwd=self.exam)
        self.assertEqual(self.exports(), before)
        self.grade(self.exam / "scans" / "0003.png", self.exam / "scans")
        self.assertEqual(self.exports(), before)

    def test_new_scans_are_added(self):
        """Catches a rerun that only looks whether there is a database."""
        sheets.write_scans(self.exam / "scans", range(1, 6))
        self.grade()
        sheets.write_scans(self.exam / "scans", range(6, 11))
        self.grade()
        self.assertEqual(len([r for r in self.rows("scores") if r["status"] == "scored"]), 10)

    def test_a_file_that_was_incomplete_is_read_when_it_is_whole(self):
        """Catches a scan met half copied that is called unreadable for ever."""
        whole = sheets.filled(4).png()
        for text in (whole[:len(whole) // 3], whole[:len(whole) // 2]):
            (self.exam / "scans" / "late.png").write_bytes(text)
            self.grade(expect=3)
            self.assertEqual(self.exceptions_of("late.png"), ["unreadable_file"])
        (self.exam / "scans" / "late.png").write_bytes(whole)
        self.grade()
        self.assertEqual(self.exceptions_of("late.png"), [])
        self.assertEqual([r["candidate"] for r in self.rows("scores") if r["status"] == "scored"],
                         ["0004"])
        self.assertIn("replace", [r["action"] for r in self.rows("audit")])
        self.run_program("verify", self.db, expect=0)

    def test_an_unreadable_file_is_not_forgotten_for_its_namesake(self):
        """Catches scanners that number from 1 in every room: room 2's 0004.png is no new copy of
        the one that could not be read in room 1, whose candidate would be lost."""
        whole = sheets.filled(4).png()
        for room, content in (("room1", whole[:len(whole) // 2]), ("room2", whole)):
            folder = self.dir / room
            folder.mkdir()
            (folder / "0004.png").write_bytes(content)
            self.run_program("grade", self.exam, "0004.png", cwd=folder)
        told = [(r["kind"], r["detail"]) for r in self.rows("exceptions")
                if r["scan"] == "0004.png"]
        self.assertEqual([kind for kind, _ in told], ["scan_quality"])
        self.assertIn("an earlier file '0004.png' could not be read", told[0][1])

    def test_same_bytes_under_another_name_are_named_once(self):
        """Catches a pile scanned twice that nobody is told of, or is told of at every run."""
        sheets.write_scans(self.exam / "scans" / "room1", [1, 2])
        sheets.write_scans(self.exam / "scans" / "room2", [2, 3])
        for _ in range(2):
            self.grade()
            told = [(r["scan"], r["detail"]) for r in self.rows("exceptions")
                    if r["kind"] == "scan_quality"]
            self.assertEqual(len(told), 1, told)
            self.assertTrue(told[0][0].endswith("room2/0002.png"))
            self.assertIn("room1/0002.png", told[0][1])
            self.assertEqual(len(self.rows("scores")), 30)

    def test_zip_is_as_good_as_a_folder(self):
        """Catches members that are lost or not named after their archive."""
        path = self.exam / "scans" / "batch.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for candidate in (1, 2):
                archive.writestr(f"班/{candidate}.png", sheets.filled(candidate).png())
        self.grade()
        scans = {row["scan"] for row in self.rows("readings")}
        self.assertEqual({scan[-len("batch.zip/班/1.png"):] for scan in scans},
                         {"batch.zip/班/1.png", "batch.zip/班/2.png"})

    def test_the_same_scans_in_a_folder_and_a_zip(self):
        """Catches scans read twice in one run because the walk reads some files and workers others."""
        sheets.write_scans(self.exam / "scans" / "a", range(1, 9))
        with zipfile.ZipFile(self.exam / "scans" / "b.zip", "w") as archive:
            for path in sorted((self.exam / "scans" / "a").iterdir()):
                archive.write(path, path.name)
        sheets.write_scans(self.exam / "scans" / "c", range(5, 13))
        self.grade()
        self.assertEqual({row["scan"].rsplit("/", 2)[1] for row in self.rows("readings")}, {"a", "c"})
        told = [row["scan"] for row in self.rows("exceptions") if row["kind"] == "scan_quality"]
        self.assertEqual(len(told), 8 + 4, told)
        self.assertEqual(len([r for r in self.rows("scores") if r["status"] == "scored"]), 12)
        self.run_program("verify", self.db, expect=0)


class Jobs(CliTest):
    def test_any_number_of_jobs_gives_the_same_bytes(self):
        """Catches results that depend on which worker was first."""
        scans = self.exam / "scans"
        sheets.write_scans(scans, range(1, 13))
        (scans / "pile.tif").write_bytes(sheets.tiff([sheets.filled(c) for c in range(13, 21)]))
        (scans / "broken.png").write_bytes(b"no picture")
        (scans / "double.png").write_bytes(sheets.filled(21).mark(0, "ABCD").png())
        (scans / "blank.png").write_bytes(sheets.Page().png())
        wanted = None
        for jobs in (1, 2, 4):
            db = self.dir / f"jobs{jobs}.db"
            self.grade("--db", db, "-j", jobs, expect=3)
            got = self.exports(db)
            wanted = wanted or got
            self.assertEqual(got, wanted, f"{jobs} jobs")
        self.assertTrue(any(line.endswith("multiple") for line in
                            (",".join(row.split(",")[:6]) for row in
                             wanted["readings"].splitlines())))


class Interruptions(CliTest):
    """MANY pages, some of them in one file that must be kept whole or not at all."""

    PILE = 30

    def setUp(self):
        super().setUp()
        self.exam = sheets.write_exam(self.exam, range(1, MANY + 1))
        scans = self.exam / "scans"
        sheets.write_scans(scans, range(1, MANY - self.PILE + 1))
        pile = [sheets.filled(c) for c in range(MANY - self.PILE + 1, MANY + 1)]
        (scans / "0040-pile.tif").write_bytes(sheets.tiff(pile))

    def clean_run(self):
        db = self.dir / "clean.db"
        self.grade("--db", db)
        return self.exports(db)

    def assert_goes_on(self):
        """The same command finishes the job, and its results are those of an undisturbed run."""
        self.grade()
        self.assertEqual(self.exports(), self.clean_run())
        self.run_program("verify", self.db, expect=0)

    def pages_by_scan(self):
        pages = {}
        for row in self.rows("readings"):
            pages.setdefault(row["scan"], set()).add(row["page"])
        return {scan: len(numbers) for scan, numbers in pages.items()}

    def test_interrupt_keeps_whole_scans_and_goes_on(self):
        """Catches work lost by Ctrl-C, half a file kept, and a rerun that repeats or skips."""
        run = self.start("grade", self.exam, "-j", 1)
        self.assertTrue(run.wait_for_pages(5), run.text)
        run.process.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(), 1, run.text)
        self.assertIn("interrupted", run.text)
        pages = self.pages_by_scan()
        self.assertGreaterEqual(sum(pages.values()), 5)
        self.assertLess(sum(pages.values()), MANY)
        for scan, n in pages.items():
            self.assertEqual(n, self.PILE if scan.endswith(".tif") else 1, scan)
        self.assert_goes_on()

    def test_interrupt_inside_a_large_file(self):
        """Catches the pages of a file cut short that stay in the database."""
        pages = 400
        large = self.dir / "large.tif"
        large.write_bytes(sheets.tiff([sheets.filled(1)] * pages))
        run = self.start("grade", self.exam, large, "-j", 1)
        self.assertTrue(run.wait_for_pages(5), run.text)
        run.process.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(), 1, run.text)
        self.assertIn("1 files are left", run.text)
        self.assertEqual(self.pages_by_scan(), {})
        self.grade(large)
        self.assertEqual(list(self.pages_by_scan().values()), [pages])
        self.run_program("verify", self.db, expect=0)

    def test_closed_terminal_interrupts(self):
        """Catches a closed window that kills where Ctrl-C would have kept the pages in hand."""
        run = self.start("grade", self.exam, "-j", 1)
        self.assertTrue(run.wait_for_pages(5), run.text)
        run.process.send_signal(signal.SIGHUP)
        self.assertEqual(run.wait(), 1, run.text)
        self.assertIn("interrupted", run.text)
        self.assert_goes_on()

    def test_a_closed_window_leaves_nohup_alone(self):
        """Catches a night's run under nohup that ends with the window it was begun in."""
        run = self.start("grade", self.exam, "-j", 1, hangup=signal.SIG_IGN)
        self.assertTrue(run.wait_for_pages(5), run.text)
        run.process.send_signal(signal.SIGHUP)
        self.assertEqual(run.wait(), 0, run.text)

    def test_second_interrupt_kills(self):
        """Catches a program that cannot be stopped."""
        run = self.start("grade", self.exam, "-j", 1)
        self.assertTrue(run.wait_for_pages(1), run.text)
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGINT)
        self.assertIn(run.wait(), (1, -signal.SIGINT))
        self.assert_goes_on()

    def test_kill_at_any_instant_and_rerun(self):
        """Catches a database that a kill leaves half written."""
        wanted = self.clean_run()
        killed = 0
        for pages in (1, 20, 60):
            run = self.start("grade", self.exam, "-j", 2)
            run.wait_for_pages(pages)
            run.process.kill()
            killed += run.wait() == -signal.SIGKILL
        self.assertGreater(killed, 0)
        self.grade()
        self.assertEqual(self.exports(), wanted)
        self.run_program("verify", self.db, expect=0)

    def test_two_runs_on_one_database(self):
        """Catches two writers that spoil each other's results."""
        run = self.start("grade", self.exam, "-j", 1)
        self.assertTrue(run.wait_for_pages(1), run.text)
        other = self.grade(expect=1)
        self.assertRegex(other.stderr, r"another run.*\d+")
        self.assertEqual(run.wait(), 0, run.text)
        self.assertEqual(self.exports(), self.clean_run())


class Survey(CliTest):
    def test_a_form_alone_is_read_and_not_scored(self):
        """Catches a form file that is refused because it has no key."""
        scans = sheets.write_scans(self.dir / "scans", [1, 2])
        shutil.copy(self.exam / "form.yaml", self.dir / "survey.yaml")
        db = self.dir / "survey.db"
        self.run_program("grade", self.dir / "survey.yaml", scans, "--db", db, expect=0)
        values = [row["value"] for row in self.rows("readings", db) if row["field"] == "q1"]
        self.assertEqual(values, [sheets.answers_of(1)[0], sheets.answers_of(2)[0]])


if __name__ == "__main__":
    unittest.main()
