import { actorOperations } from './actors.ts'
import { connectionOperations } from './connections.ts'
import { definitionOperations } from './definitions.ts'
import { checkForUpdateOperation, checkOperation, discoverOperation } from './inspection.ts'
import { instanceOperations } from './instance.ts'
import { jobOperations } from './jobs.ts'
import type { Operation } from './operation.ts'
import { stateOperations } from './state.ts'

/** Every operation of the Config API that the engine speaks, by its path under /api/v1. */
export const operations: Readonly<Record<string, Operation>> = {
  ...instanceOperations,
  ...definitionOperations('source'),
  ...definitionOperations('destination'),
  ...actorOperations('source'),
  ...actorOperations('destination'),
  '/sources/check_connection': checkOperation('source'),
  '/destinations/check_connection': checkOperation('destination'),
  '/sources/check_connection_for_update': checkForUpdateOperation('source'),
  '/destinations/check_connection_for_update': checkForUpdateOperation('destination'),
  '/sources/discover_schema': discoverOperation,
  ...connectionOperations,
  ...stateOperations,
  ...jobOperations,
}
