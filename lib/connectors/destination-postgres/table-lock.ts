import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { failureError, wait } from '../failure.ts'
import { lockTimeout } from '../postgres/transaction.ts'
import type { Table } from './table.ts'

/** How long to wait for those who use a table. */
export interface Patience {
  readonly totalMs: number
  /** At a time: whoever comes meanwhile has to queue behind. */
  readonly queuedMs: number
  readonly pauseMs: number
}

/** A load may have taken hours: it is worth more than a minute, the readers of others are not to stand still for it. */
const patience: Patience = { totalMs: 600_000, queuedMs: 5_000, pauseMs: 1_000 }

const lockNotAvailable = '55P03'

/** Locks the table for the rest of the transaction, also against readers. Throws connector_transient with who did not let it go. */
export const lockAlone = async (
  client: Client,
  table: Table,
  { totalMs, queuedMs, pauseMs }: Patience = patience,
): Promise<void> => {
  const deadline = performance.now() + totalMs
  for (;;) {
    try {
      await client.query(
        `SAVEPOINT airbyte_lock; SET LOCAL lock_timeout = ${queuedMs}; LOCK TABLE ${table.sql} IN ACCESS EXCLUSIVE MODE;
         SET LOCAL lock_timeout = '${lockTimeout}'`,
      )
      return
    } catch (error) {
      if ((error as { code?: string }).code !== lockNotAvailable) throw error
      await client.query('ROLLBACK TO SAVEPOINT airbyte_lock')
      if (performance.now() > deadline) throw await inUse(client, table, totalMs, error)
    }
    await delay(pauseMs)
  }
}

const holders = `
  SELECT string_agg(DISTINCT format('%s (%s, pid %s)', a.usename, coalesce(nullif(a.application_name, ''), 'no name'), a.pid), ', ') AS names
    FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'relation' AND l.relation = $1::regclass AND l.granted`

const inUse = async (client: Client, table: Table, totalMs: number, cause: unknown) => {
  const { rows } = await client.query<{ names: string | null }>(holders, [table.sql])
  const message = `${table.sql} was in use for more than ${totalMs / 60_000} min, now by ${rows[0]?.names ?? 'nobody'}; end what reads it, or sync at another time`
  return failureError('Postgres, replacing a table', wait('', message), cause)
}
