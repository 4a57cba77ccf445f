import type { Client } from 'pg'
import { IngestionError } from '../../errors.ts'
import type { ConfiguredStream } from '../connector.ts'
import type { PostgresConfig } from './config.ts'
import { refuseChanged } from './snapshot.ts'
import type { CatalogColumn } from './type-mapping.ts'

/** A table, view, materialized view or foreign table that the role may read; partitions are read through their parent. */
export interface Table {
  readonly schema: string
  readonly name: string
  /** Only those that the role may read, in the table's order. */
  readonly columns: readonly CatalogColumn[]
  readonly primaryKey: readonly string[]
  /** Columns that an index begins with. */
  readonly indexed: readonly string[]
}

/** A table that others inherit from may have rows of theirs without a value, and a constraint that is not valid yet has some. */
const query = `
WITH RECURSIVE resolved(root, base, modifier, dimensions) AS (
  SELECT oid, oid, -1, 0 FROM pg_type WHERE typtype = 'd'
  UNION ALL
  SELECT r.root, t.typbasetype, t.typtypmod, greatest(r.dimensions, t.typndims)
  FROM resolved r JOIN pg_type t ON t.oid = r.base WHERE t.typtype = 'd'
), domain AS (
  SELECT r.root, r.base, r.modifier, r.dimensions FROM resolved r JOIN pg_type t ON t.oid = r.base WHERE t.typtype <> 'd'
)
SELECT n.nspname AS schema, c.relname AS name,
  coalesce(columns.list, '[]'::json) AS columns, coalesce(keys.list, '[]'::json) AS "primaryKey",
  coalesce(indexes.list, '[]'::json) AS indexed
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object(
    'name', a.attname, 'typeName', t.typname, 'typeSchema', tn.nspname, 'category', t.typcategory,
    'modifier', CASE WHEN domain.root IS NULL THEN a.atttypmod ELSE domain.modifier END,
    'notNull', a.attnotnull AND (c.relkind = 'p' OR c.relkind = 'r' AND NOT c.relhassubclass) AND NOT EXISTS (
      SELECT FROM pg_constraint v WHERE v.conrelid = c.oid AND v.contype = 'n' AND v.conkey = ARRAY[a.attnum] AND NOT v.convalidated),
    'elementName', CASE WHEN e.typnamespace = 'pg_catalog'::regnamespace THEN e.typname END,
    'isList', e.typarray = t.oid AND greatest(a.attndims, domain.dimensions) <= 1) ORDER BY a.attnum) AS list
  FROM pg_attribute a
  LEFT JOIN domain ON domain.root = a.atttypid
  JOIN pg_type t ON t.oid = coalesce(domain.base, a.atttypid)
  JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT')
) columns ON true
LEFT JOIN LATERAL (
  SELECT json_agg(a.attname ORDER BY k.position) AS list
  FROM pg_constraint p
  CROSS JOIN LATERAL unnest(p.conkey) WITH ORDINALITY AS k(number, position)
  JOIN pg_attribute a ON a.attrelid = p.conrelid AND a.attnum = k.number
  WHERE p.conrelid = c.oid AND p.contype = 'p'
) keys ON true
LEFT JOIN LATERAL (
  SELECT json_agg(DISTINCT a.attname) AS list
  FROM pg_index i JOIN pg_am m ON m.amname = 'btree'
  JOIN pg_class ic ON ic.oid = i.indexrelid AND ic.relam = m.oid
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
) indexes ON true
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp\\_%'
  AND has_schema_privilege(n.oid, 'USAGE')
  AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
  AND (cardinality($1::text[]) = 0 OR n.nspname = ANY ($1::text[]))
  AND ($2::text IS NULL OR c.relname = $2)
ORDER BY n.nspname, c.relname`

/** Everything readable in the schemas (none given = all but the system's), or one relation of them by name. */
export const readTables = async (client: Client, schemas: readonly string[], name?: string): Promise<Table[]> => {
  const { rows } = await client.query<Table>(query, [schemas, name ?? null])
  return rows
}

/** The relation of a stream; throws connector_config when it is not there, or not for this role, and see refuseChanged. */
export const readTable = async (client: Client, config: PostgresConfig, stream: ConfiguredStream): Promise<Table> => {
  const schemas = stream.namespace === undefined ? config.schemas : [stream.namespace]
  const [table] = await readTables(client, schemas, stream.name)
  if (table) return table
  await refuseChanged(client, schemas, stream.name)
  const message = `Stream ${stream.namespace ?? ''}.${stream.name} does not exist in "${config.database}", or "${config.username}" may not read it; refresh the schema of the connection`
  throw new IngestionError('connector_config', message)
}
