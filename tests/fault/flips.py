#!/usr/bin/env python3
"""`verify` must find every value of a database that yuejuan did not write, and every byte that matters.

usage: flips.py YUEJUAN [FLIPS] [SEED] [VALUES]
       FLIPS of bytes, default 1000; VALUES at most, by chance, default all

An exam is graded, looked at by people, purged and scored again. Then
- each column of each table gets another value in one row, in each table a row goes, one comes twice, and
  two change places (SQL, as somebody with a database program would do it): `verify` must fail each time;
- one byte of the file is changed, anywhere: `verify` must fail, or every row of every table must be as
  before (free pages, the room between rows, the counters of the file's head hold nothing)."""
import contextlib
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import trial as trials_of

# Made anew from the readings where it is missing; verify asks the readings themselves.
CACHES = {"page_answers"}


def verify(program, db):
    return subprocess.run([program, "verify", db], capture_output=True, check=False, timeout=120,
                          env={**os.environ, "LC_ALL": "C.UTF-8", **trials_of.SANITIZER})


def make_database(program, work):
    """A database in which every table that can have rows has some."""
    exam = trials_of.write_exam(work / "exam", 60)
    (exam / "exam.yaml").write_text(
        (exam / "exam.yaml").read_text() + "second_entry: true\n")

    def run(*arguments, fine=(0,)):
        done = subprocess.run([program, *arguments], capture_output=True, check=False)
        if done.returncode not in fine:
            raise SystemExit(f"{arguments}: {done.stderr.decode()}")
    run("grade", exam, "--quiet", fine=(3,))
    run("review", "set", exam, "p1f13", "cat", "--by", "Lin", "--why", "looked")
    run("review", "set", exam, "p2f13", "cat", "--by", "Lin", "--why", "looked")
    run("review", "set", exam, "p2f13", "cat", "--by", "Wang", "--why", "so it is")
    key = exam / "key.csv"
    key.write_text(key.read_text().replace("q1,A,2", "q1,B,2"))
    run("regrade", exam, "--models")
    run("verify", exam)
    db = work / "results.db"
    shutil.copy(exam / "results.db", db)
    return db


def all_tables(db):
    return [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]


def columns_of(db, table):
    """Those that hold something: hidden 2 and 3 are computed."""
    return [(name, kind, key) for _, name, kind, _, _, key, hidden
            in db.execute(f"PRAGMA table_xinfo({table})") if hidden == 0]


def rows(path):
    """Everything, by table; None where SQLite cannot read it."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            db.text_factory = bytes
            return {table: sorted(map(repr, db.execute(f"SELECT * FROM {table}")))
                    for table in map(bytes.decode, all_tables(db)) if table not in CACHES}
    except (sqlite3.Error, UnicodeDecodeError):
        return None


# ---- by SQL ----

def other_value(value):
    if value is None:
        return 1
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"
    return value + 1 if isinstance(value, (int, float)) else value + "x"


def changes_of(db, table, chance):
    """(what, statement, values) for each way to change a table."""
    names = columns_of(db, table)
    found = db.execute(f"SELECT * FROM {table} ORDER BY random() LIMIT 2").fetchall()
    if not found:
        return
    keys = [name for name, _, key in names if key] or ["rowid"]
    of_row = " AND ".join(f"{k} IS ?" for k in keys)
    key = db.execute(f"SELECT {', '.join(keys)} FROM {table} ORDER BY random() LIMIT 1").fetchone()
    held = db.execute(f"SELECT {', '.join(n for n, _, _ in names)} FROM {table} WHERE {of_row}",
                      key).fetchone()
    for (name, _, _), value in zip(names, held):
        changed = other_value(value)
        yield f"{table}.{name}", f"UPDATE {table} SET {name} = ? WHERE {of_row}", (changed, *key)
    yield f"a row of {table} gone", f"DELETE FROM {table} WHERE {of_row}", key


def changed_by_sql(program, db_path, work, most, chance):
    """(what was changed, what verify did not find of it, tables that hold nothing)."""
    copy, missed = work / "copy.db", []
    with contextlib.closing(sqlite3.connect(db_path)) as db:
        todo = [change for table in all_tables(db)
                if table not in CACHES and not table.startswith("sqlite_")
                for change in changes_of(db, table, chance)]
        empty = [t for t in all_tables(db) if not db.execute(f"SELECT 1 FROM {t} LIMIT 1").fetchone()]
    if len(todo) > most:
        todo = chance.sample(todo, most)
    for what, statement, values in todo:
        shutil.copy(db_path, copy)
        with contextlib.closing(sqlite3.connect(copy)) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            try:
                db.execute("PRAGMA ignore_check_constraints = ON")
                db.execute(statement, values)
            except sqlite3.IntegrityError:
                continue  # the table itself refuses it
            for _, sql in triggers:
                db.execute(sql)
            db.commit()
            db.execute("PRAGMA journal_mode = DELETE")
        if verify(program, copy).returncode == 0:
            missed.append(what)
    return [what for what, _, _ in todo], missed, empty


# ---- byte by byte ----

def changed_bytes(program, db_path, work, flips, chance):
    """How many changed something, how many of these verify did not find."""
    copy, whole = work / "copy.db", db_path.read_bytes()
    before = rows(db_path)
    harmless, missed = 0, []
    for _ in range(flips):
        at = chance.randrange(len(whole))
        byte = bytes([whole[at] ^ (1 << chance.randrange(8))])
        copy.write_bytes(whole[:at] + byte + whole[at + 1:])
        for side in ("-wal", "-shm"):
            pathlib.Path(f"{copy}{side}").unlink(missing_ok=True)
        found = verify(program, copy)
        if found.returncode < 0 or b"Sanitizer" in found.stderr:
            missed.append(f"crash at {at}: {found.stderr.decode()[-500:]}")
        elif found.returncode == 0:
            harmless += 1
            if rows(copy) != before:
                missed.append(f"byte {at}")
    return harmless, missed


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    program = os.path.abspath(sys.argv[1])
    flips = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    most = int(sys.argv[4]) if len(sys.argv) > 4 else 1 << 20
    work = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-flips-"))
    try:
        db = make_database(program, work)
        done, missed, empty = changed_by_sql(program, db, work, most, chance)
        print(f"values and rows changed by SQL: {len(done)}, not found: {len(missed)} {missed}")
        print(f"tables without a row: {', '.join(empty)}")
        harmless, not_found = changed_bytes(program, db, work, flips, chance)
        print(f"bytes changed: {flips} of {db.stat().st_size}, found {flips - harmless}, of the others "
              f"not harmless: {len(not_found)} {not_found}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if missed or not_found else 0


if __name__ == "__main__":
    sys.exit(main())
