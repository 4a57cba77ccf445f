import type { Client } from 'pg'
import type { StreamTarget } from '../connector.ts'
import { failureError, mend } from '../failure.ts'
import { quoted } from '../postgres/identifier.ts'
import { fitColumn } from './column-type.ts'
import { type ExistingTable, readExisting } from './existing-table.ts'
import { storedType } from './list-json.ts'
import { keyIndexNames } from './merge.ts'
import { metadataColumns, metadataNames } from './row-metadata.ts'
import { awaitOthers, columnList, columnsInBrackets, type Table } from './table.ts'
import { lockAlone } from './table-lock.ts'

/** The table that was loaded, and what it goes to. */
export interface Replacement {
  readonly table: Table
  readonly target: StreamTarget
  /** Quoted, with its schema. */
  readonly loaded: string
  readonly dropCascade: boolean
}

/**
 * Puts the loaded rows in the place of the old ones; run in the transaction that loaded them. A table that has nothing but
 * rows, privileges and comments is replaced, and they are given to the new one. One that has more, such as views upon it,
 * indexes or policies, stays, is emptied and filled; with `dropCascade` it is replaced all the same where that is not possible.
 */
export const replaceTable = async (client: Client, replacement: Replacement): Promise<void> => {
  const { table, target, loaded, dropCascade } = replacement
  await awaitOthers(client, table.schema, table.name)
  const old = await readExisting(client, table, target)
  const rename = `ALTER TABLE ${loaded} RENAME TO ${quoted(table.name)}`
  if (!old) {
    await client.query(rename)
    return
  }
  await lockAlone(client, table)
  const { rows } = await client.query<{ stays: boolean; carry: string | null }>(
    `SELECT ${hasMore} AS stays, ${carried} AS carry FROM pg_class c WHERE c.oid = $1`,
    [old.oid, loaded, keyIndexNames(table, old.oid), metadataNames],
  )
  const [found] = rows
  if (found?.stays && (await emptied(client, replacement, old))) {
    await client.query(
      `INSERT INTO ${table.sql} ${columnsInBrackets(table)} SELECT ${columnList(table)} FROM ${loaded}`,
    )
    await client.query(`DROP TABLE ${loaded}`)
    return
  }
  if (found?.carry) await client.query(found.carry)
  await client.query(`DROP TABLE ${table.sql}${dropCascade ? ' CASCADE' : ''}; ${rename}`)
}

/** Empties the table and gives it the columns of the stream; false when it has to be dropped. Throws what depends on it. */
const emptied = async (client: Client, replacement: Replacement, old: ExistingTable): Promise<boolean> => {
  const { table, target, dropCascade } = replacement
  await client.query('SAVEPOINT airbyte_emptying')
  try {
    for (const index of keyIndexNames(table, old.oid)) {
      await client.query(`DROP INDEX IF EXISTS ${quoted(table.schema)}.${quoted(index)}`)
    }
    await client.query(`TRUNCATE ${table.sql}`)
    const changes = await reshaping(client, table, target, old)
    if (changes.length > 0) await client.query(`ALTER TABLE ${table.sql} ${changes.join(', ')}`)
    return true
  } catch (error) {
    const { code, message, detail } = error as { code?: string; message?: string; detail?: string }
    if (code !== '0A000' && code !== '2BP01') throw error
    if (dropCascade) {
      await client.query('ROLLBACK TO SAVEPOINT airbyte_emptying')
      return false
    }
    const way = 'drop what depends on it, set drop_cascade, or use append'
    throw failureError(
      `Postgres, replacing the table of stream ${target.name}`,
      mend('/drop_cascade', `${message} (${detail}); ${way}`),
      error,
    )
  }
}

/** What gives the emptied table the columns of the stream. Columns that fill themselves are the user's and stay. */
const reshaping = async (
  client: Client,
  table: Table,
  target: StreamTarget,
  old: ExistingTable,
): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1 AND (atthasdef OR attidentity <> '')`,
    [old.oid],
  )
  const filled = new Set(rows.map(({ name }) => name))
  const wanted = [...table.metadata, ...table.columns]
  const names = new Set(wanted.map(({ name }) => name))
  const fits = (index: number, type: string): boolean => {
    if (wanted[index]?.type === type) return true
    const metadata: readonly string[] | undefined = table.metadata[index] && metadataColumns[index]?.fits
    if (metadata) return metadata.includes(type)
    const field = target.fields[index - table.metadata.length]
    const fit = field && fitColumn(storedType(field.type), type)
    return fit !== undefined && 'use' in fit
  }
  const gone = [...old.columns.keys()].filter((name) => !names.has(name) && !filled.has(name))
  return [
    ...gone.map((name) => `DROP COLUMN ${quoted(name)}`),
    ...wanted.flatMap(({ name, type }, index) => {
      const found = old.columns.get(name)
      if (found === undefined) return [`ADD COLUMN ${quoted(name)} ${type}`]
      return fits(index, found) ? [] : [`ALTER COLUMN ${quoted(name)} TYPE ${type} USING NULL::${type}`]
    }),
  ]
}

/**
 * SQL, true when a table like the loaded one would lack something that the old one has. What depends on it: views, foreign
 * keys of others, functions, columns of the table's type.
 */
const hasMore = `(
  c.relkind <> 'r' OR c.relpersistence <> 'p' OR c.relreplident <> 'd' OR c.reltablespace <> 0 OR c.reloftype <> 0
  OR c.reloptions IS NOT NULL OR c.relrowsecurity OR c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
  OR EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND x.relname <> ALL ($3::text[]))
  OR EXISTS (SELECT FROM pg_constraint o WHERE o.conrelid = c.oid AND o.contype <> 'n')
  OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
  OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
  OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid)
  OR EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid OR h.inhparent = c.oid)
  OR EXISTS (SELECT FROM pg_publication_rel b WHERE b.prrelid = c.oid)
  OR EXISTS (SELECT FROM pg_statistic_ext s WHERE s.stxrelid = c.oid)
  OR c.relam <> (SELECT w.relam FROM pg_class w WHERE w.oid = $2::text::regclass)
  OR EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND (a.atthasdef OR a.attidentity <> '' OR a.attnotnull AND a.attname <> ALL ($4::text[])
                     OR a.attstattarget <> -1 OR a.attoptions IS NOT NULL OR a.attstorage <> t.typstorage OR a.attcollation <> t.typcollation))
  OR EXISTS (SELECT FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
              WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
  OR EXISTS (SELECT FROM pg_depend d WHERE d.deptype = 'n' AND (
              d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
              OR d.refclassid = 'pg_type'::regclass AND d.refobjid = c.reltype)))`

const grantee = `CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END`
const withOption = `CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END`
const stillThere = `JOIN pg_attribute x ON x.attrelid = $2::text::regclass AND x.attname = t.attname AND NOT x.attisdropped`

/**
 * SQL for the statements that give the loaded table the old one's privileges and comments. What default privileges gave
 * the new one is taken back when the old one's were ever set.
 */
const carried = `(SELECT string_agg(s.sql, '; ' ORDER BY s.step) FROM (
    SELECT 1 AS step, format('REVOKE ALL ON %s FROM %s', $2::text, ${grantee}) AS sql
      FROM pg_class w, aclexplode(w.relacl) a WHERE w.oid = $2::text::regclass AND a.grantee <> w.relowner AND c.relacl IS NOT NULL
  UNION ALL
    SELECT 2, format('GRANT %s ON %s TO %s%s', a.privilege_type, $2::text, ${grantee}, ${withOption})
      FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner
  UNION ALL
    SELECT 2, format('GRANT %s (%I) ON %s TO %s%s', a.privilege_type, t.attname, $2::text, ${grantee}, ${withOption})
      FROM pg_attribute t ${stillThere}, aclexplode(t.attacl) a WHERE t.attrelid = c.oid AND a.grantee <> c.relowner
  UNION ALL
    SELECT 3, format('COMMENT ON TABLE %s IS %L', $2::text, obj_description(c.oid, 'pg_class'))
     WHERE obj_description(c.oid, 'pg_class') IS NOT NULL
  UNION ALL
    SELECT 3, format('COMMENT ON COLUMN %s.%I IS %L', $2::text, t.attname, col_description(c.oid, t.attnum))
      FROM pg_attribute t ${stillThere} WHERE t.attrelid = c.oid AND col_description(c.oid, t.attnum) IS NOT NULL
  ) s)`
