import * as z from 'zod'
import type { StreamState } from '../connector.ts'
import type { PlannedCursor } from './stream-plan.ts'

const shape = z.object({
  version: z.literal(1),
  cursorField: z.string(),
  /** Of `PlannedCursor`; states of before tell none. */
  cursorKind: z.string().optional(),
  /** The largest value sent, as Postgres reads it; null when no row had one. */
  cursor: z.string().nullable(),
  /** Hashes of the rows at `cursor` that were sent; null when they were too many to know. */
  boundary: z.array(z.string()).nullable(),
  /** False while rows that have no place in the order (NULL, infinity, NaN) are still to be sent. */
  complete: z.boolean(),
})

/** Where an incremental stream goes on. */
export type CursorState = z.infer<typeof shape>

/** Undefined for a state of another cursor, of one that has become another kind, or of another maker: the stream is then read from its beginning. */
export const parseState = (
  state: StreamState | undefined,
  { name, kind }: Pick<PlannedCursor, 'name' | 'kind'>,
): CursorState | undefined => {
  const { data } = shape.safeParse(state)
  if (data?.cursorField !== name || (data.cursorKind ?? kind) !== kind) return undefined
  return { ...data, cursorKind: kind }
}
