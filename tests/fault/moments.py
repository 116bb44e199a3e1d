#!/usr/bin/env python3
"""Somebody reads while the program writes: what is told is of one moment, of before or of after.

usage: moments.py YUEJUAN FILES [STOPS] [SEED] [COMMAND...]
       FILES is fault_files.so; STOPS of each command, default all there are

A command that only reads is stopped before it takes a lock of the database, as it does whenever it begins to
look anew. While it stands there, a whole `grade` goes by: a scan more, another key, another name. Then the command goes on. What it
tells, and the files that it makes, must be what it tells of the database as it was or as it is now, to the
byte; of both, it has mixed two moments. Spreadsheets and PDF are left out: they tell the time."""
import collections
import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

import trial as trials_of

SEEN = ("of before", "of after", "writer kept out", "mixed")
# DB is the database, OUT a folder for what is made.
COMMANDS = {
    "verify": ["verify", "DB"],
    "status": ["status", "DB"],
    "report": ["report", "DB", "--format", "html", "-o", "OUT"],
    "export-scores": ["export", "DB", "--what", "scores"],
    "export-statistics": ["export", "DB", "--what", "statistics"],
    "export-exceptions": ["export", "DB", "--what", "exceptions", "--format", "json"],
    "explain": ["explain", "DB", "0001"],
    "review-list": ["review", "list", "DB", "--all"],
    "annotate": ["annotate", "DB", "--all", "-o", "OUT"],
}


class Moments:
    def __init__(self, program, files, work):
        self.program, self.files = program, files
        self.before, self.exam, self.out = work / "before", work / "exam", work / "out"
        self.count = work / "count"
        trials_of.write_exam(self.exam)
        self.grade()
        shutil.copytree(self.exam, self.before)

    def grade(self):
        return subprocess.run([self.program, "grade", self.exam, "-j", "1", "--quiet"], check=False,
                              capture_output=True, env=self.environment()).returncode

    def environment(self, stop=None):
        more = {"LC_ALL": "C.UTF-8", "LANGUAGE": "en", **trials_of.SANITIZER}
        if stop is not None:
            more |= {"LD_PRELOAD": self.files, "FAULT_FILES": f"lock:results.db:{stop}:0",
                     "FAULT_COUNT": os.fspath(self.count)}
        return {**os.environ, **more}

    def begin(self):
        for folder in (self.exam, self.out):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.before, self.exam)

    def write(self):
        """True: it was let."""
        (self.exam / "scans" / "0002-more.png").write_bytes(trials_of.sheet_of(21).mark(3, "ABCD").png())
        key = self.exam / "key.csv"
        key.write_text(key.read_text(encoding="utf-8").replace("q1,A,2", "q1,B,3"), encoding="utf-8")
        roster = self.exam / "roster.csv"
        roster.write_text(roster.read_text(encoding="utf-8").replace("Name 1,", "Another,"),
                          encoding="utf-8")
        return self.grade() == 3

    def read(self, command, stop=None):
        """What it tells and makes, and whether a writer was let meanwhile (None: it did not come to stop)."""
        line = [self.program, *(a.replace("DB", os.fspath(self.exam / "results.db"))
                                .replace("OUT", os.fspath(self.out)) for a in COMMANDS[command])]
        let = None
        with tempfile.TemporaryFile() as told:
            process = subprocess.Popen(line, stdout=told, stderr=subprocess.STDOUT,
                                       env=self.environment(stop))
            if stop:
                _, status = os.waitpid(process.pid, os.WUNTRACED)
                if not os.WIFSTOPPED(status):
                    raise SystemExit(f"{command} did not come to lock {stop}")
                let = self.write()
                process.send_signal(signal.SIGCONT)
            status = process.wait(300)
            told.seek(0)
            return (status, told.read(), self.made()), let

    def made(self):
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest()
                for p in sorted(self.out.rglob("*")) if p.is_file()} if self.out.exists() else {}

    def of_command(self, command, stops, chance):
        self.begin()
        before, _ = self.read(command, 0)
        total = int(self.count.read_text())
        self.begin()
        self.write()
        after, _ = self.read(command)
        if before == after or before[0] not in (0, 3) or after[0] not in (0, 3):
            raise SystemExit(f"{command} tells nothing of what was written: {before} {after}")
        seen = collections.Counter()
        numbers = range(1, total + 1)
        if stops and total > stops:
            numbers = sorted(chance.sample(numbers, stops))
        for number in numbers:
            self.begin()
            told, let = self.read(command, number)
            seen["writer kept out"] += not let
            which = "of before" if told == before else "of after" if let and told == after else "mixed"
            seen[which] += 1
            if which == "mixed":
                print(f"{command}: stopped before lock {number}: exit status {told[0]}\n"
                      f"{told[1].decode('utf-8', 'replace')[-600:]}", file=sys.stderr)
        print(f"| `{command}` | {total} | {len(numbers)} |",
              " | ".join(str(seen[s]) for s in SEEN), "|", flush=True)
        return seen["mixed"]


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    program, files = map(os.path.abspath, sys.argv[1:3])
    stops = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    chance = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    work = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-moments-"))
    try:
        moments = Moments(program, files, work)
        print("| command | locks | stopped at |", " | ".join(SEEN), "|")
        print("|---|---|---|" + "---|" * len(SEEN))
        mixed = sum(moments.of_command(command, stops, chance) for command in sys.argv[5:] or COMMANDS)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if mixed else 0


if __name__ == "__main__":
    sys.exit(main())
