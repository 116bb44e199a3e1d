-- The results database, schema 1; schema_2.sql and those after it add to it, and a new database runs
-- through all of them. docs/schema.md says it in prose; change both together, add a step to the
-- migrations of store.c and raise STORE_SCHEMA_VERSION.
--
-- Three layers, each made from the one before it and never changed by it:
--   the exam's definition   texts, exam_versions, exam_files, forms, fields, key_items, roster
--   what was seen           scans, duplicates, pages, readings, crops, exceptions (derived = 0)
--   what scoring derives    sheets, sheet_pages, scores, items, item_scores, item_options, test,
--                           exceptions (derived = 1)
-- and beside them the audit chain.

-- ---- definition ----

CREATE TABLE texts (
    hash TEXT PRIMARY KEY,               -- SHA-256 of text, hexadecimal
    text TEXT NOT NULL
) STRICT;

CREATE TABLE exam_versions (
    version INTEGER PRIMARY KEY,         -- the largest is the one in force
    time TEXT NOT NULL,                  -- UTC, ISO 8601
    user TEXT NOT NULL,
    title TEXT NOT NULL,
    subject TEXT NOT NULL,
    date TEXT NOT NULL,
    min_confidence REAL NOT NULL,        -- 0 to 1
    keep_all_crops INTEGER NOT NULL      -- 0 or 1
) STRICT;

CREATE TABLE forms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    position INTEGER,                    -- in the exam, from 0; NULL: no longer part of it
    candidate_field INTEGER REFERENCES fields (id) -- names the candidate
) STRICT;

-- Ids grow with position within a form: readings sorted by field_id are in form order.
CREATE TABLE fields (
    id INTEGER PRIMARY KEY,
    form_id INTEGER NOT NULL REFERENCES forms (id),
    position INTEGER NOT NULL,           -- in the form, from 0
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                  -- choice, grid, digits, letters, text, barcode, region
    page INTEGER NOT NULL,               -- of the form, from 1
    options TEXT NOT NULL,               -- JSON array of names
    max_marks INTEGER NOT NULL,
    columns INTEGER NOT NULL,            -- grid: characters
    UNIQUE (form_id, position),
    UNIQUE (form_id, name)
) STRICT;

CREATE TABLE exam_files (
    version INTEGER NOT NULL REFERENCES exam_versions (version),
    kind TEXT NOT NULL CHECK (kind IN ('exam', 'form', 'key', 'roster')),
    position INTEGER NOT NULL,           -- among its kind, from 0
    name TEXT NOT NULL,                  -- of the file, without its folder
    form_id INTEGER REFERENCES forms (id),
    scans TEXT,                          -- glob of the scans a form is for; NULL: any
    hash TEXT NOT NULL REFERENCES texts (hash),
    PRIMARY KEY (version, kind, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_items (
    position INTEGER PRIMARY KEY,        -- in the key, from 1
    item TEXT NOT NULL UNIQUE,           -- = fields.name
    accepted TEXT NOT NULL,              -- accepted answers joined by '|'
    rule TEXT NOT NULL,
    section TEXT NOT NULL,               -- '' none
    points_num INTEGER NOT NULL,         -- exact: points_num / points_den
    points_den INTEGER NOT NULL CHECK (points_den > 0),
    points REAL GENERATED ALWAYS AS (points_num * 1.0 / points_den) VIRTUAL
) STRICT;

CREATE TABLE roster (
    candidate TEXT PRIMARY KEY,
    position INTEGER NOT NULL,           -- in the roster file, from 1
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    school TEXT NOT NULL,
    room TEXT NOT NULL,
    seat TEXT NOT NULL
) STRICT;

-- ---- what was seen ----

-- A list of values to be IN is a table that SQLite makes anew for every statement: where rows come
-- by the thousand the values are compared one by one.

CREATE TABLE scans (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,                  -- as given; a ZIP member as archive.zip/member
    hash TEXT NOT NULL UNIQUE,           -- SHA-256 of its bytes, hexadecimal
    bytes INTEGER NOT NULL,
    problem TEXT,                        -- why it is no scan at all; NULL: it is one
    pages INTEGER NOT NULL,              -- how many it has
    batch TEXT NOT NULL,                 -- '' none
    time TEXT NOT NULL                   -- stored at, UTC, ISO 8601
) STRICT;
CREATE UNIQUE INDEX scans_by_path ON scans (path, hash);

CREATE TABLE duplicates (
    scan_id INTEGER NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
    path TEXT NOT NULL,                  -- where the same bytes came again
    detail TEXT NOT NULL,
    PRIMARY KEY (scan_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    scan_id INTEGER NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,             -- in the scan, from 1
    verdict TEXT NOT NULL CHECK (verdict = 'read' OR verdict = 'unreadable' OR
                                 verdict = 'no_registration' OR verdict = 'unknown_form'),
    form_id INTEGER REFERENCES forms (id), -- NULL: none fits
    form_page INTEGER,                   -- from 1; NULL: none fits
    serial TEXT NOT NULL,                -- the sheet's, from the page's identity; '' none
    width INTEGER NOT NULL,              -- px as decoded
    height INTEGER NOT NULL,
    transform TEXT,                      -- JSON array of 9: mm -> px, row-major homography
    residual REAL,                       -- mm; NULL where nothing was registered
    fit REAL,                            -- 0 to 1: printed outlines found where the form has them
    dpi REAL,
    skew REAL,                           -- degrees clockwise
    contrast REAL,                       -- 0 to 1: (paper - ink) / 255
    paper REAL,                          -- grey, 0 to 255
    sharpness REAL,                      -- 10-90 % rise of printed edges, mm
    cpu_ms REAL NOT NULL,                -- thread CPU time spent on it, milliseconds
    UNIQUE (scan_id, number)
) STRICT;

CREATE TABLE readings (
    page_id INTEGER NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    field_id INTEGER NOT NULL REFERENCES fields (id),
    value TEXT NOT NULL,                 -- '' blank
    status TEXT NOT NULL CHECK (status = 'ok' OR status = 'blank' OR status = 'multiple' OR
                                      status = 'uncertain' OR status = 'unread'),
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    source TEXT NOT NULL DEFAULT 'machine' CHECK (source = 'machine' OR source = 'review'),
    evidence TEXT,                       -- JSON; NULL none
    PRIMARY KEY (page_id, field_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE crops (
    page_id INTEGER NOT NULL,
    field_id INTEGER NOT NULL,
    width INTEGER NOT NULL,              -- px
    height INTEGER NOT NULL,
    pixels BLOB NOT NULL,                -- width * height bytes of grey, deflated (zlib)
    PRIMARY KEY (page_id, field_id),
    FOREIGN KEY (page_id, field_id) REFERENCES readings (page_id, field_id) ON DELETE CASCADE
) STRICT;

CREATE TABLE exceptions (
    id INTEGER PRIMARY KEY,
    scan_id INTEGER REFERENCES scans (id) ON DELETE CASCADE, -- NULL: of no scan
    page_id INTEGER REFERENCES pages (id) ON DELETE CASCADE, -- NULL: of the scan as a whole
    candidate TEXT NOT NULL,             -- '' unknown, or the page's
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    derived INTEGER NOT NULL             -- 1: found by scoring, replaced by the next; 0: by reading
) STRICT;
CREATE INDEX exceptions_by_scan ON exceptions (scan_id);
CREATE INDEX exceptions_by_page ON exceptions (page_id);

-- ---- what scoring derives ----

CREATE TABLE sheets (
    id INTEGER PRIMARY KEY,              -- all pages of one candidate
    candidate TEXT NOT NULL              -- '' where unread
) STRICT;
CREATE INDEX sheets_by_candidate ON sheets (candidate);

CREATE TABLE sheet_pages (
    page_id INTEGER PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    sheet_id INTEGER NOT NULL REFERENCES sheets (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sheet_pages_by_sheet ON sheet_pages (sheet_id);

-- The items of the key that the scores were made with, and their statistics; NULL: undefined.
CREATE TABLE items (
    position INTEGER PRIMARY KEY,        -- in the key, from 1
    item TEXT NOT NULL UNIQUE,
    section TEXT NOT NULL,
    n INTEGER,                           -- candidates counted
    max REAL,                            -- points
    mean REAL,                           -- points
    difficulty REAL,                     -- mean / max
    d27 REAL,                            -- top 27 % - bottom 27 %, as difficulty
    rpb REAL,                            -- correlation with the total
    rpb_rest REAL,                       -- with the total less the item
    alpha_without REAL,
    omitted INTEGER,
    multiple INTEGER
) STRICT;

CREATE TABLE item_options (
    item INTEGER NOT NULL REFERENCES items (position),
    position INTEGER NOT NULL,           -- from 0
    option TEXT NOT NULL,
    count INTEGER NOT NULL,
    share REAL,                          -- 0 to 1
    rpb REAL,                            -- with the total less the item
    PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE scores (
    sheet_id INTEGER PRIMARY KEY REFERENCES sheets (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status = 'scored' OR status = 'pending' OR status = 'absent' OR
                                      status = 'void'),
    total_num INTEGER NOT NULL,          -- exact: total_num / total_den; pending: so far
    total_den INTEGER NOT NULL CHECK (total_den > 0),
    max_num INTEGER NOT NULL,
    max_den INTEGER NOT NULL CHECK (max_den > 0),
    total REAL GENERATED ALWAYS AS (total_num * 1.0 / total_den) VIRTUAL,
    max REAL GENERATED ALWAYS AS (max_num * 1.0 / max_den) VIRTUAL
) STRICT;

CREATE TABLE item_scores (
    sheet_id INTEGER NOT NULL REFERENCES sheets (id) ON DELETE CASCADE,
    item INTEGER NOT NULL REFERENCES items (position),
    points_num INTEGER NOT NULL,         -- exact: points_num / points_den
    points_den INTEGER NOT NULL CHECK (points_den > 0),
    pending INTEGER NOT NULL,            -- 1: waits for a person, points are 0
    counts INTEGER NOT NULL,             -- 0: dropped from total and maximum
    points REAL GENERATED ALWAYS AS (points_num * 1.0 / points_den) VIRTUAL,
    PRIMARY KEY (sheet_id, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE test (
    id INTEGER PRIMARY KEY CHECK (id = 1), -- one row
    n INTEGER NOT NULL,
    mean REAL, sd REAL, alpha REAL, sem REAL, min REAL, max REAL, median REAL
) STRICT;

-- ---- audit: a chain, only ever added to ----

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- from 1 without gaps
    time TEXT NOT NULL,                  -- UTC, ISO 8601
    user TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,              -- hash of the row before; 64 zeros for the first
    hash TEXT NOT NULL                   -- SHA-256 of the row (docs/schema.md), hexadecimal
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit chain is never changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit chain is never cut'); END;

-- ---- views for people ----

-- A page's candidate: its sheet's, else what its candidate field reads for certain.
CREATE VIEW v_pages AS
SELECT p.id AS page_id, s.path AS scan, s.hash AS scan_hash, p.number AS page,
       COALESCE(sh.candidate,
                (SELECT r.value FROM readings r WHERE r.page_id = p.id
                                                  AND r.field_id = f.candidate_field
                                                  AND r.status = 'ok'),
                '') AS candidate,
       f.name AS form, p.form_page AS form_page, p.verdict AS verdict, p.serial AS serial,
       p.residual AS residual, p.fit AS fit, p.dpi AS dpi, p.skew AS skew, s.batch AS batch
FROM scans s
JOIN pages p ON p.scan_id = s.id
LEFT JOIN forms f ON f.id = p.form_id
LEFT JOIN sheet_pages sp ON sp.page_id = p.id
LEFT JOIN sheets sh ON sh.id = sp.sheet_id;

-- Total is NULL unless the status is 'scored': nobody takes a part for the whole.
CREATE VIEW v_scores AS
SELECT sh.candidate AS candidate, COALESCE(r.name, '') AS name, COALESCE(r.class, '') AS class,
       COALESCE(r.school, '') AS school, CASE sc.status WHEN 'scored' THEN sc.total END AS total,
       sc.max AS max, sc.status AS status
FROM scores sc
JOIN sheets sh ON sh.id = sc.sheet_id
LEFT JOIN roster r ON r.candidate = sh.candidate;

-- Points are NULL while the item waits for a person.
CREATE VIEW v_answers AS
SELECT sh.candidate AS candidate, i.item AS item, r.value AS value, r.status AS status,
       CASE x.pending WHEN 0 THEN x.points END AS points, i.section AS section,
       r.confidence AS confidence, s.path AS scan, p.number AS page
FROM sheets sh
JOIN sheet_pages sp ON sp.sheet_id = sh.id
JOIN pages p ON p.id = sp.page_id
JOIN scans s ON s.id = p.scan_id
JOIN readings r ON r.page_id = p.id
JOIN fields f ON f.id = r.field_id
JOIN items i ON i.item = f.name
LEFT JOIN item_scores x ON x.sheet_id = sh.id AND x.item = i.position;

CREATE VIEW v_items AS
SELECT i.item AS item, i.section AS section, k.accepted AS accepted, i.n AS n, i.max AS max,
       i.mean AS mean, i.difficulty AS difficulty, i.d27 AS d27, i.rpb AS rpb,
       i.rpb_rest AS rpb_rest, i.alpha_without AS alpha_without, i.omitted AS omitted,
       i.multiple AS multiple
FROM items i
LEFT JOIN key_items k ON k.item = i.item
ORDER BY i.position;

-- What a person must look at.
CREATE VIEW v_review AS
SELECT v.scan AS scan, v.page AS page, v.candidate AS candidate, f.name AS field,
       r.value AS value, r.status AS status, r.confidence AS confidence
FROM readings r
JOIN fields f ON f.id = r.field_id
JOIN v_pages v ON v.page_id = r.page_id
WHERE r.status = 'uncertain';

CREATE VIEW v_class_means AS
SELECT school, class, COUNT(*) AS n, AVG(total) AS mean, MIN(total) AS lowest,
       MAX(total) AS highest
FROM v_scores
WHERE status = 'scored'
GROUP BY school, class
ORDER BY school, class;
