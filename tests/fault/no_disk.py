#!/usr/bin/env python3
"""Files that cannot be read, written, synced or renamed, at any call of a command: it must say so, or go
on and be right.

usage: no_disk.py YUEJUAN FILES [FAILURES] [SEED] [COMMAND...]
       FILES is fault_files.so; FAILURES of each kind of call, default 20

For each command of trial.py the calls of one kind on one kind of file are counted; some of them fail alone,
or with all after them, in the ways that a disk fails: full (ENOSPC), over quota (EDQUOT), broken (EIO),
read-only (EROFS), too many open files (EMFILE). Then the same by limits of the system itself: file sizes
(ulimit -f: a full disk for what stdio writes, too) and open files (ulimit -n). Where the user may mount file
systems (root), also on one that is really full, at any size between what is there and what is needed, and on one
that is read-only."""
import collections
import errno
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import trial as trials_of

FOUND = ("crash", "nothing told", "wrong result", "half-written", "broken database", "rerun", "unverified")
# Call, part of the path, how it fails.
KINDS = (
    ("open", "results.db", (errno.EMFILE, errno.EROFS, errno.EIO)),
    ("read", "results.db", (errno.EIO,)),
    ("write", "results.db", (errno.ENOSPC, errno.EDQUOT, errno.EIO)),
    ("sync", "results.db", (errno.EIO, errno.ENOSPC)),
    ("truncate", "results.db", (errno.EIO,)),
    ("unlink", "results.db", (errno.EIO,)),
    ("open", "scans/", (errno.EMFILE, errno.EIO)),
    ("read", "scans/", (errno.EIO,)),
    ("list", "/scans", (errno.EIO,)),
    ("open", "/out", (errno.EROFS, errno.EMFILE)),
    ("sync", "/out", (errno.EIO,)),
    ("rename", "/out", (errno.EIO, errno.ENOSPC)),
)
READINGS = ("scores", "readings")


def exports(trial):
    """A folder that could not be listed stays an exception, for a person to settle."""
    return [subprocess.run([trial.program, "export", trial.exam, "--what", what], check=False,
                           capture_output=True).stdout for what in READINGS]


def begin(trial, of_scans=True):
    """Of two copies of a scan the one that could be read first is kept: with one, the result is one."""
    trial.begin()
    if of_scans:
        (trial.exam / "scans" / "again.png").unlink()


def scan_faults(trial, done, wanted):
    """Scans that could not be read: told and stored as such; the same command reads them then. Numbers in
    the database are others, so the tables that people get are compared."""
    faults = [fault for fault in trial.faults_after(done) if fault != "wrong result"]
    if done.returncode in (0, 3) and exports(trial) != wanted and b"cannot be read" not in done.stderr:
        faults.append("wrong result")
    again = trial.run()
    if again.returncode not in (0, 3) or exports(trial) != wanted:
        print(again.stderr.decode(), file=sys.stderr)
        faults.append("rerun")
    return faults


def try_calls(trial, files, kind, failures, chance):
    call, part, errors = kind
    counted = trial.exam.parent / "count"
    trial.begin()
    trial.run({"LD_PRELOAD": files, "FAULT_FILES": f"{call}:{part}:0:0", "FAULT_COUNT": os.fspath(counted)})
    total = int(counted.read_text())
    found, tried, failed = collections.Counter(), 0, 0
    wanted = None
    of_scans = "scans" in part
    if of_scans and total:
        begin(trial)
        trial.run()
        wanted = exports(trial)
    numbers = range(1, total + 1)
    if total > failures:
        numbers = sorted({1, total} | set(chance.sample(numbers, failures - 2)))
    for number in numbers:
        which = f"{number}{chance.choice(('', '+'))}"
        code = chance.choice(errors)
        begin(trial, of_scans)
        done = trial.run({"LD_PRELOAD": files, "FAULT_FILES": f"{call}:{part}:{which}:{code}"})
        faults = scan_faults(trial, done, wanted) if of_scans else \
            trial.faults_after(done) + trial.faults_of_rerun()
        tell(trial, f"{call} {part} {which} {errno.errorcode[code]}", done, faults)
        found.update(faults)
        tried += 1
        failed += done.returncode not in (0, 3)
    return total, tried, failed, found


def tell(trial, what, done, faults):
    if faults:
        print(f"{trial.name}: {what}: {faults}, exit status {done.returncode}\n"
              f"{done.stderr.decode('utf-8', 'replace')[-2000:]}", file=sys.stderr)


def limited(which, limit):
    def begin():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(which, (limit, limit))
    return begin


def try_limits(trial, which, limits):
    found, failed = collections.Counter(), 0
    for limit in limits:
        trial.begin()
        done = trial.run(preexec_fn=limited(which, limit))
        faults = trial.faults_after(done) + trial.faults_of_rerun()
        tell(trial, f"limit {which} {limit}", done, faults)
        found.update(faults)
        failed += done.returncode not in (0, 3)
    return len(limits), failed, found


def files_of(exam):
    return {p: p.read_bytes() for p in exam.rglob("*") if p.is_file() and "scans" not in p.parts}


def largest_file(trial):
    """Of those it writes."""
    trial.begin()
    before = files_of(trial.exam)
    trial.run()
    return max((len(data) for path, data in files_of(trial.exam).items() if before.get(path) != data),
               default=4096)


class SmallDisk:
    """A file system of its own where the trials' exam lies, as large as one says."""

    def __init__(self, place):
        self.place = place

    def __enter__(self):
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", self.place],
                              check=False, capture_output=True)
        return self if made.returncode == 0 else None

    def __exit__(self, *_):
        if os.path.ismount(self.place):
            subprocess.run(["umount", self.place], check=True)

    def used(self):
        now = os.statvfs(self.place)
        return (now.f_blocks - now.f_bfree) * now.f_frsize

    def allow(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.place], check=True)


def needed_space(trial, disk):
    trial.begin()
    before = disk.used()
    trial.run()
    return max(disk.used() - before, 0) + (192 << 10)  # and what is there for a while: the log, side files


def try_small_disk(trial, failures, chance):
    with SmallDisk(trial.exam.parent) as disk:
        if disk is None:
            return None
        found, failed, space = collections.Counter(), 0, needed_space(trial, disk)
        ways = [f"rw,size={int(space * (k + chance.random()) / failures) + (4 << 10)}"
                for k in range(failures)] + ["ro"]
        for way in ways:
            trial.begin()
            start = disk.used()
            disk.allow(way if way == "ro" else f"rw,size={start + int(way.partition('size=')[2])}")
            done = trial.run()
            disk.allow("rw,size=64m")
            faults = trial.faults_after(done) + trial.faults_of_rerun()
            tell(trial, f"disk {way}", done, faults)
            found.update(faults)
            failed += done.returncode not in (0, 3)
        return len(ways), failed, found, space




def row(trial, what, total, tried, failed, found):
    print(f"| `{trial.name}` | {what} | {total} | {tried} | {failed} |",
          " | ".join(str(found[f]) for f in FOUND), "|", flush=True)
    return sum(found[f] for f in FOUND)


def try_command(trial, files, failures, seed):
    chance, wrong = random.Random(seed), 0
    for kind in KINDS:
        total, tried, failed, found = try_calls(trial, files, kind, failures, chance)
        if total:
            wrong += row(trial, f"{kind[0]} `{kind[1]}`", total, tried, failed, found)
    size = largest_file(trial)
    limits = [int(size * (k + chance.random()) / failures) for k in range(failures)]
    wrong += row(trial, "ulimit -f", size, *try_limits(trial, resource.RLIMIT_FSIZE, limits))
    small = try_small_disk(trial, failures, chance)
    if small:
        wrong += row(trial, "a small disk, a read-only one", small[3], *small[:3])
    limits = list(range(3, 3 + min(failures, 16)))
    wrong += row(trial, "ulimit -n", limits[-1], *try_limits(trial, resource.RLIMIT_NOFILE, limits))
    return wrong


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    program, files = map(os.path.abspath, sys.argv[1:3])
    failures = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    work = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-disk-"))
    wrong = 0
    try:
        pristine = trials_of.graded_exam(program, work, pathlib.Path(files).with_name("fault_clock.so"))
        every = trials_of.trials(program)
        print("| command | calls | there are | tried | failed |", " | ".join(FOUND), "|")
        print("|---|---|---|---|---|" + "---|" * len(FOUND))
        for name in sys.argv[5:] or every:
            every[name].prepare(pristine, work)
            wrong += try_command(every[name], files, failures, seed)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
