-- A person's own seal under a transaction: records of version 2 carry it.

ALTER TABLE audit_record ADD COLUMN seal text;
