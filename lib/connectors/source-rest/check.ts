import { type Fault, IngestionError } from '../../errors.ts'
import type { RestConfig, RestStream } from './config.ts'
import { type Page, readPages } from './pages.ts'
import { startParameters } from './read.ts'
import { RestTransport } from './transport.ts'

/** One request for each stream, not repeated. */
export const check = async (config: RestConfig, signal: AbortSignal): Promise<readonly Fault[]> => {
  const transport = new RestTransport(config, 1)
  const faults: Fault[] = []
  for (const stream of config.streams) {
    const where = config.streams.length > 1 ? `stream ${stream.name}: ` : ''
    for (const { pointer, message } of await checkStream(config, stream, transport, signal))
      faults.push({ pointer, message: where + message })
  }
  return faults
}

const checkStream = async (
  config: RestConfig,
  stream: RestStream,
  transport: RestTransport,
  signal: AbortSignal,
): Promise<readonly Fault[]> => {
  const pages = readPages(config, stream, transport, {
    ...{ signal, parameters: startParameters(stream, undefined), ahead: false },
  })
  try {
    const { value } = await pages.next()
    return faultsOf(stream, value)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof IngestionError)) throw error
    return error.errors.length > 0 ? error.errors : [{ pointer: '/url', message: error.message }]
  } finally {
    await pages.return(undefined)
  }
}

const faultsOf = (stream: RestStream, page: Page | undefined): readonly Fault[] => {
  const { json, records } = page ?? {}
  const keys = new Set<string>()
  for (const record of records ?? [])
    if (json?.kind(record) === 'object') for (const [key] of json.members(record)) keys.add(key)
  if (keys.size === 0) return []
  const missing = (pointer: string, name: string): Fault[] => {
    if (keys.has(name)) return []
    const known = [...keys].slice(0, 20).join(', ')
    return [{ pointer, message: `${pointer.slice(1)} is "${name}", and no record has it (they have: ${known})` }]
  }
  return [
    ...(stream.incremental ? missing('/incremental/cursor_field', stream.incremental.cursorField) : []),
    ...stream.primaryKey.flatMap((name) => missing('/primary_key', name)),
  ]
}
