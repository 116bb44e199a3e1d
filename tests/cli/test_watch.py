"""A folder that is watched: nothing is lost, nothing is read twice, everything is told."""
import contextlib
import fcntl
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

import sheets
from dump import dump, is_whole
from runner import PROGRAM, CliTest
from watcher import Watcher

NOBODY = 65534
FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


class WatchTest(CliTest):
    def setUp(self):
        super().setUp()
        self.inbox = self.dir / "inbox"
        self.inbox.mkdir()
        self.running = []

    def tearDown(self):
        for watcher in self.running:
            watcher.close()
            self.assert_no_sanitizer(watcher.text)
        super().tearDown()

    def watch(self, *arguments, **more):
        watcher = Watcher(self.exam, self.inbox, *arguments, **more)
        self.running.append(watcher)
        return watcher

    def once(self, *arguments, expect=0, **more):
        return self.run_program("watch", self.exam, "--inbox", self.inbox, "--once", "--settle",
                                "0.1", *arguments, expect=expect, **more)

    def put(self, name, candidate=1, content=None):
        """A scan arrives as a copying program brings it: written, then renamed."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pending = path.with_name(".pending")
        pending.write_bytes(sheets.filled(candidate).png() if content is None else content)
        pending.rename(path)
        return path

    def lying(self, folder=""):
        """Files below the inbox, or below one of its folders."""
        top = self.inbox / folder
        return sorted(str(p.relative_to(top)) for p in top.rglob("*") if p.is_file())

    def scored(self):
        return sorted(r["candidate"] for r in self.rows("scores") if r["status"] == "scored")

    def query(self, sql):
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            return db.execute(sql).fetchall()

    def status(self):
        return json.loads(self.run_program("status", self.exam, "--json", expect=0).stdout)


class Once(WatchTest):
    def test_equals_grade(self):
        """Catches a watch that reads, names or scores otherwise than grade does."""
        for candidate in range(1, 9):
            self.put(f"room{candidate % 3}/{candidate:04d}.png", candidate)
        self.put("double.png", content=sheets.filled(9).mark(0, "ABCD").png())
        self.put("broken.png", content=b"no picture")
        self.put("pile.tif", content=sheets.tiff([sheets.filled(c) for c in range(10, 15)]))
        self.put("notes.txt", content=b"of the scanner")
        other = self.dir / "other"
        shutil.copytree(self.inbox, other / "inbox")
        graded = self.dir / "graded.db"
        self.grade("inbox", "--db", graded, expect=3, cwd=other)
        done = self.run_program("watch", self.exam, "--inbox", "inbox", "--once", "--settle", "0.1",
                                "--json", cwd=self.dir, expect=3)
        self.assertEqual(self.exports(), self.exports(graded))
        told = json.loads(done.stdout)
        self.assertEqual((told["done"], told["failed"], told["waiting"], told["passed_over"]),
                         (10, 1, 0, 1))
        self.assertEqual(len(self.lying("done")), 10)
        self.assertEqual(self.lying("failed"), ["broken.png", "broken.png.txt"])
        self.assertIn("not a JPEG", (self.inbox / "failed/broken.png.txt").read_text())
        self.assertTrue((self.inbox / "notes.txt").exists())
        self.run_program("verify", self.db, expect=0)

    def test_subfolders_are_batches(self):
        """Catches rooms that cannot be told apart afterwards."""
        self.put("a.png", 1)
        self.put("room 7/b.png", 2)
        self.put("day 2/room 7/c.png", 3)
        self.once("--batch", "rest")
        found = {pathlib.Path(path).name: batch
                 for path, batch in self.query("SELECT path, batch FROM scans")}
        self.assertEqual(found, {"a.png": "rest", "b.png": "room 7", "c.png": "day 2/room 7"})
        self.assertEqual(self.lying("done"), ["a.png", "day 2/room 7/c.png", "room 7/b.png"])

    def test_same_names_and_same_bytes(self):
        """Catches a file that takes the place of another, and a copy that passes for news."""
        self.put("0001.png", 1)
        self.once()
        self.put("0001.png", 2)  # scanners number from 1
        self.once()
        self.put("again.png", 1)
        self.put("0001.png", 2)
        self.once()
        self.assertEqual(self.lying("done"), ["0001.png", "0001~2.png"])
        self.assertEqual(self.lying("duplicate"), ["0001.png", "0001.png.txt", "again.png",
                                                   "again.png.txt"])
        self.assertIn("0001.png", (self.inbox / "duplicate/again.png.txt").read_text())
        self.assertEqual(self.scored(), ["0001", "0002"])
        self.assertEqual(self.query("SELECT COUNT(*) FROM scans"), [(2,)])

    def test_a_failed_file_is_not_forgotten_for_its_namesake(self):
        """Catches a scan that could not be read and of which nothing is told any more once the next
        room's scanner has used its name."""
        self.put("0004.png", content=sheets.filled(4).png()[:2000])
        self.once(expect=3)
        self.put("0004.png", 5)
        self.once()
        self.assertIn("an earlier file", " ".join(r["detail"] for r in self.rows("exceptions")))
        self.assertEqual(self.lying("failed"), ["0004.png", "0004.png.txt"])

    def test_a_reason_replaces_nothing(self):
        """Catches a reason written over a file of that name."""
        self.put("x.png.bad", content=b"bad one")
        (self.inbox / "failed").mkdir()
        (self.inbox / "failed/x.png.bad.txt").write_text("somebody's")
        self.once(expect=3)
        self.assertEqual((self.inbox / "failed/x.png.bad.txt").read_text(), "somebody's")
        self.assertEqual(self.lying("failed"), ["x.png.bad.txt", "x.png~2.bad", "x.png~2.bad.txt"])

    def test_names_with_any_bytes(self):
        """Catches names that break a message, the status, a path or the database."""
        names = [b"new\nline.png", b"\xff\xfe.png", b"%s%n.png", "考場 '1'.png".encode(),
                 b"-rf.png", b"x" * 251 + b".png", b"\x1b[31m.png"]
        for candidate, name in enumerate(names, 1):
            with open(os.path.join(os.fsencode(self.inbox), name), "wb") as file:
                file.write(sheets.filled(candidate).png())
        with open(os.path.join(os.fsencode(self.inbox), b"y" * 255), "wb") as file:
            file.write(b"no scan")
        done = self.once(expect=3)
        self.assertEqual(sorted(os.listdir(os.fsencode(self.inbox / "done"))), sorted(names))
        self.assertEqual(len(os.listdir(self.inbox / "failed")), 2)
        self.assertNotIn("\x1b", done.stderr)
        self.assertIn("new\\nline.png", done.stderr)
        self.assertEqual(len(self.scored()), len(names))

    def test_what_is_no_file_is_left_alone(self):
        """Catches a pipe that blocks for ever, and a link that leads out of the inbox."""
        os.mkfifo(self.inbox / "pipe.png")
        os.symlink(self.exam / "key.csv", self.inbox / "link.png")
        os.symlink(self.exam, self.inbox / "folder")
        self.put("1.png", 1)
        done = self.once("--json")
        told = json.loads(done.stdout)
        self.assertEqual((told["done"], told["passed_over"]), (1, 3))
        self.assertTrue((self.exam / "key.csv").exists())

    def test_done_on_another_disk(self):
        """Catches files that can never leave the inbox, where done/ is a link to a large disk."""
        try:
            elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-", dir="/dev/shm"))
        except OSError as error:
            self.skipTest(f"no other file system: {error}")
        self.addCleanup(shutil.rmtree, elsewhere)
        if elsewhere.stat().st_dev == self.inbox.stat().st_dev:
            self.skipTest("no other file system")
        (self.inbox / "done").symlink_to(elsewhere)
        content = self.put("room/1.png", 1).read_bytes()
        self.once()
        self.assertEqual((elsewhere / "room/1.png").read_bytes(), content)
        self.assertEqual(self.lying(), [])
        self.assertEqual([p.name for p in (elsewhere / "room").iterdir()], ["1.png"])

    def test_an_inbox_that_holds_the_exam(self):
        """Catches a form's pictures graded and moved away."""
        for inbox in (self.exam, self.dir):
            done = self.run_program("watch", self.exam, "--inbox", inbox, "--once", expect=2)
            self.assertIn("for scans only", done.stderr)
            self.assertFalse((inbox / "done").exists())
        self.run_program("watch", self.exam, "--inbox", self.dir / "none", "--once", expect=2)
        self.run_program("watch", self.exam, expect=2)

    def test_an_exam_that_does_not_go_with_the_database(self):
        """Catches a watch that waits for ever for a mistake to go away by itself."""
        self.put("1.png", 1)
        self.once()
        text = (self.exam / "form.yaml").read_text(encoding="utf-8")
        (self.exam / "form.yaml").write_text(text.replace("ABCD", "ABCDE"), encoding="utf-8")
        self.run_program("watch", self.exam, "--inbox", self.inbox, expect=2)


class Faults(WatchTest):
    def test_database_held_by_another_run(self):
        """Catches two writers, and files moved that were not stored."""
        self.grade()
        lock = open(f"{self.db}-lock", "w", encoding="utf-8")
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.put("1.png", 1)
        done = self.once(expect=1)
        self.assertIn("another run", done.stderr)
        self.assertEqual(self.lying(), ["1.png"])
        watch = self.watch()
        watch.wait_for("another run")
        os.unlink(f"{self.db}-lock")
        lock.close()
        watch.wait_for("done/1.png")
        watch.wait_for("up to date")
        self.assertEqual(watch.end(signal.SIGTERM), 0)
        self.assertEqual(watch.text.count("another run"), 1, "told once")

    def test_two_watches(self):
        """Catches two that take each other's files."""
        watch = self.watch()
        self.put("1.png", 1)
        watch.wait_for("done/1.png")
        done = self.once("--db", self.dir / "b.db", expect=1)
        self.assertIn("another watch has the inbox", done.stderr)
        other = self.dir / "other"
        other.mkdir()
        done = self.run_program("watch", self.exam, "--inbox", other, "--once", expect=1)
        self.assertIn("another watch writes", done.stderr)
        self.assertEqual(watch.end(signal.SIGTERM), 0)
        self.once()

    def test_disk_full(self):
        """Catches a file moved though it was not stored, and a half-written database."""
        for candidate in range(1, 16):
            self.put(f"{candidate}.png", candidate)
        copy = self.dir / "copy"
        shutil.copytree(self.inbox, copy)
        size = 150000  # bytes: room for the exam and some pages
        done = self.once(expect=1, preexec_fn=lambda:
                         (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                          resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))))
        self.assertIn(str(self.db), done.stderr)
        stored = {pathlib.Path(p).name for (p,) in self.query("SELECT path FROM scans")} \
            if self.db.exists() else set()
        self.assertLess(len(stored), 15)
        self.assertLessEqual(set(self.lying("done")) if (self.inbox / "done").exists() else set(),
                             stored)
        self.once()
        clean = self.dir / "clean.db"
        self.grade(copy, "--db", clean)
        for what in ("scores", "items", "distribution"):
            self.assertEqual(self.export(what), self.export(what, clean))

    def nobody(self, **more):
        if os.geteuid() != 0:
            self.skipTest("needs another user")
        return {"user": NOBODY, "group": NOBODY, "extra_groups": [], **more}

    def own_by_nobody(self, *paths):
        for path in paths:
            os.chown(path, NOBODY, NOBODY)

    def test_file_that_may_not_be_read(self):
        """Catches a scan of another user that is called a bad file, in the database for ever."""
        nobody = self.nobody()
        self.own_by_nobody(self.exam, self.inbox)
        secret = self.put("secret.png", 1)
        secret.chmod(0o600)
        self.put("open.png", 2)
        done = self.once(expect=3, **nobody)
        self.assertIn("'secret.png' stays in the inbox", done.stderr)
        self.assertIn("ermission denied", done.stderr)
        self.assertEqual(self.lying(), ["done/open.png", "secret.png"])
        self.assertEqual(self.exceptions_of("secret.png"), [])
        secret.chmod(0o644)
        self.once(**nobody)
        self.assertEqual(self.scored(), ["0001", "0002"])

    def test_folder_that_may_not_be_read(self):
        """Catches a room of which nobody notices that it is never graded."""
        nobody = self.nobody()
        self.own_by_nobody(self.exam, self.inbox)
        self.put("room/1.png", 1)
        self.put("2.png", 2)
        (self.inbox / "room").chmod(0o700)
        done = self.once(expect=1, **nobody)
        self.assertIn("the folder 'room/' in the inbox cannot be read", done.stderr)
        self.assertEqual(self.scored(), ["0002"])

    def test_inbox_that_cannot_be_written(self):
        """Catches scans graded again and again, since they cannot be moved."""
        nobody = self.nobody()
        self.own_by_nobody(self.exam)
        self.put("1.png", 1)
        self.inbox.chmod(0o755)
        done = self.once(expect=1, **nobody)
        self.assertIn("files cannot be moved", done.stderr)
        self.assertEqual(self.lying(), ["1.png"])
        self.assertEqual(self.scored(), [])

    def test_database_that_cannot_be_written(self):
        """Catches scans moved away that are stored nowhere."""
        nobody = self.nobody()
        self.own_by_nobody(self.inbox)
        self.put("1.png", 1)
        done = self.once(expect=1, **nobody)
        self.assertIn("results.db", done.stderr)
        self.assertEqual(self.lying(), ["1.png"])


class Running(WatchTest):
    def test_only_whole_files_are_read(self):
        """Catches half a scan that is called unreadable: one still written, one without its name."""
        watch = self.watch(settle=0.3)
        whole = sheets.filled(1).png()
        slow = open(self.inbox / "slow.png", "wb")
        slow.write(whole[:len(whole) // 2])
        slow.flush()
        part = self.inbox / "late.png.part"
        part.write_bytes(whole[:100])
        for n in (2, 3):  # while others come and go, for longer than a file takes to settle
            self.put(f"{n}.png", n)
            watch.wait_for(f"done/{n}.png")
            watch.wait_for("up to date")
        self.assertEqual(sorted(p.name for p in self.inbox.iterdir() if p.is_file()),
                         ["late.png.part", "slow.png"])
        slow.write(whole[len(whole) // 2:])
        slow.close()
        watch.wait_for("done/slow.png")
        part.write_bytes(sheets.filled(4).png())
        part.rename(self.inbox / "late.png")
        watch.wait_for("done/late.png")
        self.assertEqual(watch.end(signal.SIGTERM), 0)
        self.assertEqual(self.scored(), ["0001", "0002", "0003", "0004"])
        self.assertEqual(self.lying("failed"), [])

    def test_polling(self):
        """Catches a shared folder, of which the kernel tells nothing, that is never looked at."""
        watch = self.watch("--poll", "--interval", "0.2")
        self.put("room/1.png", 1)
        watch.wait_for("done/room/1.png")
        self.assertEqual(watch.end(signal.SIGINT), 0)

    @unittest.skipUnless(FAKETIME.exists(), "libfaketime is not installed")
    def test_clock_set_back(self):
        """Catches a watch that waits two days for a file to settle when the clock is set back by
        two days, or takes one half written when it is set forward."""
        offset = self.dir / "clock"
        offset.write_text("+0")
        watch = self.watch(settle=0.5, env={
            "LD_PRELOAD": os.fspath(FAKETIME), "FAKETIME_TIMESTAMP_FILE": os.fspath(offset),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
            "ASAN_OPTIONS": "verify_asan_link_order=0"})
        for candidate, by in ((1, "+0"), (2, "-2d"), (3, "+0"), (4, "+2d")):
            offset.write_text(by)
            with open(self.inbox / "slow.png", "wb") as slow:
                whole = sheets.filled(4 + candidate).png()
                slow.write(whole[:len(whole) // 2])
                slow.flush()
                self.put(f"{candidate}.png", candidate)
                watch.wait_for(f"done/{candidate}.png")
                slow.write(whole[len(whole) // 2:])
            watch.wait_for("done/slow.*png")
        watch.wait_for("up to date")
        self.assertEqual(watch.end(signal.SIGTERM), 0)
        self.assertEqual(len(self.scored()), 8)
        self.assertEqual(self.lying("failed"), [])
        days = {time[:10] for (time,) in self.query("SELECT time FROM audit")}
        self.assertGreaterEqual(len(days), 3, "the clock was never set")

    def test_new_folders_and_many_files(self):
        """Catches folders that were made after the start, and files that came before anybody
        looked into them."""
        watch = self.watch("--interval", "60")  # events alone
        for candidate in range(1, 21):
            self.put(f"room{candidate % 4}/deep/{candidate}.png", candidate)
        for _ in range(20):
            watch.wait_for("done/room")
        watch.wait_for("up to date")
        self.assertEqual(len(self.scored()), 20)
        self.assertEqual(watch.end(signal.SIGTERM), 0)

    def test_inbox_deleted_and_made_again(self):
        """Catches a watch that goes on looking at a folder that is no more."""
        watch = self.watch("--interval", "0.3")
        self.put("1.png", 1)
        watch.wait_for("done/1.png")
        shutil.rmtree(self.inbox)
        watch.wait_for("cannot be read: No such file")
        self.inbox.mkdir()
        self.put("2.png", 2)
        watch.wait_for("done/2.png")
        watch.wait_for("up to date")
        self.put("3.png", 3)
        watch.wait_for("done/3.png")
        self.assertEqual(watch.end(signal.SIGTERM), 0)
        self.assertEqual(self.scored(), ["0001", "0002", "0003"])

    def change_key(self, text):
        pending = self.exam / "key.csv.new"
        pending.write_text(text, encoding="utf-8")
        pending.rename(self.exam / "key.csv")

    def total(self, candidate):
        return {r["candidate"]: r["total"] for r in self.rows("scores")}[candidate]

    def test_reload(self):
        """Catches a new key that has no effect, and a broken one that ends the watch."""
        watch = self.watch()
        key = (self.exam / "key.csv").read_text(encoding="utf-8")
        self.put("1.png", 1)
        watch.wait_for("up to date")
        before = int(self.total("0001"))
        self.change_key(key.replace(",2\n", ",3\n"))
        watch.process.send_signal(signal.SIGHUP)
        watch.wait_for("read again")
        self.assertEqual(int(self.total("0001")) * 2, before * 3)
        self.change_key(key.replace("q3,C", "q3,X"))
        watch.process.send_signal(signal.SIGHUP)
        watch.wait_for(r"stays as it was.*key\.csv:\d+:\d+")
        form = (self.exam / "form.yaml").read_text(encoding="utf-8")
        self.change_key(key)
        (self.exam / "form.yaml").write_text(form.replace("ABCD", "ABCDE"), encoding="utf-8")
        watch.process.send_signal(signal.SIGHUP)
        watch.wait_for("stays as it was")
        self.put("2.png", 2)
        watch.wait_for("done/2.png")
        watch.wait_for("up to date")
        right = sum(a == k for a, k in zip(sheets.answers_of(2), sheets.KEY))
        self.assertEqual(int(self.total("0002")), 3 * right)
        self.assertEqual(watch.end(signal.SIGTERM), 0)

    def test_stop_makes_scores(self):
        """Catches scans stored at the end and never scored; a stop that waits for all of them."""
        for candidate in range(1, 31):
            self.put(f"{candidate:02d}.png", candidate)
        watch = self.watch("-j", "1", "--metrics", self.dir / "m.prom")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:  # until something of the round is committed
            status = self.exam / "results.db.watch"
            with contextlib.suppress(sqlite3.Error, OSError):
                if status.exists() and self.query("SELECT COUNT(*) FROM scans")[0][0] > 0:
                    break
            time.sleep(0.02)
        self.assertEqual(watch.end(signal.SIGTERM), 0)
        stored = self.query("SELECT COUNT(*) FROM scans")[0][0]
        self.assertGreater(stored, 0)
        self.assertEqual(len(self.scored()), stored)
        self.assertEqual(len(self.lying("done")), stored)
        self.once()
        self.assertEqual(len(self.scored()), 30)

    def test_status(self):
        """Catches a watch of which nobody can see what it does, or that it died."""
        metrics = self.dir / "yuejuan.prom"
        watch = self.watch("--metrics", metrics)
        self.put("1.png", 1)
        self.put("bad.png", content=b"bad")
        watch.wait_for("up to date")
        told = self.status()
        self.assertTrue(told["watch_alive"] and told["scores_current"])
        self.assertEqual((told["watch"]["done"], told["watch"]["failed"]), (1, 1))
        self.assertEqual(told["watch"]["pid"], watch.process.pid)
        self.assertIn('yuejuan_watch_done_files_total{exam="quiz"} 1\n', metrics.read_text())
        text = self.run_program("status", self.exam, expect=0).stdout
        self.assertRegex(text, "running")
        self.assertEqual(watch.end(signal.SIGKILL), -signal.SIGKILL)
        self.assertFalse(self.status()["watch_alive"])
        self.assertRegex(self.run_program("status", self.exam, expect=0).stdout, "died")
        self.once()
        self.assertIsNone(self.status()["watch"])

    def test_service(self):
        """Catches a service that systemd takes for one that never started, or that hangs."""
        address = self.dir / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(os.fspath(address))
            notify.settimeout(60)
            self.put("1.png", 1)
            watch = self.watch(env={"NOTIFY_SOCKET": os.fspath(address),
                                    "WATCHDOG_USEC": "2000000"})
            told = []
            while told.count("WATCHDOG=1") < 3:
                told.append(notify.recv(1000).decode())
            self.assertIn("READY=1", told)
            self.assertEqual(watch.end(signal.SIGTERM), 0)
            while "STOPPING=1" not in told:
                told.append(notify.recv(1000).decode())


class Kills(WatchTest):
    SCANS = 12

    def fill(self):
        shutil.rmtree(self.inbox, ignore_errors=True)
        self.inbox.mkdir()
        for candidate in range(1, self.SCANS - 3):
            self.put(f"room{candidate % 2}/{candidate:02d}.png", candidate)
        self.put("pile.tif", content=sheets.tiff([sheets.filled(c) for c in (10, 11, 12)]))
        self.put("again.png", 1)
        self.put("broken.png", content=b"broken")

    def test_kill_at_any_instant(self):
        """Catches a scan that is lost or stored twice, and a database that differs from that of an
        undisturbed run."""
        seed = 7
        chance = random.Random(seed)
        self.fill()
        began = time.monotonic()
        self.once(expect=3)
        took = time.monotonic() - began
        wanted, files = dump(self.db), self.lying()
        killed = 0
        for _ in range(10):
            self.db.unlink()
            self.fill()
            for _ in range(2):
                watch = Watcher(self.exam, self.inbox, "--once", settle=0.1)
                time.sleep(chance.uniform(0, took))  # any instant: there is no event to await
                killed += watch.end(signal.SIGKILL) == -signal.SIGKILL
                self.assertTrue(not self.db.exists() or is_whole(self.db))
            done = self.once(expect=None)
            self.assertIn(done.returncode, (0, 3), done.stderr)
            self.assertEqual(dump(self.db), wanted)
            self.assertEqual(self.lying(), files)
        self.assertGreater(killed, 5)
        self.run_program("verify", self.db, expect=0)


if __name__ == "__main__":
    unittest.main()
