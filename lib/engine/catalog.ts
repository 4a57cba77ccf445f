import type { ConfiguredStream, DestinationSyncMode, Stream, SyncMode } from '../connectors/connector.ts'
import { IngestionError } from '../errors.ts'
import { streamKey } from './job.ts'

/** A stream and how it is to be moved, as the Config API has it (AirbyteStreamAndConfiguration). */
export interface CatalogEntry {
  stream: Stream
  config: StreamConfig
}

export interface StreamConfig {
  syncMode: SyncMode
  destinationSyncMode: DestinationSyncMode
  cursorField: readonly string[]
  primaryKey: readonly (readonly string[])[]
  aliasName: string
  selected: boolean
  suggested: boolean
  fieldSelectionEnabled: boolean
  selectedFields: readonly { fieldPath: readonly string[] }[]
  /** Not Airbyte's: columns to carry as the source's own text, see ConfiguredStream. */
  asText?: readonly string[]
}

/** What a client sends: a stream may be only named, and most of the configuration may be missing. */
export interface GivenEntry {
  stream: Pick<Stream, 'name'> & Loosely<Omit<Stream, 'name'>>
  config: Pick<StreamConfig, 'syncMode' | 'destinationSyncMode'> &
    Loosely<Omit<StreamConfig, 'syncMode' | 'destinationSyncMode'>>
}

type Loosely<T> = { [Key in keyof T]?: T[Key] | undefined }

/** A discovered stream with the configuration that Airbyte proposes for it (CatalogConverter, 2.0.0). */
export const proposedEntry = (stream: Stream, isOnlyStream: boolean): CatalogEntry => ({
  stream,
  config: {
    ...proposedModes(stream),
    cursorField: stream.defaultCursorField,
    primaryKey: stream.sourceDefinedPrimaryKey,
    aliasName: stream.name,
    selected: isOnlyStream,
    suggested: isOnlyStream,
    fieldSelectionEnabled: false,
    selectedFields: [],
  },
})

/**
 * The selected streams of a client's catalog, complete: a stream that is only named is taken from what the source offers.
 * Throws invalid_input for a stream that the source does not have, one given twice, and a deselected cursor or key.
 */
export const resolveCatalog = (given: readonly GivenEntry[], discovered: readonly Stream[]): CatalogEntry[] => {
  const offered = new Map(discovered.map((stream) => [streamKey(stream), stream]))
  const seen = new Set<string>()
  return given
    .filter(({ config }) => config.selected !== false)
    .map(({ stream, config }) => {
      const key = streamKey(stream)
      if (seen.has(key)) throw new IngestionError('invalid_input', `The stream ${nameOf(stream)} is given twice.`)
      seen.add(key)
      return resolveEntry(stream, config, offered.get(key))
    })
}

/** Throws invalid_input for the first selected stream with a mode that the destination does not have. */
export const refuseUnsupportedModes = (
  given: readonly GivenEntry[],
  destination: string,
  supported: readonly DestinationSyncMode[],
): void => {
  const entry = given.find(({ config }) => config.selected !== false && !supported.includes(config.destinationSyncMode))
  if (!entry) return
  const { stream, config } = entry
  throw new IngestionError(
    'invalid_input',
    `The stream ${nameOf(stream)} has destinationSyncMode ${config.destinationSyncMode}, which ${destination} does not support: use ${supported.join(' or ')}.`,
  )
}

/** Whether every stream says by itself what it is, so that no discovered catalog is needed. */
export const isSelfContained = (given: readonly GivenEntry[]): boolean =>
  given.every(({ stream }) => stream.jsonSchema && stream.supportedSyncModes?.length)

/** The stream in the words of the connectors. */
export const configuredStream = ({ stream, config }: CatalogEntry): ConfiguredStream => ({
  name: stream.name,
  ...(stream.namespace ? { namespace: stream.namespace } : {}),
  syncMode: config.syncMode,
  destinationSyncMode: config.destinationSyncMode,
  cursorField: stream.sourceDefinedCursor ? stream.defaultCursorField : config.cursorField,
  primaryKey: stream.sourceDefinedPrimaryKey.length > 0 ? stream.sourceDefinedPrimaryKey : config.primaryKey,
  ...(config.fieldSelectionEnabled
    ? { fields: config.selectedFields.flatMap(({ fieldPath: [name] }) => (name === undefined ? [] : [name])) }
    : {}),
  ...(config.asText?.length ? { asText: config.asText } : {}),
})

const proposedModes = (stream: Stream): Pick<StreamConfig, 'syncMode' | 'destinationSyncMode'> => {
  if (stream.sourceDefinedCursor && stream.sourceDefinedPrimaryKey.length > 0)
    return { syncMode: 'incremental', destinationSyncMode: 'append_dedup' }
  if (!stream.supportedSyncModes.includes('full_refresh'))
    return { syncMode: 'incremental', destinationSyncMode: 'append' }
  return { syncMode: 'full_refresh', destinationSyncMode: 'overwrite' }
}

const resolveEntry = (
  given: GivenEntry['stream'],
  config: GivenEntry['config'],
  offered: Stream | undefined,
): CatalogEntry => {
  const stream = resolveStream(given, offered)
  const entry: CatalogEntry = {
    stream,
    config: {
      syncMode: config.syncMode,
      destinationSyncMode: config.destinationSyncMode,
      cursorField: config.cursorField ?? stream.defaultCursorField,
      primaryKey: config.primaryKey ?? stream.sourceDefinedPrimaryKey,
      aliasName: config.aliasName ?? stream.name,
      selected: true,
      suggested: config.suggested ?? false,
      fieldSelectionEnabled: config.fieldSelectionEnabled ?? false,
      selectedFields: config.selectedFields ?? [],
      ...(config.asText ? { asText: config.asText } : {}),
    },
  }
  refuseDeselectedKeys(entry)
  return entry
}

const resolveStream = (given: GivenEntry['stream'], offered: Stream | undefined): Stream => {
  if (!offered && !(given.jsonSchema && given.supportedSyncModes?.length))
    throw new IngestionError('invalid_input', `The source has no stream ${nameOf(given)}: discover its schema first.`)
  return {
    name: given.name,
    ...(given.namespace ? { namespace: given.namespace } : {}),
    jsonSchema: given.jsonSchema ?? offered?.jsonSchema ?? {},
    supportedSyncModes: given.supportedSyncModes ?? offered?.supportedSyncModes ?? [],
    sourceDefinedCursor: given.sourceDefinedCursor ?? offered?.sourceDefinedCursor ?? false,
    defaultCursorField: given.defaultCursorField ?? offered?.defaultCursorField ?? [],
    sourceDefinedPrimaryKey: given.sourceDefinedPrimaryKey ?? offered?.sourceDefinedPrimaryKey ?? [],
  }
}

const refuseDeselectedKeys = (entry: CatalogEntry) => {
  const { fields, cursorField, primaryKey, syncMode, destinationSyncMode } = configuredStream(entry)
  if (!fields) return
  const needed = [
    ...(syncMode === 'incremental' ? cursorField.slice(0, 1) : []),
    ...(destinationSyncMode === 'append_dedup' ? primaryKey.flatMap((path) => path.slice(0, 1)) : []),
  ]
  const missing = needed.filter((field) => !fields.includes(field))
  if (missing.length > 0)
    throw new IngestionError(
      'invalid_input',
      `The stream ${nameOf(entry.stream)} needs its cursor and primary key: select ${missing.join(', ')}.`,
    )
}

const nameOf = ({ namespace, name }: { name: string; namespace?: string | undefined }) =>
  namespace ? `${namespace}.${name}` : name
