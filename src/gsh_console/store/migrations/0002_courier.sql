DROP TRIGGER outbox_payload_frozen;
DROP TRIGGER outbox_never_deleted;

CREATE TABLE outbox_with_lanes (
  seq INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  contact_id TEXT NOT NULL REFERENCES contact (id),
  what TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'refused', 'training')),
  attempts INTEGER NOT NULL,
  queued_at TEXT NOT NULL,
  sent_at TEXT,
  last_error TEXT NOT NULL,
  goes_first INTEGER NOT NULL,
  head INTEGER NOT NULL,
  next_at TEXT NOT NULL,
  progress TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;
INSERT INTO outbox_with_lanes
  SELECT seq, id, patient_id, contact_id, what, sha256, state, attempts, queued_at, sent_at, last_error, 0,
    NOT EXISTS (SELECT 1 FROM outbox earlier WHERE earlier.patient_id = outbox.patient_id
      AND earlier.seq < outbox.seq AND earlier.state IN ('waiting', 'refused')), '', '', payload
  FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_with_lanes RENAME TO outbox;

CREATE INDEX outbox_due ON outbox (goes_first, next_at, seq) WHERE head = 1 AND state = 'waiting';
CREATE INDEX outbox_sending ON outbox (seq) WHERE state = 'sending';
CREATE INDEX outbox_unsent ON outbox (seq, state) WHERE state <> 'sent';
CREATE INDEX outbox_lane ON outbox (patient_id, seq) WHERE state IN ('waiting', 'sending', 'refused');
CREATE TRIGGER outbox_payload_frozen BEFORE UPDATE OF id, patient_id, contact_id, payload, sha256, queued_at ON outbox
BEGIN SELECT RAISE(ABORT, 'a signed payload is never changed'); END;
CREATE TRIGGER outbox_never_deleted BEFORE DELETE ON outbox WHEN old.state <> 'sent'
BEGIN SELECT RAISE(ABORT, 'an unsent item is never deleted'); END;
CREATE TRIGGER outbox_joins_its_lane AFTER INSERT ON outbox
BEGIN
  UPDATE outbox SET head = 0 WHERE seq = new.seq AND EXISTS (
    SELECT 1 FROM outbox earlier WHERE earlier.patient_id = new.patient_id AND earlier.seq < new.seq
      AND earlier.state IN ('waiting', 'sending', 'refused'));
  UPDATE outbox SET goes_first = 1 WHERE new.goes_first = 1 AND patient_id = new.patient_id
    AND state IN ('waiting', 'sending', 'refused');
END;
CREATE TRIGGER outbox_lane_moves_on AFTER UPDATE OF state ON outbox WHEN new.state = 'sent' AND old.state <> 'sent'
BEGIN
  UPDATE outbox SET head = 1 WHERE seq = (
    SELECT min(seq) FROM outbox WHERE patient_id = new.patient_id AND state IN ('waiting', 'sending', 'refused'));
END;

CREATE TABLE remote (
  kind TEXT NOT NULL,
  local_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  version TEXT NOT NULL,
  content TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  PRIMARY KEY (kind, local_id)
) STRICT;
CREATE UNIQUE INDEX remote_by_reference ON remote (reference);

CREATE TABLE proposal (
  id TEXT NOT NULL PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  field TEXT NOT NULL,
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  made_at TEXT NOT NULL,
  settled_at TEXT
) STRICT;
CREATE INDEX proposal_open ON proposal (patient_id) WHERE settled_at IS NULL;

CREATE TABLE task (
  id TEXT NOT NULL PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  what TEXT NOT NULL,
  status TEXT NOT NULL,
  due TEXT,
  authored_at TEXT
) STRICT;
CREATE INDEX task_of_patient ON task (patient_id);

CREATE TABLE tombstone (
  patient_id TEXT NOT NULL PRIMARY KEY,
  left_at TEXT NOT NULL,
  purged_at TEXT,
  contacts INTEGER NOT NULL,
  records INTEGER NOT NULL
) STRICT;

CREATE TABLE journal_gap (
  first_seq INTEGER NOT NULL PRIMARY KEY,
  last_seq INTEGER NOT NULL,
  mac BLOB NOT NULL,
  seal BLOB NOT NULL
) STRICT;
DROP TRIGGER journal_never_shortened;
CREATE TRIGGER journal_never_shortened BEFORE DELETE ON journal
WHEN NOT EXISTS (SELECT 1 FROM journal_gap WHERE old.seq BETWEEN first_seq AND last_seq)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
DROP TRIGGER note_never_deleted;
CREATE TRIGGER note_never_deleted BEFORE DELETE ON note
WHEN NOT EXISTS (SELECT 1 FROM tombstone JOIN contact ON contact.patient_id = tombstone.patient_id
  WHERE contact.id = old.contact_id AND tombstone.purged_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'a signed note is never deleted'); END;
