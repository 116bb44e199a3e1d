"""Bad input: a clear word, the right exit status, and the batch goes on."""
import io
import os
import pathlib
import resource
import shutil
import sqlite3
import subprocess
import unittest
import zipfile

import sheets
from runner import PROGRAM, CliTest


class BadScans(CliTest):
    """One good scan beside one bad file: the good one is scored, the bad one is named."""

    def grade_beside_good(self, name, data):
        scans = sheets.write_scans(self.exam / "scans", [1])
        (scans / name).write_bytes(data)
        done = self.grade(expect=3)
        self.assertIn(name, done.stderr)
        self.assertEqual(self.exceptions_of(name), ["unreadable_file"])
        scored = [row["candidate"] for row in self.rows("scores") if row["status"] == "scored"]
        self.assertEqual(scored, ["0001"])
        # A rerun says the same again and adds nothing.
        before = self.exports()
        self.assertIn(name, self.grade(expect=3).stderr)
        self.assertEqual(self.exports(), before)
        return done

    def test_truncated_jpeg(self):
        """Catches half a page read as if the rest were blank."""
        scan = sorted((sheets.source_root() / "samples/card/scans").rglob("*.jpg"))[0].read_bytes()
        self.grade_beside_good("half.jpg", scan[:len(scan) // 2])

    def test_png_bomb(self):
        """Catches 2.5 GB asked for by a file of one kilobyte."""
        self.grade_beside_good("bomb.png", sheets.png_bomb(50000))

    def test_truncated_png(self):
        """Catches a short PNG read as white paper."""
        self.grade_beside_good("half.png", sheets.filled(2).png()[:4000])

    def test_empty_file(self):
        """Catches an empty file passed over in silence."""
        self.grade_beside_good("empty.jpg", b"")

    def test_text_called_jpg(self):
        """Catches trust in a file's name."""
        self.grade_beside_good("notes.jpg", b"these are notes, not a picture\n" * 40)

    def test_encrypted_pdf(self):
        """Catches a PDF behind a password that ends the batch, or is taken for blank pages."""
        done = self.grade_beside_good("locked.pdf", sheets.pdf_encrypted())
        self.assertRegex(done.stderr, "(?i)password|encrypt")

    def test_broken_tiff_directory(self):
        """Catches a directory that points outside the file."""
        good = bytearray(sheets.tiff([sheets.filled(2)]))
        good[4:8] = (len(good) + 1000).to_bytes(4, "little")
        self.grade_beside_good("broken.tif", bytes(good))

    def test_tiff_directory_loop(self):
        """Catches an endless walk over directories that point at each other."""
        loop = bytearray(sheets.tiff([sheets.filled(2)]))
        loop[-4:] = loop[4:8]
        sheets.write_scans(self.exam / "scans", [1])
        (self.exam / "scans" / "loop.tif").write_bytes(bytes(loop))
        self.grade(expect=None)
        self.assertEqual(len({row["candidate"] for row in self.rows("scores")
                              if row["candidate"] == "0001"}), 1)

    def test_pdf_without_image(self):
        """Catches a vector page that is skipped: it is rendered, and refused as no sheet."""
        sheets.write_scans(self.exam / "scans", [1])
        (self.exam / "scans" / "lines.pdf").write_bytes(sheets.pdf_without_image())
        self.grade(expect=None)
        kinds = self.exceptions_of("lines.pdf")
        self.assertEqual(len(kinds), 1)
        self.assertIn(kinds[0], ["no_registration", "unknown_form", "unreadable_file"])
        self.assertIn("0001", [r["candidate"] for r in self.rows("scores")
                               if r["status"] == "scored"])

    def test_pdf_of_a_scan_is_read(self):
        """Catches a PDF reader that refuses everything (the tests above would all pass)."""
        (self.exam / "scans" / "one.pdf").write_bytes(sheets.pdf_of_page(sheets.filled(5)))
        self.grade()
        self.assertIn("0005", [r["candidate"] for r in self.rows("scores")
                               if r["status"] == "scored"])

    def test_zip_that_leads_outside(self):
        """Catches a member called ../x that is read, or written, outside the archive."""
        sheets.write_scans(self.exam / "scans", [1])
        path = self.exam / "scans" / "batch.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("../../evil.png", sheets.filled(2).png())
            archive.writestr("good.png", sheets.filled(3).png())
        done = self.grade(expect=3)
        self.assertIn("evil.png", done.stderr)
        self.assertFalse((self.exam / "evil.png").exists())
        self.assertFalse((self.dir / "evil.png").exists())
        scored = [row["candidate"] for row in self.rows("scores") if row["status"] == "scored"]
        self.assertEqual(scored, ["0001", "0003"])

    def test_zip_packed_by_lzma(self):
        """Catches a member that states a dictionary of 4 GB, which liblzma takes before its first byte."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr("page.png", sheets.filled(2).png())
        data = packed.getvalue().replace(b"\x05\x00\x5d\x00\x00\x80\x00", b"\x05\x00\x5d\xff\xff\xff\xff", 1)
        (self.exam / "scans").mkdir(exist_ok=True)
        (self.exam / "scans" / "batch.zip").write_bytes(data)
        done = self.grade(expect=3)
        self.assertIn("packed by LZMA", done.stderr)

    def test_rows_longer_than_any_page(self):
        """Catches a picture too large to be read that is taken for want of memory and ends the run."""
        picture = (b"<< /Type /XObject /Subtype /Image /Width 2147483647 /Height 1 /BitsPerComponent 8 "
                   b"/ColorSpace /DeviceGray /Length 1 >>\nstream\nx\nendstream")
        content = b"q 9 0 0 9 0 0 cm /I Do Q"
        objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
                   b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] "
                   b"/Resources << /XObject << /I 5 0 R >> >> >>",
                   b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content), picture]
        body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (i, o) for i, o in enumerate(objects, 1))
        self.grade_beside_good("wide.pdf", b"%PDF-1.7\n" + body +
                               b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n")

    def test_page_of_another_form(self):
        """Catches a page without our print that is read as a blank sheet."""
        sheets.write_scans(self.exam / "scans", [1])
        (self.exam / "scans" / "other.png").write_bytes(sheets.Page(empty=True).png())
        self.grade()
        kinds = self.exceptions_of("other.png")
        self.assertTrue(kinds and kinds[0] in ("no_registration", "unknown_form"), kinds)

    def test_names_that_steer_a_terminal(self):
        """Catches a file name that clears the screen, or forges lines of our messages."""
        sheets.write_scans(self.exam / "scans", [1])
        name = "a\n\x1b[2J\x9b\u202egpj.jpg"
        (self.exam / "scans" / name).write_bytes(b"no picture")
        done = self.grade(expect=3)
        self.assertRegex(done.stderr, r"/a\\x0a\\x1b\[2J\\xc2\\x9b\\u202egpj\.jpg: ")
        self.assertNotRegex(done.stderr, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertIn(name, [pathlib.PurePath(row["scan"]).name for row in self.rows("exceptions")])
        done = self.run_program("grade", "--\x1b[2J", expect=2)
        self.assertNotIn("\x1b", done.stderr)

    def test_missing_path(self):
        """Catches a mistyped folder taken for an empty one."""
        done = self.grade(self.dir / "nowhere", expect=2)
        self.assertIn("nowhere", done.stderr)
        self.assertFalse(self.db.exists())

    def test_no_scans(self):
        """Catches a whole roster called absent, without a word, where a folder is empty."""
        self.assertIn("no scan in", self.grade().stderr)
        (self.exam / "scans").rmdir()
        self.assertRegex(self.grade(expect=2).stderr, "cannot open '.*scans'.*put the scans there")


class BadExams(CliTest):
    """Told with file, line and column, before any scan is opened."""

    def refuse(self, pattern):
        sheets.write_scans(self.exam / "scans", [1])
        done = self.grade(expect=2)
        self.assertRegex(done.stderr, pattern)
        self.assertFalse(self.db.exists())
        return done

    def replace(self, name, old, new):
        path = self.exam / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new), encoding="utf-8")

    def test_yaml_with_a_typo(self):
        """Catches a misspelt key that is passed over: the field would be lost."""
        self.replace("form.yaml", "    kind: choice", "    knd: choice")
        self.refuse(r"form\.yaml:\d+:\d+: .*knd")

    def test_yaml_that_is_none(self):
        self.replace("form.yaml", "page: {size: A5}", "page: {size: A5")
        self.refuse(r"form\.yaml:\d+:\d+: ")

    def test_exam_yaml_with_a_typo(self):
        self.replace("exam.yaml", "roster:", "rooster:")
        self.refuse(r"exam\.yaml:4:1: .*rooster")

    def test_key_with_an_unknown_item(self):
        """Catches an item that is scored for nobody."""
        self.replace("key.csv", "q7,", "q77,")
        self.refuse(r"key\.csv:8:1: .*q77")

    def test_key_with_an_unknown_option(self):
        """Catches a key that nobody can meet."""
        self.replace("key.csv", "q3,C,", "q3,E,")
        self.refuse(r"key\.csv:4:\d+: .*E")

    def test_roster_with_a_repeated_candidate(self):
        self.replace("roster.csv", "0005,", "0004,")
        self.refuse(r"roster\.csv:6:1: .*0004")

    def test_pipes_in_the_place_of_files(self):
        """Catches a run that waits for a pipe for ever."""
        for name in ("key.csv", "roster.csv", "form.yaml", "exam.yaml"):
            path = self.exam / name
            kept = path.read_bytes()
            path.unlink()
            os.mkfifo(path)
            self.refuse(name + ".*pipe")
            path.unlink()
            path.write_bytes(kept)
        os.mkfifo(self.exam / "mark.png")
        self.replace("form.yaml", "marks: {shape: square, ", "marker: {image: mark.png, ")
        self.refuse(r"form\.yaml:5:\d+: .*mark\.png")

    def test_many_mistakes(self):
        """Catches a screen flooded until the first mistakes are gone."""
        with open(self.exam / "key.csv", "a", encoding="utf-8") as key:
            key.write("q1,A,2\n" * 5000)
        self.assertLess(len(self.refuse("and 4800 more").stderr.splitlines()), 300)

    def test_missing_exam(self):
        done = self.run_program("grade", self.dir / "no-such-exam", expect=2)
        self.assertIn("no-such-exam", done.stderr)


class BadPlaces(CliTest):
    """Databases that cannot be written."""

    def setUp(self):
        super().setUp()
        sheets.write_scans(self.exam / "scans", range(1, 13))

    def test_read_only_folder(self):
        """Catches a run that reads every scan before it finds that it cannot keep anything."""
        place = self.dir / "read-only"
        place.mkdir()
        place.chmod(0o555)
        command = [PROGRAM, "grade", str(self.exam), "--db", str(place / "results.db")]
        if os.getuid() == 0:  # root may write anywhere
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
            probe = subprocess.run([*command[:4], PROGRAM, "--version"], capture_output=True,
                                   check=False)
            if probe.returncode != 0:
                self.skipTest("the program cannot be run by another user here")
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("read-only/results.db", done.stderr)
        self.assert_no_sanitizer(done.stderr)
        self.assertEqual(list(place.iterdir()), [])

    def test_full_disk(self):
        """Catches half a result on a full disk, and a database that no rerun can mend."""
        script = r'''
            mount -t tmpfs -o size="$SIZE" none "$PLACE" || exit 77
            "$YUEJUAN" grade "$EXAM" --db "$PLACE/results.db"; full=$?
            mount -o remount,size=64m "$PLACE"
            "$YUEJUAN" grade "$EXAM" --db "$PLACE/results.db"; after=$?
            cp "$PLACE/results.db" "$KEPT"
            exit $((full * 10 + after))
        '''
        self.grade()
        wanted = self.exports()
        for size in ("64k", "200k", "320k"):  # a whole run needs less than 400k
            place, kept = self.dir / size, self.dir / f"{size}.db"
            place.mkdir()
            env = dict(os.environ, SIZE=size, PLACE=str(place), EXAM=str(self.exam),
                       KEPT=str(kept), YUEJUAN=PROGRAM, LC_ALL="C.UTF-8", LANGUAGE="en")
            unshare = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]
            done = subprocess.run([*unshare, "sh", "-c", script], env=env, capture_output=True,
                                  text=True, timeout=300, check=False)
            self.assert_no_sanitizer(done.stderr)
            if done.returncode in (1, 77):
                self.skipTest("a small tmpfs cannot be mounted here: " + done.stderr)
            self.assertEqual(done.returncode, 10, f"{size}: {done.stderr}")
            self.assertRegex(done.stderr, "(?i)full|no space")
            self.assertEqual(self.exports(kept), wanted, size)

    def test_databases_that_vanish(self):
        """Catches names that SQLite takes for a database in memory: all results would be lost."""
        self.assertIn("no name", self.grade("--db", "", expect=2).stderr)
        for name in (":memory:", "file::memory:", "file:x?mode=memory"):
            self.grade("--db", name, cwd=self.dir)
            self.assertEqual(len(self.rows("scores", self.dir / name)), 30)
            self.run_program("verify", name, cwd=self.dir, expect=0)

    def test_limit_on_file_size(self):
        """Catches a run killed by the signal of a limit, or a database that no rerun can mend."""
        self.grade()
        wanted = self.exports()
        for size in (1000, 20000, 100000, 250000):
            db = self.dir / f"{size}.db"
            done = self.grade("--db", db, expect=1, preexec_fn=lambda size=size:
                              resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
            self.assertIn(str(db), done.stderr)
            self.grade("--db", db)
            self.assertEqual(self.exports(db), wanted, size)

    def test_closed_streams(self):
        """Catches messages written into the database that got the number of a closed stream."""
        (self.exam / "scans" / "bad.png").write_bytes(b"bad")
        self.grade(expect=3)
        wanted = self.exports()
        for streams, status in (("<&-", 3), (">&-", 1), ("2>&-", 3), ("<&- >&- 2>&-", 1)):
            db = self.dir / "closed.db"
            done = subprocess.run(["sh", "-c", f'"$0" grade "$1" --json --db "$2" {streams}',
                                   PROGRAM, self.exam, db], capture_output=True, check=False,
                                  timeout=300)
            self.assertEqual(done.returncode, status, streams)
            self.assertEqual(self.exports(db), wanted, streams)
            self.assertEqual([path.name for path in self.dir.glob("closed*")], ["closed.db"])
            db.unlink()

    def test_database_of_a_newer_schema(self):
        """Catches an old program that writes into tables it does not know."""
        self.grade()
        with sqlite3.connect(self.db) as db:
            db.execute("PRAGMA user_version = 999")
        db.close()
        before = self.db.read_bytes()
        done = self.grade(expect=2)
        self.assertRegex(done.stderr, "newer")
        self.assertEqual(self.db.read_bytes(), before)

    def test_database_that_is_none(self):
        """Catches a letter overwritten by a database."""
        self.db.write_text("Dear colleagues, " * 300, encoding="utf-8")
        before = self.db.read_bytes()
        done = self.grade(expect=None)
        self.assertIn(done.returncode, (1, 2), done.stderr)
        self.assertIn("results.db", done.stderr)
        self.assertEqual(self.db.read_bytes(), before)

    def test_database_in_the_place_of_the_exam(self):
        """Catches a database read as if it were YAML."""
        self.grade()
        done = self.run_program("grade", self.db, expect=2)
        self.assertRegex(done.stderr, "is a database.*--db")

    def test_database_of_another_exam(self):
        """Catches readings of two forms mixed in one database."""
        self.grade()
        text = (self.exam / "form.yaml").read_text(encoding="utf-8")
        (self.exam / "form.yaml").write_text(text.replace("q1..10", "p1..10"), encoding="utf-8")
        key = (self.exam / "key.csv").read_text(encoding="utf-8")
        (self.exam / "key.csv").write_text(key.replace("\nq", "\np"), encoding="utf-8")
        self.grade(expect=2)

    def test_scores_are_not_lost_with_the_key(self):
        """Catches scores wiped out by trying the form by itself beside them, or by a lost key."""
        sheets.write_scans(self.exam / "scans", [1, 2])
        self.grade()
        before = self.exports()
        done = self.run_program("grade", self.exam / "form.yaml", expect=2)
        self.assertRegex(done.stderr, "holds scores.*name the exam's folder")
        (self.exam / "key.csv").rename(self.exam / "lost.csv")
        exam = (self.exam / "exam.yaml").read_text(encoding="utf-8")
        lines = [line for line in exam.splitlines(True) if not line.startswith("key:")]
        (self.exam / "exam.yaml").write_text("".join(lines), encoding="utf-8")
        for command in ("grade", "regrade"):
            done = self.run_program(command, self.exam, expect=2)
            self.assertRegex(done.stderr, "holds scores.*put the key back")
        self.assertEqual(self.exports(), before)

    def test_a_lost_roster_is_told(self):
        """Catches wrong numbers that pass for candidates once the roster is gone."""
        sheets.write_scans(self.exam / "scans", [1])
        self.grade()
        (self.exam / "roster.csv").unlink()
        exam = (self.exam / "exam.yaml").read_text(encoding="utf-8")
        lines = [line for line in exam.splitlines(True) if not line.startswith("roster:")]
        (self.exam / "exam.yaml").write_text("".join(lines), encoding="utf-8")
        self.assertIn("the roster is gone", self.grade().stderr)

    def test_copied_exam_elsewhere(self):
        """Catches scans met again at another place that are graded twice."""
        self.grade()
        shutil.copytree(self.exam, self.dir / "copy" / "quiz")
        before = self.rows("scores")
        self.run_program("grade", self.dir / "copy" / "quiz", "--db", self.db, expect=0)
        self.assertEqual(self.rows("scores"), before)


if __name__ == "__main__":
    unittest.main()
