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

-- A row a sheet, not a row an answer: a hundred times fewer to write at every scoring. People and
-- programs read the view item_scores, which has the columns of the table of before.
CREATE TABLE sheet_items (
    sheet_id INTEGER PRIMARY KEY REFERENCES sheets (id) ON DELETE CASCADE,
    points TEXT NOT NULL                 -- JSON array in key order: a whole number of points, a
                                         -- fraction as text "1/3", null where the item waits for
                                         -- a person, false where it is dropped
) STRICT;
INSERT INTO sheet_items (sheet_id, points)
SELECT sheet_id, '[' || group_concat(CASE WHEN counts = 0 THEN 'false' WHEN pending THEN 'null'
                                          WHEN points_den = 1 THEN points_num
                                          ELSE '"' || points_num || '/' || points_den || '"' END)
                 || ']'
FROM (SELECT * FROM item_scores ORDER BY sheet_id, item) GROUP BY sheet_id;
DROP TABLE item_scores;
-- No function of JSON but json_each: others are refused in views of a schema that is not trusted.
CREATE VIEW item_scores AS
SELECT sheet_id, item, points_num, points_den, pending, counts,
       points_num * 1.0 / points_den AS points
FROM (SELECT s.sheet_id AS sheet_id, j.key + 1 AS item,
             CASE j.type WHEN 'integer' THEN j.value
                         WHEN 'text' THEN CAST(substr(j.value, 1, instr(j.value, '/') - 1)
                                               AS INTEGER)
                         ELSE 0 END AS points_num,
             CASE j.type WHEN 'text' THEN CAST(substr(j.value, instr(j.value, '/') + 1)
                                               AS INTEGER)
                         ELSE 1 END AS points_den,
             j.type = 'null' AS pending, j.type <> 'false' AS counts
      FROM sheet_items s, json_each(s.points) j);

-- ---- what was seen, packed for scoring ----

-- A page's readings as scoring needs them, made at the first scoring after they changed; the
-- triggers see to it that none outlives its readings. verify looks at the readings themselves.
CREATE TABLE page_answers (
    page_id INTEGER PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    answers BLOB NOT NULL                -- docs/schema.md
) STRICT;
CREATE TRIGGER readings_added AFTER INSERT ON readings
BEGIN DELETE FROM page_answers WHERE page_id = new.page_id; END;
CREATE TRIGGER readings_changed AFTER UPDATE ON readings
BEGIN DELETE FROM page_answers WHERE page_id IN (old.page_id, new.page_id); END;
CREATE TRIGGER readings_gone AFTER DELETE ON readings
BEGIN DELETE FROM page_answers WHERE page_id = old.page_id; END;
