import { jsonSchemaOf } from '../columns/json-schema.ts'
import type { Stream } from '../connector.ts'
import type { RestConfig } from './config.ts'
import { readPages } from './pages.ts'
import { sample } from './read.ts'
import { RestTransport } from './transport.ts'

/** One stream, described by its first records. */
export const discover = async (config: RestConfig, signal: AbortSignal): Promise<readonly Stream[]> => {
  const { incremental, primaryKey, streamName: name } = config
  const start = incremental?.startValue
  const parameters = incremental && start !== undefined ? { [incremental.queryParameter]: start } : {}
  const { fields } = await sample(readPages(config, new RestTransport(config, signal), parameters))
  const properties = Object.fromEntries(fields.map((field) => [field.name, jsonSchemaOf(field.type)]))
  return [
    {
      name,
      jsonSchema: { type: 'object', properties },
      supportedSyncModes: incremental ? ['full_refresh', 'incremental'] : ['full_refresh'],
      sourceDefinedCursor: incremental !== undefined,
      defaultCursorField: incremental ? [incremental.cursorField] : [],
      sourceDefinedPrimaryKey: primaryKey.map((key) => [key]),
    },
  ]
}
