import * as z from 'zod'
import type { DestinationSyncMode } from '../../connectors/connector.ts'
import { timeUnits } from '../connection.ts'
import { id, jsonObject, oneOf, optional } from './wire.ts'

const names = z.array(z.string())

/** Airbyte's newer names for what the connectors know under an older one. */
const destinationSyncMode = oneOf(['append', 'overwrite', 'append_dedup', 'overwrite_dedup'] as const).transform(
  (mode): DestinationSyncMode => (mode === 'overwrite_dedup' ? 'append_dedup' : mode),
)

const entry = z.object({
  stream: z.object({
    name: z.string(),
    namespace: optional(z.string()),
    jsonSchema: optional(jsonObject),
    supportedSyncModes: optional(z.array(oneOf(['full_refresh', 'incremental'] as const))),
    sourceDefinedCursor: optional(z.boolean()),
    defaultCursorField: optional(names),
    sourceDefinedPrimaryKey: optional(z.array(names)),
  }),
  config: z.object({
    syncMode: oneOf(['full_refresh', 'incremental'] as const),
    destinationSyncMode,
    cursorField: optional(names),
    primaryKey: optional(z.array(names)),
    aliasName: optional(z.string()),
    selected: optional(z.boolean()),
    suggested: optional(z.boolean()),
    fieldSelectionEnabled: optional(z.boolean()),
    selectedFields: optional(z.array(z.object({ fieldPath: z.preprocess((path) => path ?? [], names) }))),
    asText: optional(names),
  }),
})

const basicSchedule = z.object({ units: z.int().positive(), timeUnit: oneOf(timeUnits) })

/** What ConnectionCreate and ConnectionUpdate share. */
const shared = {
  name: optional(z.string()),
  namespaceDefinition: optional(oneOf(['source', 'destination', 'customformat'] as const)),
  namespaceFormat: optional(z.string()),
  prefix: optional(z.string()),
  syncCatalog: optional(z.object({ streams: z.array(entry) })),
  schedule: optional(basicSchedule),
  scheduleType: optional(oneOf(['manual', 'basic', 'cron'] as const)),
  scheduleData: optional(
    z.object({
      basicSchedule: optional(basicSchedule),
      cron: optional(z.object({ cronExpression: z.string(), cronTimeZone: z.string() })),
    }),
  ),
  operationIds: optional(z.array(id)),
  resourceRequirements: optional(jsonObject),
  sourceCatalogId: optional(id),
  destinationCatalogId: optional(id),
  dataplaneGroupId: optional(id),
  notifySchemaChanges: optional(z.boolean()),
  notifySchemaChangesByEmail: optional(z.boolean()),
  nonBreakingChangesPreference: optional(oneOf(['ignore', 'disable', 'propagate_columns', 'propagate_fully'] as const)),
  backfillPreference: optional(oneOf(['enabled', 'disabled'] as const)),
  tags: optional(z.array(jsonObject)),
}

const status = oneOf(['active', 'inactive', 'deprecated'] as const)

export const connectionCreate = z.object({ ...shared, sourceId: id, destinationId: id, status })

export const connectionUpdate = z.object({ ...shared, connectionId: id, status: optional(status) })

export type ConnectionInput = Omit<z.output<typeof connectionUpdate>, 'connectionId'>
