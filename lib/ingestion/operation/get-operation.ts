import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { getSchema } from '../actor/get-schema.ts'
import type { CreatedIngestion } from '../connection/create-ingestion.ts'
import { getIngestion } from '../connection/get-ingestion.ts'
import type { Pending } from './operation.ts'
import { type OperationEnd, streamKey } from './operation-end.ts'

export interface OperationAnswer {
  /** Of the request that took too long. */
  status: 200 | 201 | 202
  body: unknown
  location?: string
}

/** How a long operation stands: 202 while it runs, then what the request would have been answered. */
export const getOperation = async (
  services: Services,
  { id }: { id: string },
  signal: AbortSignal,
): Promise<OperationAnswer> => {
  const state = /^[\w-]{1,80}$/.test(id) ? await services.operations?.describe(id, signal) : undefined
  if (!state)
    throw new IngestionError('not_found', `There is no operation ${JSON.stringify(id.slice(0, 80))}.`, {
      errors: [{ pointer: '/id', message: 'names no operation' }],
    })
  if (state.status === 'RUNNING')
    return {
      status: 202,
      body: { status: 'running', operation: `/operations/${id}` } satisfies Pending,
      location: `/operations/${id}`,
    }
  if (state.status !== 'SUCCEEDED')
    throw new IngestionError(
      'timed_out',
      `The operation ended without an answer (${state.error ?? state.status}). What it was to do may have happened; look before asking again.`,
    )
  return answerOf(services, state.output as OperationEnd, signal)
}

const answerOf = async (services: Services, end: OperationEnd, signal: AbortSignal): Promise<OperationAnswer> => {
  switch (end.kind) {
    case 'check':
    case 'refresh-schema':
      return { status: 200, body: end.result }
    // The sync's own 202: it has been started, and its job is known now.
    case 'find-sync':
      return { status: 202, body: end.result, location: `/sync/${end.result.jobId}` }
    case 'schema':
      return { status: 200, body: end.result ?? (await getSchema(services, { ...end, refresh: false }, signal)) }
    case 'create-ingestion':
      return { status: end.existing ? 200 : 201, body: await madeIngestion(services, end, signal) }
    case 'update-ingestion':
      return { status: 200, body: await getIngestion(services, end.id, signal) }
    case 'failed': {
      const { code, message, errors, details } = end.failure
      throw new IngestionError(code, message, { errors, details })
    }
  }
}

const madeIngestion = async (
  services: Services,
  { id, created, updated, existing, whys = {} }: Extract<OperationEnd, { kind: 'create-ingestion' }>,
  signal: AbortSignal,
): Promise<CreatedIngestion> => {
  const { lastSync: _, ...read } = await getIngestion(services, id, signal)
  const streams = read.streams.map((one) => {
    const why = whys[streamKey(one)]
    return why === undefined ? one : { ...one, why }
  })
  return { ...read, streams, created, updated, ...(existing ? { existing } : {}) }
}
