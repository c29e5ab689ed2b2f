CREATE TABLE fact (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE practitioner (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  sds_id TEXT
) STRICT;

CREATE TABLE patient (
  id TEXT NOT NULL PRIMARY KEY,
  family_name TEXT NOT NULL,
  given_name TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  nhs_number TEXT UNIQUE,
  gender TEXT NOT NULL,
  language TEXT NOT NULL,
  interpreter_required INTEGER NOT NULL,
  interpreter_wishes TEXT NOT NULL,
  communication_needs TEXT NOT NULL,
  phone TEXT NOT NULL,
  second_phone TEXT NOT NULL,
  voicemail TEXT NOT NULL,
  emergency_contact TEXT NOT NULL,
  address_line TEXT NOT NULL,
  postcode TEXT NOT NULL,
  gp_practice TEXT NOT NULL,
  problem_descriptor TEXT NOT NULL,
  problem_statement TEXT NOT NULL,
  referral_received TEXT,
  search_key TEXT NOT NULL,
  added_at TEXT NOT NULL
) STRICT;
CREATE INDEX patient_by_name ON patient (search_key, id);

CREATE TABLE contact (
  id TEXT NOT NULL PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  number INTEGER NOT NULL,
  protocol TEXT NOT NULL,
  protocol_version TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  signed_at TEXT
) STRICT;
CREATE INDEX contact_of_patient ON contact (patient_id, number);
CREATE INDEX contact_open ON contact (opened_at) WHERE signed_at IS NULL;

CREATE TABLE appointment (
  id TEXT NOT NULL PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  starts_at TEXT NOT NULL,
  minutes INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  contact_id TEXT REFERENCES contact (id)
) STRICT;
CREATE INDEX appointment_by_time ON appointment (starts_at);
CREATE INDEX appointment_of_patient ON appointment (patient_id, starts_at);

CREATE TABLE journal (
  seq INTEGER NOT NULL PRIMARY KEY,
  contact_id TEXT NOT NULL REFERENCES contact (id),
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  mac BLOB NOT NULL
) STRICT;
CREATE INDEX journal_of_contact ON journal (contact_id, seq);
CREATE TRIGGER journal_never_changed BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_never_shortened BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TABLE score (
  contact_id TEXT NOT NULL REFERENCES contact (id),
  measure TEXT NOT NULL,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  number INTEGER NOT NULL,
  taken_on TEXT NOT NULL,
  total INTEGER,
  complete INTEGER NOT NULL,
  prorated INTEGER NOT NULL,
  missing TEXT NOT NULL,
  PRIMARY KEY (contact_id, measure)
) STRICT;
CREATE INDEX score_of_patient ON score (patient_id, measure, number, total);

CREATE TABLE note (
  id TEXT NOT NULL PRIMARY KEY,
  contact_id TEXT NOT NULL REFERENCES contact (id),
  amends TEXT REFERENCES note (id),
  text TEXT NOT NULL,
  body TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  practitioner TEXT NOT NULL,
  signed_at TEXT NOT NULL
) STRICT;
CREATE INDEX note_of_contact ON note (contact_id);
CREATE TRIGGER note_never_changed BEFORE UPDATE ON note
BEGIN SELECT RAISE(ABORT, 'a signed note is never changed'); END;
CREATE TRIGGER note_never_deleted BEFORE DELETE ON note
BEGIN SELECT RAISE(ABORT, 'a signed note is never deleted'); END;

CREATE TABLE action (
  id TEXT NOT NULL PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  contact_id TEXT NOT NULL REFERENCES contact (id),
  what TEXT NOT NULL,
  who TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  closed_at TEXT,
  outcome TEXT NOT NULL
) STRICT;
CREATE INDEX action_open ON action (patient_id) WHERE closed_at IS NULL;

CREATE TABLE outbox (
  seq INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  contact_id TEXT NOT NULL REFERENCES contact (id),
  what TEXT NOT NULL,
  payload TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused', 'training')),
  attempts INTEGER NOT NULL,
  queued_at TEXT NOT NULL,
  sent_at TEXT,
  last_error TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_waiting ON outbox (seq) WHERE state = 'waiting';
CREATE INDEX outbox_unsent ON outbox (seq) WHERE state <> 'sent';
CREATE TRIGGER outbox_payload_frozen BEFORE UPDATE OF id, patient_id, contact_id, payload, sha256, queued_at ON outbox
BEGIN SELECT RAISE(ABORT, 'a signed payload is never changed'); END;
CREATE TRIGGER outbox_never_deleted BEFORE DELETE ON outbox WHEN old.state <> 'sent'
BEGIN SELECT RAISE(ABORT, 'an unsent item is never deleted'); END;
