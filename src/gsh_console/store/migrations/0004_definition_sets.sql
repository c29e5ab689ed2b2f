CREATE TABLE definition_set (
  sha256 TEXT NOT NULL PRIMARY KEY,
  archive BLOB NOT NULL,
  kept_at TEXT NOT NULL
) STRICT;
CREATE TRIGGER definition_set_never_changed BEFORE UPDATE ON definition_set
BEGIN SELECT RAISE(ABORT, 'a kept set of definitions is never changed'); END;
CREATE TRIGGER definition_set_never_deleted BEFORE DELETE ON definition_set
BEGIN SELECT RAISE(ABORT, 'a kept set of definitions is never deleted'); END;

ALTER TABLE contact ADD COLUMN end_code TEXT;
