#!/usr/bin/env python3
"""The power fails at any instant of `grade` and of `watch`: what the disk may then hold, and what the
same command makes of it.

usage: power_cut.py YUEJUAN RECORD [CUTS] [SEED] [COMMAND]
       RECORD is fault_record.so; CUTS of each command, default 300; COMMAND: grade, watch, watch-disks

record.c writes down one undisturbed run. Of its events up to a random one the disk is made up again:
everything that an fsync had made sure of, and of the rest, by chance, all, nothing, a beginning, or any
part of it in pieces of any length. So for names: either in the order of a journal, or each by itself.
A file of shared memory (-shm) holds rubbish. Then is asked:

    broken       the database is not whole by SQLite's own check
    lost         a scan that is neither where it came, nor in the database
    bytes lost   a scan of `watch` whose bytes are nowhere
    unfinished   the same command does not end as the undisturbed run did
    other        it leaves another database, row for row (tests/cli/dump.py), or other files
    unverified   `yuejuan verify` finds something

`watch-disks` has its done/ on another file system (skipped where /dev/shm is none)."""
import collections
import contextlib
import hashlib
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.fspath(pathlib.Path(__file__).parent.parent / "cli"))
import sheets  # noqa: E402
from dump import dump, is_whole  # noqa: E402

FOUND = ("broken", "lost", "bytes lost", "unfinished", "other", "unverified")
SECTOR = 512


# ---- what was recorded ----

class File:
    """What was done to one file: bytes it had before, and writes and sizes since."""

    def __init__(self, data=b""):
        self.data, self.done, self.sure = data, [], 0

    def content(self, chance):
        data = bytearray(self.data)
        for one in self.done[:self.sure]:
            apply(data, one)
        for one in survivors(self.done[self.sure:], chance):
            apply(data, one)
        return bytes(data)


def apply(data, one):
    at, piece = one
    if isinstance(piece, int):  # a size
        data[piece:] = bytes(max(0, piece - len(data)))
        return
    data.extend(bytes(max(0, at - len(data))))
    data[at:at + len(piece)] = piece


def torn(one, chance):
    """Pieces of a write that came through, in sectors, or cut at any byte."""
    at, piece = one
    if isinstance(piece, int):
        yield one
    elif chance.random() < .5:
        yield at, piece[:chance.randrange(len(piece) + 1)]
    else:
        for start in range(0, len(piece), SECTOR):
            if chance.random() < .5:
                yield at + start, piece[start:start + SECTOR]


def survivors(done, chance):
    """Of what no fsync made sure of."""
    how = chance.choice(("all", "none", "first", "some", "some"))
    if how in ("all", "none") or not done:
        return done if how == "all" else []
    if how == "first":
        n = chance.randrange(len(done))
        return done[:n] + list(torn(done[n], chance))
    kept = []
    for one in done:
        fate = chance.random()
        kept += [one] if fate < .4 else list(torn(one, chance)) if fate < .7 else []
    return kept


def text(field):
    return bytes.fromhex(field).decode()


class Record:
    """The events of a run that began with the files `before` (path -> inode; None: a folder) and their
    bytes `inodes`. `alias`: path of a link -> the folder it points to."""

    def __init__(self, log, before, inodes, alias):
        self.before, self.inodes, self.alias = before, inodes, alias
        self.events = [line.split(" ") for line in log.read_text().splitlines()]

    def path(self, field):
        path = text(field)
        for name, target in self.alias.items():
            if path.startswith(name + "/"):
                return target + path[len(name):]
        return path

    def after(self, cut, chance):
        """path -> bytes (None: a folder) as the disk may hold them after so many events."""
        by_inode = {inode: File(data) for inode, data in self.inodes.items()}
        names = {path: inode and by_inode[inode] for path, inode in self.before.items()}
        steps, sure = [], []
        for event in self.events[:cut]:
            self.take(event, by_inode, steps, sure)
        for step in self.surviving_names(steps, sure, chance):
            rename(names, *step)
        return {path: f and f.content(chance) for path, f in names.items()}

    def take(self, event, by_inode, steps, sure):
        kind, fields = event[0], event[1:]
        if kind == "C":
            by_inode[fields[0]] = File()
            steps.append(("C", self.path(fields[1]), by_inode[fields[0]]))
        elif kind in "TW":
            f = by_inode.setdefault(fields[0], File())
            f.done.append((0, int(fields[1])) if kind == "T"
                          else (int(fields[1]), bytes.fromhex(fields[2])))
        elif kind == "S":
            f = by_inode.setdefault(fields[0], File())
            f.sure = len(f.done)
        elif kind == "D":
            sure.append((len(steps), self.path(fields[0])))
        else:
            steps.append((kind, *map(self.path, fields)))

    def surviving_names(self, steps, sure, chance):
        safe = [is_sure(step, i, sure) for i, step in enumerate(steps)]
        if chance.random() < .5:  # a journal: nothing without what came before it
            last = max((i + 1 for i, s in enumerate(safe) if s), default=0)
            return steps[:chance.randint(last, len(steps))]
        share = chance.choice((0, .5, 1))
        return [step for i, step in enumerate(steps) if safe[i] or chance.random() < share]


def is_sure(step, number, sure):
    """Whether the folders of its names were synced after it."""
    paths = step[1:2] if step[0] in "CMU" else step[1:3]
    return all(any(after > number and os.path.dirname(path) == folder for after, folder in sure)
               for path in paths)


def rename(names, kind, path, other=None):
    if kind == "C":
        names[path] = other
    elif kind == "M":
        names.setdefault(path, None)
    elif kind == "U":
        names.pop(path, None)
    elif path in names:
        names[other] = names.pop(path)


# ---- the commands ----

class Command:
    def __init__(self, program, record, name, work, scans):
        self.program, self.record, self.name = program, record, name
        self.root = work / name
        self.exam, self.inbox = self.root / "exam", self.root / "in"
        self.db = self.exam / "results.db"
        sheets.write_exam(self.exam)
        shutil.copytree(scans, self.inbox)
        self.roots, self.alias = [self.root], {}
        if name == "watch-disks":
            self.put_done_elsewhere()
        self.line = [program, name.split("-")[0], self.exam, "--quiet"] + (
            [self.inbox, "-j", "2"] if name == "grade" else
            ["--inbox", self.inbox, "--once", "--settle", "0.01"])
        self.scans = {p: hashlib.sha256(p.read_bytes()).hexdigest()
                      for p in self.inbox.rglob("*") if p.is_file()}
        self.started_with = self.files()

    def put_done_elsewhere(self):
        other = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-power-", dir="/dev/shm"))
        (self.inbox / "done").symlink_to(other)
        self.roots.append(other)
        self.alias = {os.fspath(self.inbox / "done"): os.fspath(other)}

    def finish(self):
        for root in self.roots:
            shutil.rmtree(root, ignore_errors=True)

    def files(self):
        """path -> bytes, None for a folder; links are left as they are."""
        return {os.fspath(p): None if p.is_dir() else p.read_bytes()
                for root in self.roots for p in root.rglob("*") if not p.is_symlink()}

    def put(self, files):
        for root in self.roots:
            for path in sorted(root.rglob("*"), reverse=True):
                if not path.is_symlink() and not (path.is_dir() and any(path.iterdir())):
                    path.rmdir() if path.is_dir() else path.unlink()
        for path, data in sorted(files.items()):
            if not os.path.isdir(os.path.dirname(path)):
                continue  # its folder was lost, and it with the folder
            if data is None:
                os.makedirs(path, exist_ok=True)
            else:
                pathlib.Path(path).write_bytes(data)

    def run(self, **environment):
        return subprocess.run(
            self.line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300,
            check=False, env={**os.environ, "LC_ALL": "C.UTF-8", **environment})

    def undisturbed(self):
        """Its record, its exit status, its database, its files."""
        log = self.root.with_suffix(".log")
        before = {path: None for path, data in self.started_with.items() if data is None}
        inodes = {}
        for path, data in self.started_with.items():
            if data is not None:
                st = os.stat(path)
                before[path] = f"{st.st_dev:x}:{st.st_ino}"
                inodes[before[path]] = data
        done = self.run(LD_PRELOAD=self.record, FAULT_LOG=os.fspath(log),
                        FAULT_ROOT=":".join(map(os.fspath, self.roots)),
                        ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
        if done.returncode not in (0, 3):
            raise SystemExit(f"{self.line}: exit status {done.returncode}: {done.stderr}")
        return Record(log, before, inodes, self.alias), done.returncode, dump(self.db), self.lying()

    def lying(self):
        """Names of the scans' files, wherever they lie now."""
        return sorted(p for p, data in self.files().items()
                      if data is not None and not p.startswith(os.fspath(self.exam)))

    def may_differ(self, moved):
        """Two disks cannot change at once: a file that is in done/ already may still be in the inbox, too,
        and is then one that came again."""
        again = os.fspath(self.inbox / "duplicate") + "/"
        return not moved or (bool(self.alias) and all(path.startswith(again) for path in moved))

    def stored(self):
        """Hashes of the scans in the database, paths of those that are no scan."""
        if not self.db.exists():
            return set()
        copy = self.root.with_suffix(".db")
        for suffix in ("", "-wal"):  # opened as a copy: the run itself must mend what is there
            source = pathlib.Path(f"{self.db}{suffix}")
            target = pathlib.Path(f"{copy}{suffix}")
            target.unlink(missing_ok=True)
            if source.exists():
                shutil.copy(source, target)
        pathlib.Path(f"{copy}-shm").unlink(missing_ok=True)
        if not is_whole(copy):
            raise sqlite3.DatabaseError
        with contextlib.closing(sqlite3.connect(copy)) as db:
            if db.execute("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'scans'").fetchone()[0]:
                return {row[0] for row in db.execute(
                    "SELECT hash FROM scans UNION SELECT path FROM scans WHERE problem IS NOT NULL")}
        return set()


# ---- one cut ----

def with_rubbish(files, chance):
    return {path: chance.randbytes(len(data) or 32768) if path.endswith("-shm") else data
            for path, data in files.items()}


def faults_of(command, wanted):
    """What is wrong with what lies there now."""
    status, database, lying = wanted
    faults = set()
    try:
        stored = command.stored()
    except sqlite3.DatabaseError:
        stored = set()
        faults.add("broken")
    bytes_left = {hashlib.sha256(data).hexdigest() for data in command.files().values() if data}
    for path, digest in command.scans.items():
        there = path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest
        if not there and not stored & {digest, os.fspath(path)}:
            faults.add("lost")
            print("lost:", path, file=sys.stderr)
        if digest not in bytes_left:
            faults.add("bytes lost")
    done = command.run()
    if done.returncode not in (0, status):  # 0: what was no scan is out of the way already
        print(f"exit status {done.returncode}: {done.stderr}", file=sys.stderr)
        return faults | {"unfinished"}
    moved = set(command.lying()) ^ set(lying)
    if dump(command.db) != database or not command.may_differ(moved):
        print("files:", sorted(moved), file=sys.stderr)
        faults.add("other")
    check = subprocess.run([command.program, "verify", command.exam], capture_output=True, text=True,
                           check=False)
    if check.returncode != 0:
        print(check.stderr, file=sys.stderr)
        faults.add("unverified")
    return faults


def cut_points(events, cuts, chance):
    """The end, when the program said that it was done; then by turns any, and those just after a name
    changed, since that is where two files, or two disks, may disagree."""
    named = [i + 1 for i, event in enumerate(events) if event[0] in "CMRU"]
    return [len(events)] + [chance.choice(named) if i % 2 else chance.randrange(len(events) + 1)
                            for i in range(cuts - 1)]


def cut_power(command, cuts, seed):
    record, status, database, lying = command.undisturbed()
    found = collections.Counter()
    chance = random.Random(seed)
    for number, cut in enumerate(cut_points(record.events, cuts, chance)):
        command.put(with_rubbish(record.after(cut, chance), chance))
        faults = faults_of(command, (status, database, lying))
        if cut == len(record.events) and number == 0 and "lost" in faults:
            faults.add("other")
        for fault in faults:
            print(f"{command.name}: cut {number} after event {cut} of {len(record.events)}: {fault}",
                  file=sys.stderr)
        found.update(faults)
    syncs = sum(event[0] in "SD" for event in record.events)
    return len(record.events), syncs, found


# ---- the scans ----

def write_scans(folder):
    """Two rooms, a pile in one file, a copy, a file that is no scan."""
    for candidate in range(1, 5):
        room = folder / f"room{candidate % 2}"
        room.mkdir(parents=True, exist_ok=True)
        (room / f"{candidate:02d}.png").write_bytes(sheets.filled(candidate).png())
    (folder / "pile.tif").write_bytes(sheets.tiff([sheets.filled(c) for c in range(5, 8)]))
    (folder / "again.png").write_bytes(sheets.filled(1).png())
    (folder / "broken.png").write_bytes(b"broken")


def has_other_disk(work):
    return os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK) and \
        os.stat("/dev/shm").st_dev != os.stat(work).st_dev


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    program, record = map(os.path.abspath, sys.argv[1:3])
    cuts = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    work = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-power-"))
    wrong = 0
    try:
        write_scans(work / "scans")
        print("| command | events | of them fsync | cuts |", " | ".join(FOUND), "|")
        print("|---|---|---|---|" + "---|" * len(FOUND))
        for name in sys.argv[5:] or ("grade", "watch", "watch-disks"):
            if name == "watch-disks" and not has_other_disk(work):
                continue
            command = Command(program, record, name, work, work / "scans")
            try:
                events, syncs, found = cut_power(command, cuts, seed)
            finally:
                command.finish()
            print(f"| `{name}` | {events} | {syncs} | {cuts} |",
                  " | ".join(str(found[f]) for f in FOUND), "|", flush=True)
            wrong += sum(found.values())
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
