-- From schema 5 to 6: what every table holds, so that verify finds a value that yuejuan did not write.

CREATE TABLE seals (
    name TEXT PRIMARY KEY,               -- of the table; 'sqlite_schema': how all tables are made
    n INTEGER NOT NULL,                  -- rows
    sum TEXT NOT NULL                    -- of their hashes (docs/schema.md), hexadecimal
) STRICT, WITHOUT ROWID;
