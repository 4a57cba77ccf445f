import { IngestionError } from '../../errors.ts'
import { configuredStream } from '../catalog.ts'
import type { Connection } from '../connection.ts'
import { type JobTask, type PlannedStream, type StreamName, streamKey } from '../job.ts'
import type { Store } from '../store/store.ts'
import { refuseSharedTargets, targetOf } from './sync-order.ts'

/**
 * What a job created now will move. Whatever reads a stream anew begins a generation of it. A merge and a clear forget the
 * state at once: should they fail, the next sync repeats rows but misses none; a truncating refresh replaces state and rows
 * together when it has all. Throws invalid_input for streams that the connection does not have, or two with one target. Writes: call in a transaction.
 */
export const planOf = (connection: Connection, task: JobTask, streams: Store['streams']): PlannedStream[] => {
  refuseSharedTargets(connection.catalog.map(configuredStream), connection)
  return chosenOf(connection, task).map((stream) => {
    const isAnew = task.configType !== 'sync'
    if (task.replaceBy !== 'all' && isAnew) streams.clearState(connection.id, stream)
    return {
      stream,
      target: targetOf(stream, connection),
      generationId:
        isAnew || stream.syncMode === 'full_refresh'
          ? streams.raiseGeneration(connection.id, stream)
          : streams.generationOf(connection.id, stream),
      ...(task.replaceBy ? { replaceBy: task.replaceBy } : {}),
    }
  })
}

const chosenOf = ({ catalog }: Connection, { streams = [] }: JobTask) => {
  const all = catalog.map(configuredStream)
  if (streams.length === 0) return all
  const keys = new Set(all.map(streamKey))
  const unknown = streams.find((stream) => !keys.has(streamKey(stream)))
  if (unknown)
    throw new IngestionError(
      'invalid_input',
      `The connection has no stream ${nameOf(unknown)}: give ${all.map(nameOf).slice(0, 20).join(', ')}.`,
    )
  const wanted = new Set(streams.map(streamKey))
  return all.filter((stream) => wanted.has(streamKey(stream)))
}

const nameOf = ({ name, namespace }: StreamName) => (namespace ? `${namespace}.${name}` : name)
