import type { ErrorCode, Fault } from '../../errors.ts'
import type { CheckResult } from '../actor/check-actor.ts'
import type { StreamRead } from '../actor/get-schema.ts'
import type { RefreshedSchema } from '../connection/refresh-schema.ts'
import type { StartedSync } from '../sync/start-sync.ts'

/** What an operation leaves behind. What Airbyte can be asked for again stands as its id. */
export type OperationEnd =
  | { kind: 'check'; result: CheckResult }
  /** Too large a schema is read again: Airbyte remembers what it found. */
  | { kind: 'schema'; id: string; stream?: string | undefined; result?: { streams: StreamRead[] } }
  | ({ kind: 'create-ingestion'; id: string } & MadeIngestion)
  | { kind: 'update-ingestion'; id: string }
  | { kind: 'refresh-schema'; result: RefreshedSchema }
  | { kind: 'find-sync'; result: StartedSync }
  | { kind: 'failed'; failure: OperationFailure }

/** What the answer to a creation has and a later look has not. */
export interface MadeIngestion {
  created: string
  updated: string
  existing?: true
  /** Why a stream's mode was chosen, by namespace and name. */
  whys?: Record<string, string>
}

export const streamKey = ({ namespace, name }: { namespace?: string; name: string }): string =>
  JSON.stringify([namespace ?? '', name])

/** An error of this project, without its cause. */
export interface OperationFailure {
  code: ErrorCode
  message: string
  errors: readonly Fault[]
  details: Readonly<Record<string, unknown>>
}
