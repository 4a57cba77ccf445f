import type { ConfiguredStream } from '../connector.ts'
import { cursorWarnings } from '../cursor-warnings.ts'
import type { RestConfig } from './config.ts'
import { cursorOf } from './cursor.ts'
import { type Page, readPages } from './pages.ts'
import { RestTransport } from './transport.ts'

/** See Source.warnings. Looks at the first page only, in one request that is not repeated. */
export const warnings = async (
  config: RestConfig,
  streams: readonly ConfiguredStream[],
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const field = config.incremental?.cursorField
  if (field === undefined) return []
  const pages = readPages(config, new RestTransport(config, signal, 1))
  const { value: first }: { value: Page | undefined } = await pages.next()
  await pages.return(undefined)
  const records = first?.records ?? []
  const rows = records.some((record) => cursorOf(record[field]) === undefined) ? 'some' : 0
  return await cursorWarnings(streams, async () => ({ rows, values: 'no text and no number' }))
}
