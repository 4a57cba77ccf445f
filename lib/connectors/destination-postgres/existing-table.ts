import type { Client } from 'pg'
import { IngestionError } from '../../errors.ts'
import type { DatabaseSession, StreamTarget } from '../connector.ts'
import { serverIdentity } from '../postgres/server-identity.ts'

/** What stands where a stream goes. */
export interface ExistingTable {
  readonly oid: string
  /** Name to type, as format_type() writes it. */
  readonly columns: ReadonlyMap<string, string>
  /** The role may empty and fill it. */
  readonly isReplaceable: boolean
}

/** pg_class.relkind of what rows can go into: tables, partitioned and foreign ones. */
const tableKinds = new Set(['r', 'p', 'f'])
const kindNames: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  S: 'a sequence',
  i: 'an index',
  I: 'an index',
  c: 'a type',
}

/**
 * Undefined when nothing stands there. Throws connector_config for what is no table, and for a table that the source is
 * reading: each would wait for the other's lock.
 */
export const readExisting = async (
  client: Client,
  place: { readonly schema: string; readonly name: string },
  target: StreamTarget,
): Promise<ExistingTable | undefined> => {
  const { rows } = await client.query<{
    oid: string
    kind: string
    columns: Record<string, string> | null
    database: string
    is_read: boolean
    is_replaceable: boolean
  }>(existing, [place.schema, place.name, ...sessionOf(target.sourceSession)])
  const [found] = rows
  if (!found) return undefined
  const where = `"${place.schema}"."${place.name}"`
  if (!tableKinds.has(found.kind)) {
    const message = `Stream ${target.name}: ${where} is ${kindNames[found.kind] ?? 'no table'}: rename it, or give the connection a prefix or another namespace`
    throw new IngestionError('connector_config', message)
  }
  if (found.is_read) {
    const { namespace, name } = target.stream
    const message = `Stream ${namespace ? `${namespace}.` : ''}${name} would be written to the table ${where} of database "${found.database}", which this sync reads, itself or through a view: give the connection a prefix or another namespace`
    throw new IngestionError('connector_config', message)
  }
  const columns = new Map(Object.entries(found.columns ?? {}))
  return { oid: found.oid, columns, isReplaceable: found.is_replaceable }
}

const sessionOf = (session: DatabaseSession | undefined) => [session?.pid ?? 0, session?.server ?? '']

/** A type of the name takes it too: a table brings one of its own. */
const existing = `
  SELECT c.oid::text, c.relkind::text AS kind, current_database() AS database,
         (SELECT json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
         $4 = ${serverIdentity} AND EXISTS (
           SELECT FROM pg_locks l WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.pid = $3
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS is_read,
         has_table_privilege(c.oid, 'TRUNCATE') AND has_table_privilege(c.oid, 'INSERT') AS is_replaceable
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2
  UNION ALL
  SELECT t.oid::text, 'c', current_database(), NULL, false, false
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname = $1 AND t.typname = $2 AND t.typrelid = 0 AND t.typelem = 0`
