-- From schema 2 to 3: what people decide.

-- Whose reading the exception is of, so that a decision settles it; NULL: of no field.
ALTER TABLE exceptions ADD COLUMN field_id INTEGER;

-- Exceptions told before name their field in quotes, as the first thing they quote.
UPDATE exceptions SET field_id = named.field
FROM (SELECT e.id AS exception, f.id AS field,
             ROW_NUMBER() OVER (PARTITION BY e.id ORDER BY instr(e.detail, '''' || f.name || ''''),
                                                           f.position) AS nth
      FROM exceptions e
      JOIN pages p ON p.id = e.page_id
      JOIN fields f ON f.form_id = p.form_id AND f.page = p.form_page
      WHERE e.derived = 0 AND e.kind IN ('uncertain_reading', 'multiple_marks')
            AND instr(e.detail, '''' || f.name || '''') > 0) AS named
WHERE exceptions.id = named.exception AND named.nth = 1;

-- Where two people must enter the same value before it counts: what has been entered so far. A
-- reading that was settled has none.
CREATE TABLE entries (
    page_id INTEGER NOT NULL,
    field_id INTEGER NOT NULL,
    person TEXT NOT NULL COLLATE NOCASE,
    value TEXT NOT NULL,                 -- '' blank
    status TEXT NOT NULL CHECK (status IN ('ok', 'blank', 'multiple')),
    time TEXT NOT NULL,                  -- UTC, ISO 8601
    PRIMARY KEY (page_id, field_id, person),
    FOREIGN KEY (page_id, field_id) REFERENCES readings (page_id, field_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
