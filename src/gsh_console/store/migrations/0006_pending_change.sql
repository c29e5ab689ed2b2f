CREATE TABLE pending_change (
  reference TEXT NOT NULL PRIMARY KEY,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  wanted TEXT NOT NULL,
  seen TEXT NOT NULL,
  found TEXT NOT NULL,
  made_at TEXT NOT NULL
) STRICT;
CREATE INDEX pending_change_of_patient ON pending_change (patient_id);
