import type { Client } from 'pg'
import { IngestionError } from '../../errors.ts'

/**
 * Queries see the catalog of the snapshot, names and files are those of now. A new file of the old table, that TRUNCATE and most
 * forms of ALTER TABLE make, looks empty to an older snapshot (PostgreSQL manual, 13.6); a materialized view's does not.
 */
const changed = `
  WITH RECURSIVE found(oid, name) AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY ($1::text[]) AND c.relname = $2 AND has_schema_privilege(n.oid, 'USAGE')
  ), read(oid) AS (
    SELECT oid FROM found
    UNION
    SELECT part.oid FROM read CROSS JOIN LATERAL (
      SELECT inhrelid FROM pg_inherits WHERE inhparent = read.oid
      UNION ALL
      SELECT d.refobjid FROM pg_rewrite w
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
       WHERE w.ev_class = read.oid
    ) AS part(oid)
  )
  SELECT EXISTS (SELECT FROM found WHERE to_regclass(name)::oid IS DISTINCT FROM oid)
      OR EXISTS (SELECT FROM read WHERE pg_relation_filenode(oid) <> (
                   SELECT c.relfilenode FROM pg_class c WHERE c.oid = read.oid AND c.relkind = 'r' AND c.relfilenode <> 0)) AS changed`

/**
 * Throws connector_transient when the relation, or a table that is read through it, is not what the snapshot knows: rows would
 * be missing, or be of other types. Certain for what the session has locked.
 */
export const refuseChanged = async (client: Client, schemas: readonly string[], name: string): Promise<void> => {
  const { rows } = await client.query<{ changed: boolean }>(changed, [schemas, name])
  if (!rows[0]?.changed) return
  const message = `Stream ${schemas.length === 1 ? `${schemas[0]}.` : ''}${name} was replaced, emptied or rewritten by another session after this sync began; the next attempt reads it as it is then`
  throw new IngestionError('connector_transient', message)
}
