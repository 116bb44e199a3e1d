-- From schema 1 to 2: scan health.

-- ---- what was seen ----

-- How the scanner did; no row for pages read by a yuejuan that did not look.
CREATE TABLE page_health (
    page_id INTEGER PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    dpi REAL NOT NULL,                   -- that the millimetres of the scan are counted by
    side TEXT NOT NULL CHECK (side = 'printed' OR side = 'blank' OR side = 'show_through'),
    paper REAL NOT NULL,                 -- grey, 0 to 255
    clipped REAL NOT NULL,               -- share of the paper that is pure white, 0 to 1
    bitonal INTEGER NOT NULL,            -- 1: black and white, paper and clipped say nothing
    rise REAL,                           -- mm that edges take from 10 to 90 %; NULL: too few
    corner TEXT,                         -- top-left ...: missing or folded over; NULL: none is
    corner_mm REAL,                      -- how far along the paper's edges
    corner_touches TEXT,                 -- fields under it, with spaces between
    fingerprint BLOB                     -- how dark the bubbles are, 96 cells; NULL: none
) STRICT;

-- Thin straight lines over the whole paper that no form prints: dirt on the glass, creases.
CREATE TABLE page_lines (
    page_id INTEGER NOT NULL REFERENCES page_health (page_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,           -- from 0, the clearest first
    across INTEGER NOT NULL,             -- 1: along the image's rows; 0: along its columns
    light INTEGER NOT NULL,              -- 1: lighter than the paper; 0: darker
    at REAL NOT NULL,                    -- mm of the scan, from its left (across: top) edge
    lean REAL NOT NULL,                  -- mm to the right (down), from one end to the other
    depth REAL NOT NULL,                 -- grey levels
    form_axis TEXT,                      -- x or y: what form_at counts along; NULL: no form
    form_at REAL,                        -- mm of the form
    touches TEXT NOT NULL,               -- fields whose bubbles it crosses, with spaces between
    PRIMARY KEY (page_id, position)
) STRICT, WITHOUT ROWID;

-- ---- what a batch shows: made anew from what was seen at the end of every grade ----

CREATE TABLE alarms (
    id INTEGER PRIMARY KEY,              -- in the order in which they begin
    kind TEXT NOT NULL,                  -- docs/scan-health.md
    run INTEGER NOT NULL,                -- 1: of a run of pages, for the office; 0: of one page
    first_page INTEGER NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    last_page INTEGER NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    pages INTEGER NOT NULL,              -- that show it
    place REAL,                          -- mm of the scan; NULL: none
    detail TEXT NOT NULL                 -- what was seen, and what to do
) STRICT;
