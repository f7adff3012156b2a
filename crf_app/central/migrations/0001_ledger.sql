-- The ledger of all devices, what is folded from it, and the door through which bundles come.
-- A record's place is (device, epoch, seq, branch); its site is the subject's home site, or the device's
-- home for a record without subject.  `site` stands in every key so that the tables can be spread by it.

CREATE TABLE central (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  study text NOT NULL,
  env text NOT NULL,
  cepoch integer NOT NULL CHECK (cepoch > 0)
);

CREATE TABLE device (
  site text COLLATE "C" NOT NULL,
  device text COLLATE "C" NOT NULL,
  epoch integer NOT NULL,
  name text NOT NULL,
  sign_public bytea NOT NULL CHECK (length(sign_public) = 32),
  box_public bytea NOT NULL CHECK (length(box_public) = 32),
  site_certificate bytea NOT NULL,
  request bytea NOT NULL,
  added_at text NOT NULL,
  revoked_at text,
  revoked_reason text,
  PRIMARY KEY (device, epoch, site)
);

-- Its row is the lock of the device.  ends: {"branch": [last seq, hash]}, branch 0 is the main one.
CREATE TABLE chain (
  site text COLLATE "C" NOT NULL,
  device text COLLATE "C" NOT NULL,
  epoch integer NOT NULL,
  ends jsonb NOT NULL DEFAULT '{}',
  forked boolean NOT NULL DEFAULT false,
  PRIMARY KEY (device, epoch, site)
);

-- Every field of a record as a column, as text: the columns give back the same bytes.
CREATE TABLE audit_record (
  site text COLLATE "C" NOT NULL,
  epoch integer NOT NULL,
  seq bigint NOT NULL,
  branch integer NOT NULL,
  id bytea NOT NULL,
  hash bytea NOT NULL,
  cell_unit text COLLATE "C" NOT NULL,
  app text NOT NULL,
  "at" text NOT NULL,
  clock text,
  covers text[],
  def text,
  device text COLLATE "C" NOT NULL,
  digest text,
  "from" text,
  "key" text COLLATE "C",
  kind text NOT NULL,
  meaning text,
  missing text,
  n text,
  "offset" text NOT NULL,
  origin text,
  parents text[],
  reason text,
  role text NOT NULL,
  salt text NOT NULL,
  subject text COLLATE "C",
  target text,
  thread text,
  tick bigint NOT NULL,
  unit text,
  "user" text NOT NULL,
  v bigint NOT NULL,
  value text,
  PRIMARY KEY (device, epoch, seq, branch, site)
);
CREATE INDEX audit_record_unit ON audit_record (site, cell_unit);

CREATE TABLE seal (
  site text COLLATE "C" NOT NULL,
  device text COLLATE "C" NOT NULL,
  epoch integer NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (device, epoch, seq, hash, site)
);

-- Its row is the lock of the unit.  While special is false the unit holds clean answers only and its state
-- is the rows of item_data; afterwards state is the folded state.
CREATE TABLE form_data (
  site text COLLATE "C" NOT NULL,
  cell_unit text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  special boolean NOT NULL DEFAULT false,
  state jsonb,
  PRIMARY KEY (site, cell_unit)
);

CREATE TABLE item_data (
  site text COLLATE "C" NOT NULL,
  cell_unit text COLLATE "C" NOT NULL,
  "key" text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  head bytea NOT NULL,
  value text,
  missing text,
  unit text,
  state text NOT NULL,
  late integer NOT NULL DEFAULT 0,
  PRIMARY KEY (site, cell_unit, "key")
);

-- bundle is the SHA-256 of the file; `file` is kept while it waits and after it was applied.
CREATE TABLE inbox (
  bundle text COLLATE "C" PRIMARY KEY,
  site text COLLATE "C" NOT NULL,
  device text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  first bigint NOT NULL,
  last bigint NOT NULL,
  made_at text NOT NULL,
  arrived_at text NOT NULL,
  state text NOT NULL CHECK (state IN ('applied', 'gap', 'refused')),
  reason text NOT NULL DEFAULT '',
  new_records bigint NOT NULL DEFAULT 0,
  cepoch integer,
  receipt bigint,
  size bigint NOT NULL,
  have jsonb NOT NULL DEFAULT '[]',
  file bytea
);
ALTER TABLE inbox ALTER COLUMN file SET STORAGE EXTERNAL;
CREATE INDEX inbox_waiting ON inbox (device, epoch, first) WHERE state = 'gap';

CREATE TABLE receipt (
  site text COLLATE "C" NOT NULL,
  device text COLLATE "C" NOT NULL,
  cepoch integer NOT NULL,
  n bigint NOT NULL,
  tips jsonb NOT NULL,
  ends jsonb NOT NULL,
  issued_at text NOT NULL,
  PRIMARY KEY (device, n, site)
);

CREATE TABLE blob (
  sha256 text COLLATE "C" PRIMARY KEY,
  bytes bytea NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$
DECLARE
  one text;
BEGIN
  FOREACH one IN ARRAY ARRAY['audit_record', 'seal', 'receipt', 'blob'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', one);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', one);
  END LOOP;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'crf_ingest') THEN
    BEGIN
      CREATE ROLE crf_ingest NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;  -- another database of this server made it meanwhile
    END;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO crf_ingest', current_schema());
END $$;

GRANT SELECT ON central, device TO crf_ingest;
GRANT SELECT, INSERT ON audit_record, seal, receipt, blob TO crf_ingest;
GRANT SELECT, INSERT, UPDATE ON chain, form_data, item_data, inbox TO crf_ingest;
