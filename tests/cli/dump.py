"""A results database as text: everything that the same scans must give again, whatever happened
while they were read. Left out are the clock, the user, the time that pages took, the audit with the
changes of scores it tells of (both follow the runs), and the numbers of rows that are made anew with
every scoring."""
import contextlib
import sqlite3

PASSING = {"time", "user", "cpu_ms"}
NUMBERED_ANEW = {"exceptions": {"id"}, "alarms": {"id"}}


def tables_of(db):
    """Not the seals either: they are of what is left out, too."""
    return [name for (name,) in db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND name NOT IN ('audit', 'score_changes', 'seals') ORDER BY name")]


def dump(path):
    """Table -> sorted rows."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        text = {}
        for table in tables_of(db):
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")
                       if row[1] not in PASSING | NUMBERED_ANEW.get(table, set())]
            quoted = ", ".join(f'"{column}"' for column in columns)
            text[table] = sorted(map(repr, db.execute(f"SELECT {quoted} FROM {table}")))
        return text


def is_whole(path):
    """What SQLite itself says of the file."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
