import { jsonSchemaOf } from '../columns/json-schema.ts'
import type { Stream } from '../connector.ts'
import type { RestConfig, RestStream } from './config.ts'
import { readPages } from './pages.ts'
import { sample, startParameters } from './read.ts'
import { RestTransport } from './transport.ts'

/** Each stream, described by its first records. */
export const discover = async (config: RestConfig, signal: AbortSignal): Promise<readonly Stream[]> => {
  const transport = new RestTransport(config)
  const found: Stream[] = []
  for (const stream of config.streams) found.push(await describe(config, stream, transport, signal))
  return found
}

const describe = async (
  config: RestConfig,
  stream: RestStream,
  transport: RestTransport,
  signal: AbortSignal,
): Promise<Stream> => {
  const { incremental, primaryKey, name } = stream
  const parameters = startParameters(stream, undefined)
  const reading = readPages(config, stream, transport, { signal, parameters, ahead: false })
  const { fields } = await sample(reading)
  await reading.return(undefined)
  return {
    name,
    jsonSchema: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field.name, jsonSchemaOf(field.type)])),
    },
    supportedSyncModes: incremental ? ['full_refresh', 'incremental'] : ['full_refresh'],
    sourceDefinedCursor: incremental !== undefined,
    defaultCursorField: incremental ? [incremental.cursorField] : [],
    sourceDefinedPrimaryKey: primaryKey.map((key) => [key]),
  }
}
