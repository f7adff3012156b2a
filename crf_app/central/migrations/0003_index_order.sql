-- The unit first, then the site: the site is the same for whole bundles, so comparing it first is in vain.
DROP INDEX audit_record_unit;
CREATE INDEX audit_record_unit ON audit_record (cell_unit, site);

ALTER TABLE item_data DROP CONSTRAINT item_data_pkey;
ALTER TABLE item_data ADD PRIMARY KEY (cell_unit, "key", site);
