import pg from 'pg'
import type { Log } from '../log.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { sampleSql } from './sample-schema.ts'

export interface SampleAddress {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
}

export interface SampleDatabase {
  readonly address: SampleAddress
  readonly server: PostgresServer
  /** Runs SQL as the owner; several statements are allowed when there are no values. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

interface SampleOptions {
  directory: string
  port: number
  password: string
  durable: boolean
  /** Rows of a new database; what a kept one holds stays. */
  size?: { customers: number; orders: number }
  log: Log
  /** Gives up the start. */
  signal?: AbortSignal | undefined
}

const username = 'shop'
const database = 'shop'

/** A Postgres with the sample shop in it, made on the first start of the directory. */
export const startSampleDatabase = async (options: SampleOptions): Promise<SampleDatabase> => {
  const { port, password, size, signal } = options
  const server = await startPostgres({ ...options, username })
  const address = { host: '127.0.0.1', port, database, username, password }
  const abandon = () => void server.close()
  signal?.addEventListener('abort', abandon, { once: true })
  try {
    signal?.throwIfAborted()
    await createOnce(address, size)
  } catch (error) {
    await server.close()
    throw error
  }
  signal?.removeEventListener('abort', abandon)
  const pool = new pg.Pool({ ...client(address), max: 4 })
  // An idle connection that ends with the server is no error of anyone.
  pool.on('error', () => undefined)
  return {
    address,
    server,
    query: async <Row>(sql: string, values?: readonly unknown[]) =>
      (await pool.query(sql, values ? [...values] : undefined)).rows as Row[],
    close: async () => {
      await pool.end()
      await server.close()
    },
  }
}

const client = ({ username: user, ...address }: SampleAddress) => ({ ...address, user })

const createOnce = async (address: SampleAddress, size: SampleOptions['size']) => {
  await withClient({ ...address, database: 'postgres' }, async (admin) => {
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [database])
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${database}`)
  })
  await withClient(address, async (owner) => {
    const { rows } = await owner.query<{ exists: boolean }>(`SELECT to_regclass('public.orders') IS NOT NULL AS exists`)
    // One implicit transaction: a run killed here leaves no half of a shop.
    if (!rows[0]?.exists) await owner.query(sampleSql(size))
  })
}

const withClient = async (address: SampleAddress, run: (connected: pg.Client) => Promise<void>) => {
  const connection = new pg.Client(client(address))
  // Told by what it is asked.
  connection.on('error', () => undefined)
  await connection.connect()
  try {
    await run(connection)
  } finally {
    await connection.end()
  }
}
