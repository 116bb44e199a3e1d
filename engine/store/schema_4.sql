-- From schema 3 to 4: how items add up, and points that people give.

-- ---- definition ----

-- An exam has more files: versions.csv, points.csv.
CREATE TABLE exam_files_4 (
    version INTEGER NOT NULL REFERENCES exam_versions (version),
    kind TEXT NOT NULL CHECK (kind IN ('exam', 'form', 'key', 'roster', 'points', 'versions')),
    position INTEGER NOT NULL,           -- among its kind, from 0
    name TEXT NOT NULL,                  -- of the file, without its folder
    form_id INTEGER REFERENCES forms (id),
    scans TEXT,                          -- glob of the scans a form is for; NULL: any
    hash TEXT NOT NULL REFERENCES texts (hash),
    PRIMARY KEY (version, kind, position)
) STRICT, WITHOUT ROWID;
INSERT INTO exam_files_4 (version, kind, position, name, form_id, scans, hash)
SELECT version, kind, position, name, form_id, scans, hash FROM exam_files;
DROP TABLE exam_files;
ALTER TABLE exam_files_4 RENAME TO exam_files;

-- ---- what scoring derives ----

CREATE TABLE sections (
    position INTEGER PRIMARY KEY,        -- in the order in which the key speaks of them, from 1
    section TEXT NOT NULL UNIQUE,
    max_num INTEGER NOT NULL,            -- exact: max_num / max_den; weighted and rounded
    max_den INTEGER NOT NULL CHECK (max_den > 0),
    max REAL GENERATED ALWAYS AS (max_num * 1.0 / max_den) VIRTUAL
) STRICT;

-- What a section brings into the total: chosen, weighted, lifted to its floor, rounded.
CREATE TABLE section_scores (
    sheet_id INTEGER NOT NULL REFERENCES sheets (id) ON DELETE CASCADE,
    section INTEGER NOT NULL REFERENCES sections (position),
    points_num INTEGER NOT NULL,         -- exact: points_num / points_den; pending: so far
    points_den INTEGER NOT NULL CHECK (points_den > 0),
    pending INTEGER NOT NULL,            -- 1: an item of it waits for a person
    points REAL GENERATED ALWAYS AS (points_num * 1.0 / points_den) VIRTUAL,
    PRIMARY KEY (sheet_id, section)
) STRICT, WITHOUT ROWID;
