CREATE TABLE score_exact (
  contact_id TEXT NOT NULL REFERENCES contact (id),
  measure TEXT NOT NULL,
  patient_id TEXT NOT NULL REFERENCES patient (id),
  number INTEGER NOT NULL,
  taken_on TEXT NOT NULL,
  total TEXT,
  complete INTEGER NOT NULL,
  prorated INTEGER NOT NULL,
  missing TEXT NOT NULL,
  PRIMARY KEY (contact_id, measure)
) STRICT;
INSERT INTO score_exact
  SELECT contact_id, measure, patient_id, number, taken_on, CAST(total AS TEXT), complete, prorated, missing FROM score;
DROP TABLE score;
ALTER TABLE score_exact RENAME TO score;
CREATE INDEX score_of_patient ON score (patient_id, measure, number, total);
