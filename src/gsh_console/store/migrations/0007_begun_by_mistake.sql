ALTER TABLE contact ADD COLUMN mistaken_at TEXT;
DROP INDEX contact_open;
CREATE INDEX contact_open ON contact (opened_at) WHERE signed_at IS NULL AND mistaken_at IS NULL;
