DROP TRIGGER outbox_payload_frozen;

CREATE TABLE payload (
  seq INTEGER NOT NULL PRIMARY KEY REFERENCES outbox (seq) ON DELETE CASCADE,
  content TEXT NOT NULL
) STRICT;
INSERT INTO payload SELECT seq, payload FROM outbox;
ALTER TABLE outbox DROP COLUMN payload;

CREATE TRIGGER outbox_item_frozen BEFORE UPDATE OF id, patient_id, contact_id, sha256, queued_at ON outbox
BEGIN SELECT RAISE(ABORT, 'a signed payload is never changed'); END;
CREATE TRIGGER payload_frozen BEFORE UPDATE ON payload
BEGIN SELECT RAISE(ABORT, 'a signed payload is never changed'); END;
CREATE TRIGGER payload_goes_with_its_item BEFORE DELETE ON payload
WHEN EXISTS (SELECT 1 FROM outbox WHERE seq = old.seq)
BEGIN SELECT RAISE(ABORT, 'a payload stays as long as its item'); END;
