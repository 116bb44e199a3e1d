"""Running the program and looking at what it made."""
import csv
import io
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import unittest

import sheets

PROGRAM = os.environ["YUEJUAN"]


class CliTest(unittest.TestCase):
    """A folder of its own for every test, with an exam in it."""

    def setUp(self):
        # Named so that nobody may list it, yet another user of the test may pass through.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-cli-"))
        self.dir.chmod(0o755)
        self.exam = sheets.write_exam(self.dir / "quiz")
        self.db = self.exam / "results.db"

    def tearDown(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def run_program(self, *arguments, expect=None, env=None, **more):
        """Runs it in English; `expect` is the exit status demanded."""
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en", **(env or {})}
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              env=environment, timeout=300, check=False, **more)
        if expect is not None:
            self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        self.assert_no_sanitizer(done.stderr)
        return done

    def assert_no_sanitizer(self, text):
        self.assertNotRegex(text, "Sanitizer|runtime error")

    def grade(self, *arguments, expect=0, **more):
        return self.run_program("grade", self.exam, *arguments, expect=expect, **more)

    def export(self, what, db=None, format_="csv"):
        return self.run_program("export", db or self.db, "--what", what, "--format", format_,
                                expect=0).stdout

    def rows(self, what, db=None):
        return list(csv.DictReader(io.StringIO(self.export(what, db))))

    def exceptions_of(self, name, db=None):
        """Kinds told of the scan called `name`."""
        return [row["kind"] for row in self.rows("exceptions", db)
                if pathlib.PurePath(row["scan"]).name == name]

    def exports(self, db=None):
        """Every table that the same inputs must give again, byte for byte."""
        return {what: self.export(what, db)
                for what in ("scores", "readings", "items", "exceptions", "distribution")}

    def start(self, *arguments, hangup=signal.SIG_DFL):
        """`hangup`: SIGHUP's handling as the program inherits it; under nohup it is ignored."""
        try:
            return Terminal(arguments, hangup)
        except OSError as error:
            return self.skipTest(f"no terminal can be had here: {error}")


class Terminal:
    """The program with a terminal for stderr: its progress line is the event to wait for."""

    def __init__(self, arguments, hangup):
        self.fd, slave = pty.openpty()
        environment = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="en")
        self.process = subprocess.Popen([PROGRAM, *map(str, arguments)], stderr=slave,
                                        stdout=subprocess.DEVNULL, env=environment,
                                        preexec_fn=lambda: signal.signal(signal.SIGHUP, hangup))
        os.close(slave)
        self.text = ""

    def _read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def wait_for_pages(self, n):
        """Waits until at least n pages are done; False where the run ended before."""
        while self._read(60):
            done = [int(m) for m in re.findall(r"(\d+) pages,", self.text)]
            if done and done[-1] >= n:
                return True
        return False

    def wait(self):
        """The exit status, once the program has ended."""
        while self._read(60):
            pass
        status = self.process.wait(timeout=60)
        os.close(self.fd)
        return status
