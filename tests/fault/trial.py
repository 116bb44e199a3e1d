"""An exam, and commands of the program that a fault is let into: what each must leave behind.

A command that met a fault either ends as if it had met none, or fails and says why. Whatever it does,
files it writes are whole or as before (each was there already, with other bytes), the database is whole, and
the same command then ends well."""
import contextlib
import datetime
import hashlib
import io
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile

sys.path.insert(0, os.fspath(pathlib.Path(__file__).parent.parent / "cli"))
import sheets  # noqa: E402
from dump import NUMBERED_ANEW, PASSING, is_whole, tables_of  # noqa: E402

# Boxes for digits, a line for a name and a place that is kept as a picture: the nets and crops.
MORE_FIELDS = """  - {field: d1, kind: digits, boxes: 2, at: [25, 130], step: [10, 0], size: [9, 11]}
  - {field: w1, kind: text, area: [60, 125, 60, 11]}
  - {field: r1, kind: region, area: [60, 150, 60, 11]}
"""
# Libraries that die where memory is short, whatever their caller does (docs/reliability.md).
MORTAL = ("libfyaml", "libqpdf", "libglib", "libgobject", "libpango", "libcairo", "libharfbuzz",
          "libfontconfig", "libxlsxwriter", "libcrypto", "libarchive")
# Frames that say nothing of whose fault it is.
NOBODY = ("fault_", "libc.so", "libstdc++", "libgcc_s", "libasan", "libubsan", "ld-linux", "linux-vdso")
# What a file is called until it is whole; only a program that died leaves one.
UNNAMED = re.compile(r"\.[A-Za-z0-9]{6}$")
SANITIZER = {"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:allocator_may_return_null=1:"
                             "handle_segv=0:handle_abort=0:handle_sigbus=0:use_sigaltstack=0",
             "UBSAN_OPTIONS": "halt_on_error=1"}


def sheet_of(candidate):
    page = sheets.filled(candidate)
    for x in (25, 35):
        page.outline(x, 130, 9, 11)
        for k in range(41):
            page.fill(x, 126.5 + 7 * k / 40, .7, .7, sheets.PENCIL)
    page.fill(70, 125, 12, 1, sheets.PENCIL)
    page.fill(70, 150, 12, 1, sheets.PENCIL)
    return page


def write_exam(folder, candidates=3):
    """Scans of three kinds, a file that is none, and one that comes twice."""
    exam = sheets.write_exam(folder)
    for name, more in (("form.yaml", MORE_FIELDS), ("key.csv", "d1,11,3\nw1,cat,2\n")):
        path = exam / name
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    scans = exam / "scans"
    for candidate in range(1, candidates + 1):
        (scans / f"{candidate:04d}.png").write_bytes(sheet_of(candidate).png())
    (scans / "pile.tif").write_bytes(sheets.tiff([sheet_of(c) for c in (11, 12)]))
    (scans / "page.pdf").write_bytes(sheets.pdf_of_page(sheet_of(13)))
    (scans / "again.png").write_bytes(sheet_of(1).png())
    (scans / "broken.png").write_bytes(b"broken")
    return exam


def remove_database(exam):
    for path in exam.glob("results.db*"):
        path.unlink()


def who_died(told):
    """The first module of the frames that memory.cpp writes, or "" where there are none."""
    _, _, frames = told.partition("died of signal")
    modules = [os.path.basename(m) for m in re.findall(r"^([^\s(]+)\(", frames, re.MULTILINE)]
    return next((m for m in modules if not m.startswith(NOBODY)), "")


# What may differ where a step was gone another way: a PDF's page drawn instead of its picture taken.
BY_THE_WAY = {"evidence", "transform", "pixels", "fingerprint", "answers", "width", "height"}


def essentials(path):
    """Table -> rows as in dump.py, without figures that are measured: what was read, and what it is worth."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        left_out = {table: PASSING | BY_THE_WAY | NUMBERED_ANEW.get(table, set()) | {
            name for _, name, kind, *_ in db.execute(f"PRAGMA table_info({table})") if kind == "REAL"}
            for table in tables_of(db)}
        return {table: sorted(map(repr, db.execute(
            "SELECT " + ", ".join(f'"{row[1]}"' for row in db.execute(f"PRAGMA table_info({table})")
                                  if row[1] not in left_out[table]) + f" FROM {table}")))
                for table in left_out}


OLDER = b"what was there before\n"


def is_whole_zip(data):
    try:
        return zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    except zipfile.BadZipFile:
        return False


def contents_of(path):
    """A digest of the bytes; of what tells the time (PDF, spreadsheets) whether it is whole."""
    data = path.read_bytes()
    if data == OLDER:
        return "older"
    if path.suffix == ".pdf":
        return "whole" if data.startswith(b"%PDF") and data.rstrip().endswith(b"%%EOF") else "broken"
    if path.suffix == ".xlsx":
        return "whole" if is_whole_zip(data) else "broken"
    return hashlib.sha256(data).hexdigest()


class Trial:
    """One command on a copy of an exam that was graded (or not)."""

    def __init__(self, program, name, arguments, *, graded=True, writes=False, anew=False):
        self.program, self.name, self.arguments = program, name, arguments
        self.graded, self.writes = graded, writes
        self.anew = anew  # what it writes must not be there before
        self.exam = self.pristine = self.wanted = None
        self.older = ()  # files that are there before it writes them
        self.died_in = ""

    def prepare(self, pristine, work):
        """`pristine`: an exam with results.db, which is not touched."""
        self.pristine, self.exam = pristine, work / "here" / "exam"
        self.begin()
        done = self.run()
        if done.returncode not in (0, 3):
            raise SystemExit(f"{self.line()}: {done.returncode}: {done.stderr}")
        self.wanted = done.returncode, self.results(done)
        self.older = () if self.anew else tuple(self.wanted[1][1])

    def begin(self):
        self.died_in = ""
        shutil.rmtree(self.exam, ignore_errors=True)
        shutil.copytree(self.pristine, self.exam)
        for name in self.older:
            (self.exam / "out" / name).write_bytes(OLDER)
        if not self.graded:
            remove_database(self.exam)

    def line(self):
        return [self.program, *(str(a).replace("EXAM", os.fspath(self.exam)) for a in self.arguments)]

    def run(self, environment=(), **more):
        return subprocess.run(
            self.line(), capture_output=True, timeout=300, check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en", **SANITIZER, **dict(environment)},
            **more)

    def made(self):
        """What it writes beside the database: name -> what is in it."""
        folder = self.exam / "out"
        return {os.fspath(p.relative_to(folder)): contents_of(p) for p in folder.rglob("*")
                if p.is_file() and not (self.died_in and UNNAMED.search(p.name))} if folder.exists() else {}

    def results(self, done):
        told = b"" if self.writes else done.stdout
        return essentials(self.exam / "results.db"), self.made(), told

    def faults_after(self, done):
        """What is wrong once a run with a fault has ended."""
        faults, told = [], done.stderr.decode("utf-8", "replace")
        failed = done.returncode not in (0, 3)
        if b"Fatal Internal Error in libarchive" in done.stderr:
            self.died_in = "libarchive"  # it calls exit() itself
            return ["dies in a library"] + self.faults_of_database()
        if done.returncode < 0 or "Sanitizer" in told or "runtime error" in told:
            self.died_in = who_died(told)
            faults.append("dies in a library" if self.died_in.startswith(MORTAL) else "crash")
        elif failed and not told.strip():
            faults.append("nothing told")
        elif not failed and (done.returncode, self.results(done)) != self.wanted:
            faults.append("wrong result")
        if failed and not self.wrote_whole():
            faults.append("half-written")
        return faults + self.faults_of_database()

    def wrote_whole(self):
        """Every file is there under its name, and is the one wanted or the one before; a killed program may
        leave one that has no name yet (NAME.XXXXXX)."""
        wanted, made = self.wanted[1][1], self.made()
        if self.anew:  # nothing: the same command must be possible again
            return not (self.exam / "out").exists() or not any((self.exam / "out").iterdir())
        return made.keys() == wanted.keys() and all(
            contents in ("older", wanted[name]) for name, contents in made.items())

    def faults_of_database(self):
        db = self.exam / "results.db"
        try:
            if db.exists() and not is_whole(db):
                return ["broken database"]
        except sqlite3.DatabaseError:
            return ["broken database"]
        return []

    def faults_of_rerun(self):
        if self.anew and self.made() == self.wanted[1][1]:  # it ended well
            self.begin()
        done = self.run()
        with contextlib.suppress(sqlite3.DatabaseError):
            if done.returncode in (0, self.wanted[0]) and self.results(done)[:2] == self.wanted[1][:2]:
                check = subprocess.run([self.program, "verify", self.exam], capture_output=True,
                                       check=False)
                if check.returncode == 0:
                    return []
                print(check.stderr.decode(), file=sys.stderr)
                return ["unverified"]
        print(done.stderr.decode(), file=sys.stderr)
        return ["rerun"]


def trials(program):
    """The commands by name. EXAM in an argument is the exam's folder."""
    return {trial.name: trial for trial in (
        Trial(program, "grade", ["grade", "EXAM", "-j", "1", "--quiet"], graded=False, writes=True),
        Trial(program, "regrade", ["regrade", "EXAM", "--models"], writes=True),
        Trial(program, "report", ["report", "EXAM", "-o", "EXAM/out"], writes=True),
        Trial(program, "export-csv", ["export", "EXAM", "--what", "scores", "-o", "EXAM/out/a.csv"]),
        Trial(program, "export-xlsx", ["export", "EXAM", "--what", "readings", "--format", "xlsx", "-o",
                                       "EXAM/out/a.xlsx"]),
        Trial(program, "export-json", ["export", "EXAM", "--what", "items", "--format", "json"]),
        Trial(program, "review-list", ["review", "list", "EXAM", "--group"]),
        Trial(program, "review-set", ["review", "set", "EXAM", "p1f13", "cat", "--by", "Lin", "--why",
                                      "looked"], writes=True),
        Trial(program, "review-show", ["review", "show", "EXAM", "p1f13", "-o", "EXAM/out/crop.png"]),
        Trial(program, "annotate", ["annotate", "EXAM", "0001", "0011", "-o", "EXAM/out"]),
        Trial(program, "purge", ["purge", "EXAM", "--images", "--before", "2020-01-01", "--even-pending",
                                 "--yes"], writes=True),
        Trial(program, "sheet", ["sheet", "EXAM/form.yaml", "--roster", "EXAM/roster.csv", "-o",
                                 "EXAM/out/sheet.pdf"]),
        Trial(program, "form-layout", ["form", "layout", "EXAM/form.yaml", "-o", "EXAM/out/layout.csv"]),
        Trial(program, "form-draft", ["form", "draft", "EXAM/scans/0001.png", "-o",
                                      "EXAM/out/draft.yaml"]),
        Trial(program, "simulate", ["simulate", "EXAM/form.yaml", "-n", "3", "--seed", "7", "--dpi", "80", "-j", "1",
                                    "--quiet", "-o", "EXAM/out/sheets"], anew=True),
        Trial(program, "status", ["status", "EXAM"], writes=True),
        Trial(program, "verify", ["verify", "EXAM"]),
        Trial(program, "explain", ["explain", "EXAM", "0001"]),
    )}


def graded_exam(program, work, clock):
    """An exam with its database, for those trials that begin with one. `clock` is fault_clock.so: it was
    graded in 2017, so that there is something to purge."""
    exam = write_exam(work / "here" / "exam")
    (exam / "out").mkdir()
    then = datetime.datetime(2017, 7, 14, tzinfo=datetime.timezone.utc).timestamp()
    done = subprocess.run(
        [program, "grade", exam, "--quiet"], capture_output=True, check=False,
        env={**os.environ, **SANITIZER, "LD_PRELOAD": os.fspath(clock),
             "FAULT_CLOCK": str(int(then - time.time()))})
    if done.returncode != 3:
        raise SystemExit(done.stderr.decode())
    shutil.move(exam, work / "pristine")
    return work / "pristine"
