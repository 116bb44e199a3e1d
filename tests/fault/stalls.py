#!/usr/bin/env python3
"""Threads held up at random at their seams: the results are the same bytes, however many workers there are
and whether or not the run was interrupted.

usage: stalls.py YUEJUAN STALL [ROUNDS] [SEED] [MICROSECONDS] [CANDIDATES] [FIRST]
       STALL is fault_stall.so; ROUNDS default 32; no stall is longer than MICROSECONDS, default 3000; 12 CANDIDATES;
       FIRST round 0

An undisturbed run with one worker says what is wanted: every row of the database (tests/cli/dump.py) and
the tables that people get, byte for byte. A round grades the same scans with 1 to 16 workers, in turn, with
stalls; every other one is interrupted by SIGINT or SIGTERM at a random instant, up to four times, and then
left to end. `verify` must find nothing. A build with the thread sanitizer must tell of nothing. Pages may take as
long as they like: what a limit of time costs is tested elsewhere."""
import collections
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import trial as trials_of
from dump import dump

SUPPRESSED = pathlib.Path(__file__).resolve().parent / "tsan.supp"
TABLES = ("scores", "readings", "items", "exceptions", "distribution", "standings", "findings")
FOUND = ("crash or race", "other database", "other tables", "unverified")


class Runs:
    def __init__(self, program, stall, exam, seed, longest):
        self.program, self.stall, self.exam, self.longest = program, stall, exam, longest
        self.chance = random.Random(seed)
        self.interrupted = 0

    def environment(self, stalls):
        more = {"LC_ALL": "C.UTF-8",
                "TSAN_OPTIONS": f"halt_on_error=1:suppressions={SUPPRESSED}", **trials_of.SANITIZER}
        if stalls:
            more |= {"LD_PRELOAD": self.stall, "FAULT_STALL": self.longest,
                     "FAULT_SEED": str(self.chance.randrange(1 << 32))}
        return {**os.environ, **more}

    def grade(self, workers, stalls=True, seconds=None):
        """Its exit status and what it told; after so many seconds it is asked to stop."""
        process = subprocess.Popen(
            [self.program, "grade", self.exam, "-j", str(workers), "--quiet", "--page-limit", "3600"], text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self.environment(stalls))
        try:
            _, told = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(self.chance.choice((signal.SIGINT, signal.SIGTERM)))
            _, told = process.communicate(timeout=300)
            self.interrupted += process.returncode not in (0, 3)
        return process.returncode, told

    def tables(self):
        return [subprocess.run([self.program, "export", self.exam, "--what", what], capture_output=True,
                               env=self.environment(False), check=True).stdout for what in TABLES]

    def round(self, workers, interrupts, took, wanted):
        trials_of.remove_database(self.exam)
        faults = set()
        for _ in range(interrupts):
            status, told = self.grade(workers, seconds=self.chance.uniform(0, took))
            # Or before it had begun to listen.
            if status not in (0, 1, 3, -signal.SIGINT, -signal.SIGTERM) or "Sanitizer" in told:
                print(status, told, file=sys.stderr)
                faults.add("crash or race")
        status, told = self.grade(workers)
        if status != 3 or "Sanitizer" in told:
            print(told, file=sys.stderr)
            return faults | {"crash or race"}
        if dump(self.exam / "results.db") != wanted[0]:
            faults.add("other database")
            print(told, file=sys.stderr)
        if self.tables() != wanted[1]:
            faults.add("other tables")
        check = subprocess.run([self.program, "verify", self.exam], capture_output=True, check=False,
                               env=self.environment(False))
        if check.returncode != 0:
            print(check.stderr.decode(), file=sys.stderr)
            faults.add("unverified")
        return faults


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    program, stall = map(os.path.abspath, sys.argv[1:3])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 32
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    longest = sys.argv[5] if len(sys.argv) > 5 else "3000"
    candidates = int(sys.argv[6]) if len(sys.argv) > 6 else 12
    first = int(sys.argv[7]) if len(sys.argv) > 7 else 0
    work = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-stalls-"))
    found = collections.Counter()
    try:
        runs = Runs(program, stall, trials_of.write_exam(work / "exam", candidates), seed, longest)
        runs.grade(1, stalls=False)
        wanted = dump(runs.exam / "results.db"), runs.tables()
        trials_of.remove_database(runs.exam)
        began = time.monotonic()
        runs.grade(4)
        took = time.monotonic() - began
        for number in range(first, first + rounds):
            workers = number % 16 + 1
            faults = runs.round(workers, (number + number // 16) % 2 * runs.chance.randint(1, 4), took, wanted)
            if faults:
                print(f"round {number}, {workers} workers: {faults}", file=sys.stderr)
            found.update(faults)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("| rounds | interrupted |", " | ".join(FOUND), "|")
    print("|---|---|" + "---|" * len(FOUND))
    print(f"| {rounds} | {runs.interrupted} |", " | ".join(str(found[f]) for f in FOUND), "|")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
