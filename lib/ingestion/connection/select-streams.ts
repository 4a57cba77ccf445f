import type { AirbyteStream, Catalog, CatalogEntry, StreamConfiguration } from '../../airbyte/types.ts'
import type { Fault } from '../../errors.ts'
import { isObject } from '../config/spec-schema.ts'
import { chooseModes, type StreamChoice } from './stream-modes.ts'

export type { StreamChoice } from './stream-modes.ts'

export interface SelectedStream {
  name: string
  namespace?: string
  syncMode: string
  destinationSyncMode: string
  cursorField?: string[]
  primaryKey?: string[][]
  fields?: string[]
  asText?: string[]
  why?: string
}

export interface Selection {
  /** To send: whole discovered stream objects, by namespace and name. */
  catalog: Catalog
  streams: SelectedStream[]
  faults: readonly Fault[]
}

const namesShown = 20

/** What to sync: every discovered stream, or the chosen ones, each choice checked against what the source and the destination can do. */
export const selectStreams = (
  discovered: Catalog,
  choices: readonly StreamChoice[] | undefined,
  destinationModes: readonly string[] | undefined,
): Selection => {
  const faults: Fault[] = []
  const entries = discovered.streams.filter((entry) => isObject(entry.stream))
  const picked = choices
    ? pick(entries, choices, faults)
    : entries.map((entry) => ({ entry, choice: undefined, at: '' }))
  const chosen = picked
    .map(({ entry, choice, at }) => {
      const modes = chooseModes(entry.stream, choice ?? {}, destinationModes, at)
      faults.push(...modes.faults)
      return { entry, ...modes }
    })
    .sort((a, b) => order(a.entry.stream, b.entry.stream))
  return {
    catalog: {
      streams: chosen.map(({ entry, configuration }) => ({ stream: entry.stream, config: sent(entry, configuration) })),
    },
    streams: chosen.map(({ entry, configuration, why }) => shownStream(entry.stream, configuration, why)),
    faults,
  }
}

interface Picked {
  entry: CatalogEntry
  choice: StreamChoice | undefined
  at: string
}

/** Choices that only leave streams out select all the others. */
const pick = (
  entries: readonly CatalogEntry[],
  choices: readonly StreamChoice[],
  faults: Fault[],
): readonly Picked[] => {
  const seen = new Set<CatalogEntry>()
  const named = choices.flatMap((choice, index): Picked[] => {
    const at = `/streams/${index}`
    const entry = lookUp(entries, choice, at, faults)
    if (!entry) return []
    if (seen.has(entry)) faults.push({ pointer: at, message: 'names a stream that is named before' })
    seen.add(entry)
    return [{ entry, choice, at }]
  })
  if (choices.every(({ selected }) => selected === false))
    return entries.filter((entry) => !seen.has(entry)).map((entry) => ({ entry, choice: undefined, at: '' }))
  return named.filter(({ choice }) => choice?.selected !== false)
}

const lookUp = (
  entries: readonly CatalogEntry[],
  { name, namespace }: StreamChoice,
  at: string,
  faults: Fault[],
): CatalogEntry | undefined => {
  const sameName = entries.filter((entry) => entry.stream.name === name)
  const found =
    namespace === undefined ? sameName : sameName.filter(({ stream }) => (stream.namespace ?? '') === namespace)
  if (found.length === 1) return found[0]
  const namespaces = sameName.map(({ stream }) => stream.namespace ?? '')
  if (found.length > 1)
    faults.push({ pointer: `${at}/namespace`, message: `is needed, since several have it: ${listed(namespaces)}` })
  else if (sameName.length > 0)
    faults.push({
      pointer: `${at}/namespace`,
      message: `has no stream ${JSON.stringify(name)}; it is in ${listed(namespaces)}`,
    })
  else
    faults.push({
      pointer: `${at}/name`,
      message: `is not a stream of the source; it has ${listed(nearestFirst(entries, name))}`,
    })
  return undefined
}

const nearestFirst = (entries: readonly CatalogEntry[], name: string): readonly string[] => {
  const wanted = name.toLowerCase()
  const isNear = (one: string) => one.toLowerCase().includes(wanted) || wanted.includes(one.toLowerCase())
  const names = [...new Set(entries.map(({ stream }) => stream.name))].sort()
  return [...names.filter(isNear), ...names.filter((one) => !isNear(one))]
}

const listed = (names: readonly string[]) =>
  names.length === 0
    ? 'none'
    : names.slice(0, namesShown).join(', ') + (names.length > namesShown ? `, … (${names.length})` : '')

const order = (a: AirbyteStream, b: AirbyteStream): number =>
  compare(a.namespace ?? '', b.namespace ?? '') || compare(a.name, b.name)
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const sent = ({ stream, config }: CatalogEntry, chosen: StreamConfiguration): StreamConfiguration => ({
  ...(config?.aliasName ? { aliasName: config.aliasName } : { aliasName: stream.name }),
  ...chosen,
  selected: true,
})

/** A selected stream in this API's words. */
export const shownStream = (
  stream: AirbyteStream,
  configuration: StreamConfiguration,
  why: string | undefined,
): SelectedStream => ({
  name: stream.name,
  ...(stream.namespace ? { namespace: stream.namespace } : {}),
  syncMode: configuration.syncMode,
  destinationSyncMode: configuration.destinationSyncMode,
  ...(configuration.cursorField?.length ? { cursorField: [...configuration.cursorField] } : {}),
  ...(configuration.primaryKey?.length ? { primaryKey: configuration.primaryKey.map((path) => [...path]) } : {}),
  ...(configuration.fieldSelectionEnabled && configuration.selectedFields
    ? { fields: configuration.selectedFields.map(({ fieldPath }) => fieldPath.join('.')) }
    : {}),
  ...(configuration.asText?.length ? { asText: [...configuration.asText] } : {}),
  ...(why ? { why } : {}),
})
