import * as z from 'zod'
import type { StreamState } from '../connector.ts'

const shape = z.object({
  version: z.literal(1),
  cursorField: z.string(),
  /** The largest value sent, as Postgres reads it; null when no row had one. */
  cursor: z.string().nullable(),
  /** Hashes of the rows at `cursor` that were sent; null when they were too many to know. */
  boundary: z.array(z.string()).nullable(),
  /** False while rows that have no place in the order (NULL, infinity, NaN) are still to be sent. */
  complete: z.boolean(),
})

/** Where an incremental stream goes on. */
export type CursorState = z.infer<typeof shape>

/** Undefined for a state of another cursor or another maker: the stream is then read from its beginning. */
export const parseState = (state: StreamState | undefined, cursorField: string): CursorState | undefined => {
  const parsed = shape.safeParse(state)
  return parsed.success && parsed.data.cursorField === cursorField ? parsed.data : undefined
}
