import type { StreamState } from '../../connectors/connector.ts'
import { IngestionError } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import type { Connection } from '../connection.ts'
import { type Attempt, type Job, type PlannedStream, type StreamName, streamKey } from '../job.ts'
import type { CheckpointRule } from '../sync/pump.ts'

/** All that a sync process is told. It holds secrets: sent over the process's own channel only, never logged. */
export interface SyncOrder {
  connectionId: string
  jobId: number
  attempt: number
  /** ISO 8601. */
  startedAt: string
  source: { definitionId: string; configuration: Actor['configuration'] }
  destination: { definitionId: string; configuration: Actor['configuration'] }
  streams: readonly (PlannedStream & { state?: StreamState })[]
  checkpoints?: CheckpointRule
}

/** Airbyte's way to write "the source's namespace" into a custom format. */
const sourceNamespace = '$' + '{SOURCE_NAMESPACE}'

/** Where a stream goes under the connection's namespace rule and prefix; no namespace = the destination's default. Pure. */
export const targetOf = (
  { name, namespace }: StreamName,
  { namespaceDefinition, namespaceFormat = '', prefix = '' }: Connection,
): StreamName => {
  const target = {
    source: namespace,
    destination: undefined,
    customformat: namespaceFormat.replaceAll(sourceNamespace, namespace ?? ''),
  }[namespaceDefinition]
  return { name: `${prefix}${name}`, ...(target ? { namespace: target } : {}) }
}

/** Throws invalid_input for two streams that the namespace rule brings to one place: one would replace the other's rows. */
export const refuseSharedTargets = (streams: readonly StreamName[], connection: Connection): void => {
  const seen = new Map<string, StreamName>()
  for (const stream of streams) {
    const target = targetOf(stream, connection)
    const other = seen.get(streamKey(target))
    if (other)
      throw new IngestionError(
        'invalid_input',
        `The streams ${nameOf(other)} and ${nameOf(stream)} would both be written to ${nameOf(target)}: leave one out, or have namespaceDefinition "source", or a namespaceFormat with ${sourceNamespace}.`,
      )
    seen.set(streamKey(target), stream)
  }
}

const nameOf = ({ name, namespace }: StreamName) => (namespace ? `${namespace}.${name}` : name)

/**
 * The order for a job's next attempt. Streams without a resumable state that an earlier attempt has finished are left
 * out: the destination has them, and a second time would double what is appended. Pure.
 */
export const syncOrder = (
  job: Job,
  earlier: readonly Attempt[],
  actors: { source: Actor; destination: Actor },
  stateOf: (stream: StreamName) => StreamState | undefined,
  now: Date,
): SyncOrder => {
  const finished = new Set(earlier.flatMap(({ streams }) => streams.filter(({ complete }) => complete)).map(streamKey))
  return {
    connectionId: job.connectionId,
    jobId: job.id,
    attempt: earlier.length,
    startedAt: now.toISOString(),
    source: { definitionId: actors.source.definitionId, configuration: actors.source.configuration },
    destination: { definitionId: actors.destination.definitionId, configuration: actors.destination.configuration },
    streams: job.streams
      .filter(({ stream }) => !finished.has(streamKey(stream)))
      .map((planned) => {
        const state = isResuming(planned) ? stateOf(planned.stream) : undefined
        return state ? { ...planned, state } : planned
      }),
  }
}

/** What replaces all that the destination has begins at the beginning, in every attempt. */
const isResuming = ({ stream, replaceBy }: PlannedStream) => stream.syncMode === 'incremental' && !replaceBy
