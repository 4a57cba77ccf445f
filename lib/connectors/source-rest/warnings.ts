import type { ConfiguredStream } from '../connector.ts'
import { cursorWarnings } from '../cursor-warnings.ts'
import type { RestConfig } from './config.ts'
import { cursorAt } from './cursor.ts'
import { readPages } from './pages.ts'
import { startParameters } from './read.ts'
import { RestTransport } from './transport.ts'

/** See Source.warnings. Looks at the first page of each stream only, in one request that is not repeated. */
export const warnings = async (
  config: RestConfig,
  streams: readonly ConfiguredStream[],
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const transport = new RestTransport(config, 1)
  return await cursorWarnings(streams, async ({ name }) => {
    const stream = config.streams.find((one) => one.name === name)
    const field = stream?.incremental?.cursorField
    if (!stream || field === undefined) return { rows: 0, values: '' }
    const pages = readPages(config, stream, transport, {
      ...{ signal, parameters: startParameters(stream, undefined), ahead: false },
    })
    const { value: page } = await pages.next()
    await pages.return(undefined)
    const { json, records } = page ?? { json: undefined, records: [] }
    const isWithout = (record: number) => {
      const at = json?.kind(record) === 'object' ? json.member(record, field) : undefined
      return at === undefined || !json || cursorAt(json, at) === undefined
    }
    return { rows: records.some(isWithout) ? 'some' : 0, values: 'no text and no number' }
  })
}
