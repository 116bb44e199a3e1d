"""Pictures that are purged: their bytes are nowhere afterwards, and all that follows from them stays."""
import contextlib
import datetime
import json
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from dump import dump  # noqa: E402
from test_review import Review  # noqa: E402
from trial import SANITIZER  # noqa: E402

DAY = 86400


def day(shift):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(days=shift)).strftime("%Y-%m-%d")


class Purge(Review):
    """An exam that was graded today, looked at a year from now."""

    def purge(self, *arguments, expect=0, later=365):
        environment = {"LD_PRELOAD": os.environ["FAULT_CLOCK_MODULE"],
                       "FAULT_CLOCK": str(later * DAY), **SANITIZER}
        return self.run_program("purge", self.exam, *arguments, env=environment, expect=expect)

    def crops(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            return dict(db.execute("SELECT 'p' || page_id || 'f' || field_id, pixels FROM crops"))

    def bytes_on_disk(self):
        return b"".join(path.read_bytes() for path in sorted(self.exam.glob("results.db*")))

    def settle_all(self):
        for row in self.listed():
            self.set(row["id"], "17" if row["field"] == "d1" else "cat")

    def test_trial_changes_nothing(self):
        """Catches pictures that are gone before anybody agreed."""
        before = self.db.read_bytes()
        for arguments in ([], ["--dry-run"], ["--json"]):
            done = self.purge("--images", "--before", day(1), *arguments)
            self.assertEqual(self.db.read_bytes(), before)
        self.assertEqual(json.loads(done.stdout), {
            "deleted": False, "images": 10, "bytes": sum(map(len, self.crops().values())) - sum(
                len(self.crops()[row["id"]]) for row in self.listed()),
            "kept": 5, "all": 15, "files": 5})

    def test_what_waits_is_kept(self):
        """Catches a person who is asked and has nothing to look at."""
        waits = {row["id"] for row in self.listed()}
        done = self.purge("--images", "--before", day(1), "--yes")
        self.assertIn("10 of 15 pictures deleted", done.stdout)
        self.assertIn("5 more wait for a person and are kept", done.stdout)
        self.assertIn("5 of these scans still lie there as files", done.stdout)
        self.assertEqual(set(self.crops()), waits)
        self.review("show", self.exam, "p1f12", "-o", self.dir / "a.png")
        self.verify()
        self.purge("--images", "--before", day(1), "--yes", "--even-pending")
        self.assertEqual(self.crops(), {})
        self.verify()

    def test_the_bytes_are_gone(self):
        """Catches pictures that are deleted as rows and left as bytes, in the file or its log."""
        self.settle_all()
        pictures = self.crops()
        self.assertEqual(len(pictures), 15)
        for pixels in pictures.values():
            self.assertIn(pixels[100:164], self.bytes_on_disk())
        size = self.db.stat().st_size
        self.purge("--images", "--before", day(1), "--yes")
        left = self.bytes_on_disk()
        for name, pixels in pictures.items():
            for at in range(0, len(pixels) - 32, 32):
                self.assertNotIn(pixels[at:at + 32], left, f"{name} at {at}")
        self.assertLess(self.db.stat().st_size, size)

    def test_all_else_stays(self):
        """Catches a score, a reading or a decision that goes with its picture, and an audit that says
        nothing or is no longer whole."""
        self.settle_all()
        before, exports = dump(self.db), self.exports()
        self.purge("--images", "--before", day(1), "--yes")
        after = dump(self.db)
        self.assertEqual(after.pop("crops"), [])
        before.pop("crops")
        for table in before:
            self.assertEqual(after[table], before[table], table)
        self.assertEqual(self.exports(), exports)
        said = json.loads(self.rows("audit")[-1]["detail"])
        self.assertEqual((self.rows("audit")[-1]["action"], said["images"], said["before"]),
                         ("purge", 15, day(1)))
        self.verify()
        self.grade("--quiet")  # the same scans once more bring no picture back
        self.assertEqual(self.crops(), {})
        self.run_program("regrade", self.exam, expect=0)
        self.assertEqual(self.exports(), exports)
        self.verify()

    def test_only_what_is_older(self):
        """Catches the pictures of an exam that is still being read."""
        self.assertIn("0 of 15 pictures deleted",
                      self.purge("--images", "--before", day(0), "--yes").stdout)
        self.assertEqual(len(self.crops()), 15)
        self.assertNotIn("purge", [row["action"] for row in self.rows("audit")])

    def test_a_reader_keeps_the_bytes(self):
        """Catches a purge that says it is done while a reader keeps the old bytes in the file."""
        self.settle_all()
        pixels = self.crops()["p1f12"]
        with contextlib.closing(sqlite3.connect(self.db)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT COUNT(*) FROM crops").fetchone()
            done = self.purge("--images", "--before", day(1), "--yes", expect=1)
            self.assertIn("another program reads", done.stderr)
            reader.execute("ROLLBACK")
        self.assertEqual(self.crops(), {})
        self.purge("--images", "--before", day(1), "--yes")
        self.assertNotIn(pixels[100:132], self.bytes_on_disk())
        self.verify()

    def test_mistakes(self):
        """Catches a typing mistake that deletes more than was meant."""
        for arguments, told in (
                (["--images"], "--before"), (["--before", day(1)], "--images"),
                (["--images", "--before", "2026-02-30"], "'2026-02-30' is no day"),
                (["--images", "--before", "1.9.2026"], "'1.9.2026' is no day"),
                (["--images", "--before", "2026-9-1"], "'2026-9-1' is no day"),
                (["--images", "--before", day(800)], "has not come yet"),
                (["--images", "--before", day(1), "--yes", "--dry-run"], "--dry-run"),
                (["--images", "--before", day(1), "--evenpending"], "--evenpending")):
            self.assertIn(told, self.purge(*arguments, expect=2).stderr)
        self.assertEqual(len(self.crops()), 15)


if __name__ == "__main__":
    # Review's own tests are run where they stand.
    unittest.main(defaultTest=[f"Purge.{name}" for name in vars(Purge) if name.startswith("test_")])
