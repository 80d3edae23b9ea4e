import { applied, LEDGER, WHOLE } from "./step";

/** Parts of the block in preflight.ts, whose variables they use. */

export const LICENSE = `  IF current_setting('timescaledb.license') <> 'timescale' THEN
    refused := refused || format('the server has the %s edition of TimescaleDB, and edition is "community": use an image of the community edition, or edition "apache"',
      current_setting('timescaledb.license'));
  END IF;
`;

/** The hash of this program is in the ledger, and another one after it. */
export const NEWER = `  SELECT max(m.applied_at) INTO at FROM ${LEDGER} m WHERE m.step = '${WHOLE}' AND m.hash = whole;
  IF at IS NOT NULL AND ${applied(WHOLE)} <> whole THEN
    SELECT max(m.applied_at) INTO first FROM ${LEDGER} m WHERE m.step = '${WHOLE}';
    refused := refused || format('the database is newer than this declaration, which was applied at %s; another one was applied at %s. Deploy the newer program, or set goBack: true to return to this one',
      date_trunc('second', at), date_trunc('second', first));
  END IF;
`;

export const ROLES = `  FOR x IN SELECT r AS name FROM jsonb_array_elements_text(declared->'roles') r WHERE to_regrole(quote_ident(r)) IS NULL LOOP
    refused := refused || format('role %s is granted rights, and the server does not have it: create it, or take it out of grants', x.name);
  END LOOP;
`;

/** Made by this job and dropped by somebody: everything of it is to be done again. */
export const GONE = `  FOR x IN
    SELECT DISTINCT split_part(m.step, ':', 2) AS name FROM ${LEDGER} m
    WHERE split_part(m.step, ':', 1) IN ('table', 'aggregate') AND declared->'relations' ? split_part(m.step, ':', 2)
      AND to_regclass(format('public.%I', split_part(m.step, ':', 2))) IS NULL
      AND (SELECT l.hash FROM ${LEDGER} l WHERE l.step = m.step ORDER BY l.id DESC LIMIT 1) <> ''
  LOOP
    RAISE WARNING '% had been made, and is not there any more: it is made again', x.name;
    INSERT INTO ${LEDGER} (step, hash, duration)
      SELECT DISTINCT m.step, '', interval '0' FROM ${LEDGER} m
      WHERE split_part(m.step, ':', 2) = x.name AND m.step NOT LIKE 'base:%' OR m.step LIKE 'grants:%';
  END LOOP;
`;

export const TABLES = `  FOR x IN
    SELECT t.name, t.hypertable, t.columns, t.key, to_regclass(format('public.%I', t.name)) AS oid, rebuild ? t.name AS asked
    FROM jsonb_to_recordset(declared->'tables') AS t(name text, hypertable boolean, columns jsonb, key jsonb)
  LOOP
    CONTINUE WHEN x.oid IS NULL;
    IF (SELECT c.relkind FROM pg_class c WHERE c.oid = x.oid) NOT IN ('r', 'p') THEN
      refused := refused || format('%s is a view in the database, and a table in the declaration: rename one of them', x.name);
      CONTINUE;
    END IF;
    SELECT EXISTS (SELECT FROM timescaledb_information.hypertables h WHERE h.hypertable_schema = 'public' AND h.hypertable_name = x.name) AS is_hypertable INTO y;
    IF y.is_hypertable AND NOT x.hypertable THEN
      refused := refused || format('%s is a hypertable, and cannot become an ordinary table: declare another one and copy its rows', x.name);
    ELSIF x.hypertable AND NOT y.is_hypertable AND NOT x.asked THEN
      refused := refused || format('%s is an ordinary table, and is declared as a hypertable: all of its rows would be moved. Add "%s" to rebuild', x.name, x.name);
    END IF;
    FOR y IN
      SELECT d.name, d.type, format_type(a.atttypid, a.atttypmod) AS actual
      FROM jsonb_to_recordset(x.columns) AS d(name text, type text)
      JOIN pg_attribute a ON a.attrelid = x.oid AND a.attname = d.name AND a.attnum > 0
      WHERE format_type(a.atttypid, a.atttypmod) <> d.type AND NOT x.asked
    LOOP
      refused := refused || format('%s.%s is of the type %s, and is declared as %s: all rows would be rewritten while nobody can use the table. Add "%s" to rebuild',
        x.name, y.name, y.actual, y.type, x.name);
    END LOOP;
    FOR y IN
      SELECT d.name FROM jsonb_to_recordset(x.columns) AS d(name text, required boolean)
      WHERE d.required AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = x.oid AND a.attname = d.name AND a.attnum > 0)
    LOOP
      EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', x.name) INTO filled;
      IF filled THEN
        refused := refused || format('%s.%s is new and not nullable, and the table has rows: give it a default, or make it nullable', x.name, y.name);
      END IF;
    END LOOP;
    FOR y IN
      SELECT array_agg(a.attname::text ORDER BY u.n) AS columns
      FROM pg_constraint k, unnest(k.conkey) WITH ORDINALITY AS u(attnum, n), pg_attribute a
      WHERE k.conrelid = x.oid AND k.contype = 'p' AND a.attrelid = x.oid AND a.attnum = u.attnum
    LOOP
      IF coalesce(to_jsonb(y.columns), '[]') <> x.key AND NOT x.asked THEN
        refused := refused || format('%s has the primary key (%s), and is declared with (%s): all rows would be checked while nobody can use the table. Add "%s" to rebuild',
          x.name, array_to_string(y.columns, ', '), (SELECT string_agg(k, ', ') FROM jsonb_array_elements_text(x.key) k), x.name);
      END IF;
    END LOOP;
    FOR y IN
      SELECT a.attname AS name FROM pg_attribute a
      WHERE a.attrelid = x.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND NOT EXISTS (SELECT FROM jsonb_to_recordset(x.columns) AS d(name text) WHERE d.name = a.attname)
      ORDER BY a.attnum
    LOOP
      RAISE WARNING '%.% is no longer declared; it is kept, and may be null. To drop it with its values: ALTER TABLE public.% DROP COLUMN %',
        x.name, y.name, quote_ident(x.name), quote_ident(y.name);
    END LOOP;
  END LOOP;
`;

export const AGGREGATES = `  FOR x IN
    SELECT a.*, rebuild ? a.name AS asked, discard ? a.name AS discarded,
      (SELECT m.hash FROM ${LEDGER} m WHERE m.step = 'aggregate:' || a.name ORDER BY m.id DESC LIMIT 1) AS made
    FROM jsonb_to_recordset(declared->'aggregates') AS a(name text, hash text, source text, "time" text, bucket interval)
  LOOP
    CONTINUE WHEN to_regclass(format('public.%I', x.name)) IS NULL OR x.made = x.hash;
    IF NOT x.asked THEN
      refused := refused || CASE WHEN coalesce(x.made, '') = ''
        THEN format('%s is in the database, but was not made by this job: drop or rename it, or add "%s" to rebuild', x.name, x.name)
        ELSE format('%s has another query (source, bucket, groups, measures or the type of a column) than before: it would be dropped and filled again from %s. Add "%s" to rebuild',
          x.name, x.source, x.name) END;
    ELSIF NOT x.discarded THEN
      BEGIN
        EXECUTE format('SELECT min(bucket) FROM public.%I', x.name) INTO oldest;
        EXECUTE format('SELECT time_bucket(%L::interval, min(%I)) FROM public.%I', x.bucket, x."time", x.source) INTO first;
      EXCEPTION WHEN undefined_column OR undefined_table THEN
        oldest := NULL;
      END;
      IF oldest < coalesce(first, 'infinity') THEN
        refused := refused || format('%s has buckets since %s, and the rows of %s are there %s only: a rebuild would lose what is older. Add "%s" to discardHistory to lose it',
          x.name, oldest, x.source, coalesce('since ' || first, 'no more'), x.name);
      END IF;
    END IF;
  END LOOP;
`;

export const UNDECLARED = `  FOR x IN
    SELECT DISTINCT split_part(m.step, ':', 1) AS kind, split_part(m.step, ':', 2) AS name FROM ${LEDGER} m
    WHERE split_part(m.step, ':', 1) IN ('table', 'aggregate') AND NOT declared->'relations' ? split_part(m.step, ':', 2)
      AND to_regclass(format('public.%I', split_part(m.step, ':', 2))) IS NOT NULL
    ORDER BY 2
  LOOP
    RAISE WARNING '% is no longer declared; it is kept with its policies. To drop it with its rows: DROP % public.%',
      x.name, CASE (SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass(format('public.%I', x.name))) WHEN 'v' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
      quote_ident(x.name);
  END LOOP;
  FOR x IN
    SELECT DISTINCT split_part(m.step, ':', 3) AS name FROM ${LEDGER} m
    WHERE m.step LIKE 'index:%' AND declared->'relations' ? split_part(m.step, ':', 2) AND NOT declared->'indexes' ? m.step AND to_regclass(format('public.%I', split_part(m.step, ':', 3))) IS NOT NULL
    ORDER BY 1
  LOOP
    RAISE WARNING 'index % is no longer declared; it is kept. To drop it: DROP INDEX public.%', x.name, quote_ident(x.name);
  END LOOP;
`;
