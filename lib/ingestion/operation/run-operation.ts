import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { checkActor } from '../actor/check-actor.ts'
import { getSchema } from '../actor/get-schema.ts'
import { createIngestion } from '../connection/create-ingestion.ts'
import { refreshSchema } from '../connection/refresh-schema.ts'
import { updateIngestion } from '../connection/update-ingestion.ts'
import { findSync } from '../sync/find-sync.ts'
import type { Operation } from './operation.ts'
import { type OperationEnd, streamKey } from './operation-end.ts'

/** A state's output has to stay below 256 KiB. */
const outputBytes = 200 * 1024
const errorsKept = 100

const fits = (result: unknown): boolean => Buffer.byteLength(JSON.stringify(result)) <= outputBytes

/** Does the work. An error of this project is an answer too; any other is thrown, for the state machine to tell. */
export const runOperation = async (
  services: Services,
  operation: Operation,
  signal: AbortSignal,
): Promise<OperationEnd> => {
  try {
    return await run(services, operation, signal)
  } catch (error) {
    if (!(error instanceof IngestionError)) throw error
    const { code, message, errors, details } = error
    return { kind: 'failed', failure: { code, message, errors: errors.slice(0, errorsKept), details } }
  }
}

const run = async (services: Services, operation: Operation, signal: AbortSignal): Promise<OperationEnd> => {
  switch (operation.kind) {
    case 'check':
      return { kind: 'check', result: await checkActor(services, operation.actor, operation.id, signal) }
    case 'schema': {
      const result = await getSchema(services, operation, signal)
      return {
        kind: 'schema',
        id: operation.id,
        ...(operation.stream === undefined ? {} : { stream: operation.stream }),
        ...(fits(result) ? { result } : {}),
      }
    }
    case 'create-ingestion': {
      const { id, created, updated, existing, streams } = await createIngestion(services, operation.request, signal)
      const whys = Object.fromEntries(streams.flatMap((one) => (one.why ? [[streamKey(one), one.why]] : [])))
      return {
        kind: 'create-ingestion',
        id,
        created,
        updated,
        ...(existing ? { existing } : {}),
        ...(fits(whys) ? { whys } : {}),
      }
    }
    case 'update-ingestion':
      return { kind: 'update-ingestion', id: (await updateIngestion(services, operation.request, signal)).id }
    case 'find-sync':
      return { kind: 'find-sync', result: await findSync(services, operation, signal) }
    case 'refresh-schema': {
      const result = await refreshSchema(services, operation, signal)
      if (!fits(result))
        throw new IngestionError(
          'timed_out',
          `The schema has been compared${result.applied ? ' and applied' : ''}, but its changes are too many to be kept for later. Ask again: Airbyte remembers the schema now.`,
        )
      return { kind: 'refresh-schema', result }
    }
  }
}
