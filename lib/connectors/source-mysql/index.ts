import type { Batch, OpenSource, Source } from '../connector.ts'
import { check } from './check.ts'
import { type MysqlConfig, parseConfig } from './config.ts'
import { connect, drop, interruptible, kill, orDrop, query } from './connection.ts'
import { discover } from './discover.ts'
import { mysqlError } from './failure.ts'
import { readRows } from './read.ts'
import { connectionSpecification } from './spec.ts'
import { planStream } from './stream-plan.ts'
import { warnings } from './warnings.ts'

/** MySQL 5.7 and later, MariaDB 10.5 and later. */
export const sourceMysql: Source<MysqlConfig> = {
  kind: 'source',
  name: 'source-mysql',
  definitionId: '435bb9a5-7887-4809-aa58-28c27df0d7ad',
  title: 'MySQL',
  documentationUrl: 'https://docs.airbyte.com/integrations/sources/mysql',
  connectionSpecification,
  parseConfig,
  preload: () => import('mysql2'),
  check,
  warnings,
  discover,
  open,
}

/**
 * One connection, one consistent snapshot for all streams (InnoDB; tables of other engines are read as they are at that
 * moment). Least privilege: SELECT on the tables.
 */
async function open(config: MysqlConfig, signal: AbortSignal): Promise<OpenSource> {
  const connection = await connect(config, signal)
  try {
    await orDrop(connection, signal, async () => {
      await query(connection, 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
      await query(connection, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    })
  } catch (error) {
    signal.throwIfAborted()
    throw mysqlError(error, config, 'starting a snapshot')
  }
  let isReading = false
  return {
    async read(stream, state, readSignal) {
      const planning = interruptible(connection, config, readSignal, () =>
        planStream(connection, config, stream, state, readSignal),
      )
      const plan = await planning.catch((error: unknown) => {
        readSignal.throwIfAborted()
        throw mysqlError(error, config, `preparing to read "${stream.name}"`)
      })
      const batches = async function* (): AsyncGenerator<Batch> {
        isReading = true
        try {
          yield* readRows({ connection, config, signal: readSignal }, plan)
        } finally {
          isReading = false
        }
      }
      return { fields: plan.columns.map(({ field }) => field), batches: batches() }
    },
    async [Symbol.asyncDispose]() {
      if (isReading) await kill(connection, config)
      else drop(connection)
    },
  }
}
