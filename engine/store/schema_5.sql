-- From schema 4 to 5: what is counted of the scores beyond the items' own figures. All of it is derived:
-- each scoring clears it and writes it anew. NULL: the figure has no meaning, or was not asked for.

CREATE TABLE test_figures (
    position INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,           -- docs/schema.md
    value REAL,
    note TEXT NOT NULL                   -- a word where the figure is one ("rasch"), or why it is none
) STRICT;

-- Where each scored candidate stands.
CREATE TABLE standings (
    candidate TEXT PRIMARY KEY,
    rank INTEGER NOT NULL,               -- 1 the best; equal totals share it
    percentile REAL, z REAL, t REAL,
    scaled REAL,                         -- on the exam's scale
    label TEXT NOT NULL,                 -- its band or level; '' none
    ability REAL, ability_error REAL,    -- by the model
    exam_error REAL                      -- standard error of the total, points
) STRICT, WITHOUT ROWID;

CREATE TABLE item_models (
    item TEXT PRIMARY KEY,
    a REAL, b REAL, c REAL,              -- discrimination, difficulty, guessing
    a_error REAL, b_error REAL, c_error REAL,
    infit REAL, outfit REAL
) STRICT, WITHOUT ROWID;

-- Share of each fifth of the candidates by total, the lowest first, that marked an option; option '':
-- the item's mean over its maximum.
CREATE TABLE item_fifths (
    position INTEGER NOT NULL,           -- of the item in the key, from 1
    item TEXT NOT NULL,
    place INTEGER NOT NULL,              -- 0: the item; else of the option, from 1
    option TEXT NOT NULL,
    fifth_1 REAL, fifth_2 REAL, fifth_3 REAL, fifth_4 REAL, fifth_5 REAL,
    PRIMARY KEY (position, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_figures (
    position INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                  -- class, school, room, batch
    school TEXT NOT NULL,                -- of a class
    name TEXT NOT NULL,
    n INTEGER NOT NULL, absent INTEGER NOT NULL, pending INTEGER NOT NULL,
    mean REAL, sd REAL, min REAL, median REAL, max REAL,
    above_mean REAL, pass REAL, distinction REAL, -- shares
    difference REAL, difference_low REAL, difference_high REAL -- from all, with its 95 % interval
) STRICT;

CREATE TABLE item_dif (
    position INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    kind TEXT NOT NULL,                  -- class, school, room
    reference TEXT NOT NULL, focal TEXT NOT NULL,
    alpha_mh REAL, delta REAL, chi2 REAL, p REAL, p_logistic REAL,
    ets TEXT NOT NULL                    -- A, B, C
) STRICT;

CREATE TABLE pairs (
    position INTEGER PRIMARY KEY,
    candidate TEXT NOT NULL, other TEXT NOT NULL,
    room TEXT NOT NULL,
    same_right INTEGER NOT NULL, same_wrong INTEGER NOT NULL, differ INTEGER NOT NULL,
    omega REAL, gbt REAL, k_index REAL, harpp_hogan REAL,
    p REAL, p_family REAL
) STRICT;

CREATE TABLE findings (
    position INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                  -- docs/scoring.md
    grave INTEGER NOT NULL,              -- 1: may change scores
    subject TEXT NOT NULL,               -- item, candidate or group
    figure REAL,
    detail TEXT NOT NULL                 -- in plain words
) STRICT;

-- ---- audit: whose score changed by what, only ever added to ----

CREATE TABLE score_changes (
    seq INTEGER NOT NULL REFERENCES audit (seq), -- whose detail ends with the hash of its rows here
    position INTEGER NOT NULL,           -- from 1
    candidate TEXT NOT NULL,
    before TEXT NOT NULL,                -- total, or status where there was none; '' no such score
    after TEXT NOT NULL,
    PRIMARY KEY (seq, position)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER score_changes_no_update BEFORE UPDATE ON score_changes
BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER score_changes_no_delete BEFORE DELETE ON score_changes
BEGIN SELECT RAISE(ABORT, 'the audit is never cut'); END;
