#!/usr/bin/env python3
"""kill -9 at random instants of `grade` and of `watch`, and what the same command then leaves.

usage: kill_runs.py YUEJUAN [KILLS] [SEED] [COMMAND]    KILLS of each command, default 500

Each round starts from nothing: the command is killed at a random instant, again and again until it
has died four times, then left to end. Its database must then be that of an undisturbed run, row for
row (tests/cli/dump.py), whole by SQLite's own check, and every scan in it exactly once; of `watch`
every file must also lie where an undisturbed run puts it. The table counts what differed."""
import collections
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.fspath(pathlib.Path(__file__).parent.parent / "cli"))
import sheets  # noqa: E402
from dump import dump, is_whole  # noqa: E402

KILLS_A_ROUND = 4
FOUND = ("killed", "ended before", "broken file", "other database", "other files", "scan not once")


def fill(folder):
    """Rooms, a pile in one file, a copy, a file that is no scan."""
    shutil.rmtree(folder, ignore_errors=True)
    for candidate in range(1, 21):
        room = folder / f"room{candidate % 3}"
        room.mkdir(parents=True, exist_ok=True)
        (room / f"{candidate:02d}.png").write_bytes(sheets.filled(candidate).png())
    (folder / "pile.tif").write_bytes(sheets.tiff([sheets.filled(c) for c in range(21, 26)]))
    (folder / "again.png").write_bytes(sheets.filled(1).png())
    (folder / "broken.png").write_bytes(b"broken")


def files_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


class Command:
    def __init__(self, program, name, work):
        self.name, self.inbox, self.full = name, work / f"{name}-in", work / "full"
        self.exam = sheets.write_exam(work / f"{name}-exam")
        self.db = self.exam / "results.db"
        self.line = [program, name, self.exam] + (
            [self.inbox] if name == "grade"
            else ["--inbox", self.inbox, "--once", "--settle", "0.05"])

    def begin(self):
        shutil.rmtree(self.inbox, ignore_errors=True)
        shutil.copytree(self.full, self.inbox)
        for path in self.exam.glob("results.db*"):
            path.unlink()

    def run(self, seconds=None):
        """True: it was killed after so long."""
        process = subprocess.Popen(self.line, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait() == -9
        if status not in (0, 3):
            raise SystemExit(f"{self.line}: exit status {status}")
        return False


def kill_rounds(command, kills, chance):
    found = collections.Counter()
    command.begin()
    began = time.monotonic()
    command.run()
    took = time.monotonic() - began
    wanted, files = dump(command.db), files_below(command.inbox)
    while found["killed"] < kills:
        command.begin()
        died = 0
        while died < KILLS_A_ROUND and found["killed"] < kills:
            if not command.run(chance.uniform(0, took)):
                found["ended before"] += 1
                break
            died += 1
            found["killed"] += 1
            found["broken file"] += command.db.exists() and not is_whole(command.db)
        command.run()
        got = dump(command.db)
        found["other database"] += got != wanted
        lying = files_below(command.inbox)
        found["other files"] += lying != files
        if lying != files:
            print("files:", sorted(set(lying) ^ set(files)), file=sys.stderr)
        found["scan not once"] += len(got["scans"]) != len(set(got["scans"])) or \
            len(got["scans"]) != len(wanted["scans"])
    return took, found


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    work = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-kill-"))
    try:
        fill(work / "full")
        print("| command | s undisturbed |", " | ".join(FOUND), "|")
        print("|---|---|" + "---|" * len(FOUND))
        wrong = 0
        for name in sys.argv[4:] or ("grade", "watch"):
            command = Command(os.path.abspath(sys.argv[1]), name, work)
            took, found = kill_rounds(command, kills, random.Random(seed))
            print(f"| `{name}` | {took:.2f} |", " | ".join(str(found[f]) for f in FOUND), "|",
                  flush=True)
            wrong += sum(found[f] for f in FOUND[2:])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
