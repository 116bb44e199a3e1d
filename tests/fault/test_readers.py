"""People who look while the program writes: what they see holds together, and nobody is kept out."""
import contextlib
import csv
import io
import os
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import sheets  # noqa: E402
from runner import PROGRAM, CliTest  # noqa: E402
from trial import SANITIZER  # noqa: E402

SCANS, PILE = 24, 4
# Of scans that are there, pages that are not; of pages read, fields without a reading.
HOLES = """SELECT (SELECT COUNT(*) FROM scans s WHERE s.pages <>
                      (SELECT COUNT(*) FROM pages p WHERE p.scan_id = s.id)) +
                  (SELECT COUNT(*) FROM pages p WHERE p.verdict = 'read' AND 11 <>
                      (SELECT COUNT(*) FROM readings r WHERE r.page_id = p.id))"""


class Readers(CliTest):
    def setUp(self):
        super().setUp()
        scans = self.exam / "scans"
        sheets.write_scans(scans, range(1, SCANS - PILE + 1))
        pile = [sheets.filled(c) for c in range(SCANS - PILE + 1, SCANS + 1)]
        (scans / "0010-pile.tif").write_bytes(sheets.tiff(pile))

    def start_slowly(self):
        """A grade whose threads are held up, so that it lasts."""
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en", **SANITIZER,
                       "LD_PRELOAD": os.environ["FAULT_STALL_MODULE"], "FAULT_STALL": "20000"}
        return subprocess.Popen([PROGRAM, "grade", self.exam, "-j", "2", "--quiet"], text=True,
                                stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment)

    def pages(self, db):
        return db.execute("SELECT COUNT(*) FROM pages").fetchone()[0]

    def wait_for_tables(self, run):
        while run.poll() is None:
            with contextlib.suppress(sqlite3.Error), \
                    contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
                if db.execute("SELECT COUNT(*) FROM fields").fetchone()[0]:
                    return
        self.fail(run.stderr.read())

    def assert_verified_but_for_the_run(self):
        """What is not scored yet, and nothing else."""
        done = self.run_program("verify", self.db)
        told = [line for line in done.stderr.splitlines()
                if "older than what is stored" not in line and "belongs to no sheet" not in line]
        self.assertEqual(told, [])
        self.assertEqual(done.returncode, 1 if done.stderr else 0, done.stderr)

    def test_readers_see_whole_scans_and_are_never_kept_out(self):
        """Catches a lock that keeps a teacher out, half a scan in a query, a query that changes under its
        reader's eyes, a summary, an export or a check that fails while scans are read."""
        run = self.start_slowly()
        self.wait_for_tables(run)
        looks, seen = 0, set()
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=0,
                                                isolation_level=None)) as db:
            while run.poll() is None:
                db.execute("BEGIN")
                before = self.pages(db)
                self.assertEqual(db.execute(HOLES).fetchone()[0], 0)
                status = self.run_program("status", self.exam, expect=0).stdout
                rows = list(csv.DictReader(io.StringIO(self.export("readings"))))
                self.assert_verified_but_for_the_run()
                self.assertEqual(self.pages(db), before)
                db.execute("ROLLBACK")
                self.assertIn("readings", status)
                self.assertEqual(len(rows) % 11, 0)
                seen.add(before)
                looks += 1
        self.assertEqual(run.returncode, 0, run.stderr.read())
        self.assertGreater(looks, 1)
        self.assertEqual(len(self.rows("readings")), 11 * SCANS)
        self.run_program("verify", self.exam, expect=0)
        run.stderr.close()

    def test_a_second_writer_is_refused(self):
        """Catches a second writer that waits for ever, spoils the first, or is told something of locks."""
        run = self.start_slowly()
        self.wait_for_tables(run)
        for arguments in (["grade", self.exam], ["regrade", self.exam],
                          ["review", "set", self.exam, "p1f2", "A", "--by", "Lin", "--why", "so"],
                          ["purge", self.exam, "--images", "--before", "2020-01-01", "--yes"],
                          ["watch", self.exam, "--inbox", self.dir / "in", "--once"]):
            (self.dir / "in").mkdir(exist_ok=True)
            done = self.run_program(*arguments)
            if run.poll() is not None:
                break
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn(f"another run (process {run.pid}) is writing", done.stderr, arguments)
        self.assertEqual(run.wait(), 0, run.stderr.read())
        self.run_program("verify", self.exam, expect=0)
        run.stderr.close()


if __name__ == "__main__":
    unittest.main()
