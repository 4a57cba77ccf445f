import { type Fault, IngestionError } from '../../errors.ts'
import type { RestConfig } from './config.ts'
import { type Page, readPages } from './pages.ts'
import { RestTransport } from './transport.ts'

/** One request, not repeated. */
export const check = async (config: RestConfig, signal: AbortSignal): Promise<readonly Fault[]> => {
  try {
    const pages = readPages(config, new RestTransport(config, signal, 1))
    const { value } = await pages.next()
    await pages.return(undefined)
    return faultsOf(config, value)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof IngestionError)) throw error
    return error.errors.length > 0 ? error.errors : [{ pointer: '/url', message: error.message }]
  }
}

const faultsOf = (config: RestConfig, page: Page | undefined): readonly Fault[] => {
  const first = page?.records[0]
  if (!first) return []
  const missing = (pointer: string, name: string): Fault[] => {
    if (page.records.some((record) => Object.hasOwn(record, name))) return []
    const message = `${pointer.slice(1)} is "${name}", and no record has it (they have: ${Object.keys(first).slice(0, 20).join(', ')})`
    return [{ pointer, message }]
  }
  return [
    ...(config.incremental ? missing('/incremental/cursor_field', config.incremental.cursorField) : []),
    ...config.primaryKey.flatMap((name) => missing('/primary_key', name)),
  ]
}
