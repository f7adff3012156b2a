-- A receipt names the chain ends of the other devices of its site: they are found without reading all chains.
CREATE INDEX chain_site ON chain (site);

COMMENT ON TABLE item_data IS 'Current answers; the row with state "status" and the key of the form is the '
  'form''s own: completed or opened again.  Of a special form it shows the last of its status.';
