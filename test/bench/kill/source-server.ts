/** A row of either table; `updatedAt` is UTC with microseconds, of events only. */
export interface SourceRow {
  id: bigint | number | string
  version: number
  payload: string
  updatedAt?: string
}

/**
 * The database that is read, with two tables: events (id, version, payload, updated_at, indexed) grow and change, items
 * (id, version, payload) only change. Every change raises version and sets updated_at to the clock's time.
 */
export interface SourceServer {
  readonly definitionId: string
  readonly configuration: object
  /** Where the tables lie. */
  readonly namespace: string
  /** All rows as they are now. */
  rows(table: 'events' | 'items'): Promise<SourceRow[]>
  /** A connection of a writer. What it writes outside of a transaction is committed at once. */
  session(): Promise<WriterSession>
  stop(): Promise<void>
}

export interface WriterSession {
  /** BEGIN, COMMIT or ROLLBACK. */
  run(statement: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): Promise<void>
  insertEvents(rows: number): Promise<void>
  /** Some at random: a row that changes goes away from the cursor value where it stood, and a reader must not miss those beside it. */
  changeEvents(): Promise<void>
  /** Those whose id is a multiple. */
  changeItems(of: number): Promise<void>
  end(): Promise<void>
}

/** As many items as there ever are: they change, but none is added or deleted. */
export const itemCount = 3_000
/** Events before the first sync. */
export const eventCount = 20_000
