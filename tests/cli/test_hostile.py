"""Scans that crash, hang or take over their decoder: refused by name, and the batch goes on.

Libraries are made to misbehave by one that is loaded before them (tests/tools/misbehave.c)."""
import os
import pathlib
import re
import resource
import signal
import subprocess
import time
import unittest

import sheets
from runner import CliTest
from watcher import Watcher

ABORT, LOOP, SOCKET, WRITE, MEMORY, OTHER_PROGRAM = range(1, 7)


class HostileTest(CliTest):
    def setUp(self):
        super().setUp()
        self.scans = sheets.write_scans(self.exam / "scans", range(1, 9))
        self.spoil = self.dir / "spoil"
        self.env = {"LD_PRELOAD": os.environ["MISBEHAVE"], "MISBEHAVE_FILE": str(self.spoil),
                    "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}

    def confined(self):
        """Whether this build and this kernel can confine decoders at all."""
        done = self.run_program("grade", self.exam, "--sandbox=on", "--db", self.dir / "probe.db")
        return done.returncode == 0

    def put_bad(self, name, deed, candidate=9):
        path = self.scans / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sheets.filled(candidate).png(dots=900000 + deed))

    def scored(self):
        return sorted(row["candidate"] for row in self.rows("scores") if row["status"] == "scored")

    def grade_bad(self, *arguments, expect=3):
        return self.grade(*arguments, env=self.env, expect=expect)

    def assert_named(self, done, name, reason):
        lines = [line for line in done.stderr.splitlines() if name in line]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertRegex(lines[0], reason)
        self.assertEqual(self.exceptions_of(name), ["unreadable_file"])

    def assert_all_others_scored(self):
        self.assertEqual(self.scored(), [f"{c:04d}" for c in range(1, 9)])
        self.run_program("verify", self.exam, expect=0)


class Decoders(HostileTest):
    def test_crash(self):
        """Catches a batch that ends with the first file that crashes a library, or loses others."""
        for i, place in enumerate(("0000-first.png", "0004-middle.png", "9999-last.png")):
            self.put_bad(place, ABORT, 9 + i)
        done = self.grade_bad("-j2")
        for place in ("0000-first.png", "0004-middle.png", "9999-last.png"):
            self.assert_named(done, place, r"the decoder crashed \(ABRT\)")
        self.assert_all_others_scored()
        # A rerun says the same again and adds nothing.
        before = self.exports()
        self.assertIn("0004-middle.png", self.grade_bad().stderr)
        self.assertEqual(self.exports(), before)

    def test_crash_of_one_page(self):
        """Catches all pages of a file lost with one of them."""
        self.put_bad("bad.png", ABORT)
        both = self.dir / "both.zip"
        subprocess.run(["python3", "-m", "zipfile", "-c", str(both), str(self.scans / "bad.png"),
                        str(self.scans / "0001.png"), str(self.scans / "0002.png")], check=True)
        done = self.run_program("grade", self.exam, both, expect=3, env=self.env)
        self.assertIn("both.zip/bad.png", done.stderr)
        self.assert_named(done, "bad.png", "the decoder crashed")
        self.assertEqual(self.scored(), ["0001", "0002"])

    def test_hang(self):
        """Catches a file that keeps a worker for ever, and one worker that holds up the others."""
        for i in range(3):
            self.put_bad(f"000{i}-hangs.png", LOOP, 9 + i)
        began = time.monotonic()
        done = self.grade_bad("-j2", "--page-limit", "1")
        self.assertLess(time.monotonic() - began, 60)
        for i in range(3):
            self.assert_named(done, f"000{i}-hangs.png", r"took longer than 1 s to decode")
        self.assert_all_others_scored()

    def test_takeover(self):
        """Catches a decoder that reaches the network, the disk, another program, or all memory."""
        if not self.confined():
            self.skipTest("decoders cannot be confined here, or this build has sanitizers")
        self.put_bad("net.png", SOCKET)
        self.put_bad("disk.png", WRITE)
        self.put_bad("program.png", OTHER_PROGRAM)
        self.put_bad("memory.png", MEMORY)
        done = self.grade_bad("--sandbox=on")
        self.assert_named(done, "net.png", r"the decoder crashed \(SYS\)")
        self.assert_named(done, "disk.png", r"the decoder crashed \(ABRT\)")
        self.assert_named(done, "program.png", r"the decoder crashed \(SYS\)")
        self.assert_named(done, "memory.png", r"the decoder crashed \(SEGV\)")
        self.assertFalse(self.spoil.exists())
        self.assert_all_others_scored()

    def test_takeover_without(self):
        """The deeds are real: without the sandbox the file is written."""
        self.put_bad("disk.png", WRITE)
        self.grade_bad("--sandbox=off", expect=None)
        self.assertTrue(self.spoil.exists())

    def test_same_results(self):
        """Catches pixels that differ by the way they came."""
        self.grade("--sandbox=off", "--db", self.dir / "off.db")
        self.grade("--sandbox=auto", "--db", self.dir / "auto.db")
        self.assertEqual(self.exports(self.dir / "off.db"), self.exports(self.dir / "auto.db"))

    def test_nothing_is_left(self):
        """Catches decoders that outlive a program that was killed."""
        watch, helpers = self.start_watch()
        watch.process.kill()
        watch.process.wait()
        until = time.monotonic() + 60
        while any(is_alive(pid) for pid in helpers) and time.monotonic() < until:
            time.sleep(0.01)  # init reaps them: no event of ours
        self.assertFalse([pid for pid in helpers if is_alive(pid)])
        watch.process.stderr.close()

    def start_watch(self):
        """A watch, and the processes that it has started."""
        self.inbox = self.dir / "inbox"
        self.inbox.mkdir()
        watch = Watcher(self.exam, self.inbox)
        tasks, helpers = pathlib.Path(f"/proc/{watch.process.pid}/task"), set()
        until = time.monotonic() + 60
        while not helpers and time.monotonic() < until:
            for task in tasks.iterdir():
                try:
                    helpers |= set((task / "children").read_text().split())
                except (FileNotFoundError, ProcessLookupError):
                    pass  # the thread has ended since the folder was read
        self.assertTrue(helpers)
        return watch, helpers

    def test_signals_to_all(self):
        """Catches pages in hand called damaged since a service manager asked everybody to end."""
        watch, helpers = self.start_watch()
        for pid in helpers:
            os.kill(int(pid), signal.SIGTERM)
            os.kill(int(pid), signal.SIGCONT)
        sheets.write_scans(self.inbox, [1])
        watch.wait_for("done/0001.png")
        self.assertTrue(all(is_alive(pid) for pid in helpers))
        watch.process.terminate()
        self.assertEqual(watch.process.wait(timeout=60), 0)
        watch.process.stderr.close()

    def test_words(self):
        """Catches a mistyped option that leaves the door open."""
        for option in ("--sandbox=none", "--page-limit=0", "--page-limit=x", "--page-limit=1e9"):
            self.assertIn("grade", self.grade(option, expect=2).stderr)
        done = self.grade("--sandbox=on", expect=None)
        if done.returncode == 2:
            self.assertRegex(done.stderr, "cannot be decoded in a sandbox: .*--sandbox=auto")

    def test_weak_machine(self):
        """Catches a sandbox that lacks and is not told, or that ends the run."""
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))
        done = self.grade(preexec_fn=limit)
        self.assertEqual(len(re.findall("without a sandbox", done.stderr)), 1, done.stderr)
        self.assert_all_others_scored()
        done = self.grade("--sandbox=on", expect=2, preexec_fn=limit)
        self.assertIn("cannot be decoded in a sandbox", done.stderr)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Pages(HostileTest):
    """Pages that hold their worker after they were decoded."""

    def setUp(self):
        super().setUp()
        # the pattern of a form's scans is looked at page by page
        (self.exam / "exam.yaml").write_text(
            "title: quiz\nforms:\n  - {file: form.yaml, scans: '*'}\nkey: key.csv\n"
            "roster: roster.csv\n", encoding="utf-8")

    def put(self, name, candidate):
        (self.scans / name).write_bytes(sheets.filled(candidate).png())

    def test_slow(self):
        """Catches a page that is read although its time was up, and one that is lost unnamed."""
        self.put("slow.png", 9)
        done = self.grade_bad("--page-limit", "2")
        self.assert_named(done, "slow.png", "took longer than 2 s to read")
        self.assert_all_others_scored()

    def test_endless(self):
        """Catches a batch that waits for a page that will never be read, by one worker or more."""
        self.put("0000-endless.png", 9)
        self.put("9999-endless.png", 10)
        for jobs in ("-j1", "-j3"):
            began = time.monotonic()
            done = self.grade_bad(jobs, "--page-limit", "0.5")
            self.assertLess(time.monotonic() - began, 60)
            for name in ("0000-endless.png", "9999-endless.png"):
                self.assert_named(done, name, "took longer than 0.5 s to read")
            self.assert_all_others_scored()
            self.db.unlink()

    def test_endless_in_a_watch(self):
        """Catches a watch that ends, or hangs, with a page that is given up."""
        inbox = self.dir / "inbox"
        inbox.mkdir()
        (inbox / "0-endless.png").write_bytes(sheets.filled(9).png())
        (inbox / "good.png").write_bytes(sheets.filled(1).png())
        done = self.run_program("watch", self.exam, "--inbox", inbox, "--once", "--settle", "0.1",
                                "--page-limit", "0.5", env=self.env, expect=3)
        self.assertIn("took longer than 0.5 s to read", done.stderr)
        self.assertTrue((inbox / "failed" / "0-endless.png").exists())
        self.assertTrue((inbox / "done" / "good.png").exists())


class Reads(HostileTest):
    """Files of a share whose server is gone: a read that never returns."""

    def test_stuck(self):
        """Catches a run that waits for ever for a file, and others that wait with it."""
        (self.scans / "0000-stuck.png").write_bytes(sheets.filled(9).png())
        (self.scans / "0001-stops.png").write_bytes(sheets.filled(11).png())
        (self.scans / "9999-stuck.tif").write_bytes(sheets.tiff([sheets.filled(10)]))
        began = time.monotonic()
        done = self.grade_bad("--page-limit", "1")
        self.assertLess(time.monotonic() - began, 60)
        for name in ("0000-stuck.png", "0001-stops.png", "9999-stuck.tif"):
            self.assert_named(done, name, "cannot be read: nothing came for 1 s")
        self.assert_all_others_scored()
        # When the server is back, the same command reads them.
        self.grade(expect=None)
        self.assertIn("0009", self.scored())
        self.assertIn("0010", self.scored())
        self.assertIn("0011", self.scored())

    def test_stuck_in_a_watch(self):
        """Catches a file taken for a bad one because its share was gone for a while."""
        inbox = self.dir / "inbox"
        inbox.mkdir()
        (inbox / "stuck.png").write_bytes(sheets.filled(9).png())
        (inbox / "stops.png").write_bytes(sheets.filled(8).png())
        (inbox / "good.png").write_bytes(sheets.filled(1).png())
        done = self.run_program("watch", self.exam, "--inbox", inbox, "--once", "--settle", "0.1",
                                "--page-limit", "1", env=self.env, expect=3)
        self.assertIn("nothing came for 1 s", done.stderr)
        self.assertTrue((inbox / "stuck.png").exists())
        self.assertTrue((inbox / "stops.png").exists())
        self.assertTrue((inbox / "done" / "good.png").exists())

    def test_silent(self):
        """Catches a run that waits for ever before it begins, or is refused, for a scan that was named and
        whose server is gone; the others are scored, those after it too."""
        silent = self.dir / "silent.png"
        silent.write_bytes(sheets.filled(9).png())
        begun = time.monotonic()
        done = self.run_program("grade", self.exam, silent, self.scans, "--page-limit", "1", env=self.env,
                                expect=3)
        self.assertLess(time.monotonic() - begun, 60)
        self.assert_named(done, "silent.png", "cannot be read: nothing came for 1 s")
        self.assert_all_others_scored()

    def test_a_silent_folder_of_scans(self):
        """Catches the same for EXAM/scans, which nobody named."""
        self.scans.rename(self.exam / "silent-scans")
        yaml = self.exam / "exam.yaml"
        yaml.write_text(yaml.read_text(encoding="utf-8") + "scans: silent-scans\n", encoding="utf-8")
        done = self.grade_bad("--page-limit", "1")
        self.assert_named(done, "silent-scans", "cannot be read: nothing came for 1 s")
        self.grade()  # the server is back
        self.assert_all_others_scored()

    def test_silent_exams(self):
        """Catches a command that waits for ever for its exam, its database or its inbox."""
        silent = self.dir / "silent"
        silent.mkdir()
        for arguments, status in ((["grade", silent], 2), (["verify", silent / "results.db"], 2),
                                  (["watch", self.exam, "--inbox", silent], 2),
                                  (["export", self.exam, "--db", silent / "x.db", "--what", "scores"], 2),
                                  (["sheet", silent / "form.yaml", "-o", self.dir / "x.pdf"], 2),
                                  (["sheet", self.exam / "form.yaml", "-o", silent / "x.pdf"], 1)):
            begun = time.monotonic()
            done = self.run_program(*arguments, env=self.env, expect=status)
            self.assertLess(time.monotonic() - begun, 90)
            self.assertIn("nothing came for 10 s", done.stderr, arguments)
            self.assertIn(str(silent), done.stderr, arguments)


if __name__ == "__main__":
    unittest.main()
