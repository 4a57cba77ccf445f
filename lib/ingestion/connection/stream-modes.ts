import type { AirbyteStream, Json, StreamConfiguration } from '../../airbyte/types.ts'
import type { Fault } from '../../errors.ts'
import { isObject } from '../config/spec-schema.ts'

/** How a user wants a stream moved; what is left out is decided here. */
export interface StreamChoice {
  name: string
  namespace?: string | undefined
  syncMode?: string | undefined
  destinationSyncMode?: string | undefined
  /** A field's name, or the path to it. */
  cursorField?: string | readonly string[] | undefined
  primaryKey?: readonly (string | readonly string[])[] | undefined
  selected?: boolean | undefined
  fields?: readonly string[] | undefined
  asText?: readonly string[] | undefined
}

export interface Modes {
  configuration: StreamConfiguration
  /** Why, when the sync mode was not told. */
  why?: string
  faults: readonly Fault[]
}

type Path = readonly string[]

const fieldsShown = 30

/**
 * Incremental where there is a cursor, deduplicated where key and destination allow it, else the whole stream anew. What
 * was told is kept, and refused where it cannot work. `destinationModes` undefined = Airbyte does not tell, so all pass.
 */
export const chooseModes = (
  stream: AirbyteStream,
  choice: Partial<StreamChoice>,
  destinationModes: readonly string[] | undefined,
  at: string,
): Modes => {
  const faults: Fault[] = []
  const refuse = (field: string, message: string) => {
    faults.push({ pointer: `${at}/${field}`, message })
  }
  const takes = (mode: string) => destinationModes === undefined || destinationModes.includes(mode)

  const cursor = cursorOf(stream, choice, refuse)
  const key = keyOf(stream, choice, refuse)
  const isIncrementalOffered = stream.supportedSyncModes?.includes('incremental') === true
  const told = choice.destinationSyncMode
  const syncMode =
    choice.syncMode ??
    (told === 'overwrite' || told === 'overwrite_dedup'
      ? 'full_refresh'
      : choice.cursorField !== undefined || (isIncrementalOffered && (cursor.length > 0 || stream.sourceDefinedCursor))
        ? 'incremental'
        : 'full_refresh')
  const isIncremental = syncMode === 'incremental'

  const offered = stream.supportedSyncModes ?? ['full_refresh']
  if (!offered.includes(syncMode))
    refuse(
      choice.syncMode === undefined ? 'cursorField' : 'syncMode',
      `the source offers ${offered.join(', ')} for this stream`,
    )
  else if (isIncremental && cursor.length === 0 && !stream.sourceDefinedCursor && choice.cursorField === undefined)
    refuse('cursorField', `is required for incremental; the stream has ${fieldNames(stream)}`)

  const destinationSyncMode =
    told ??
    (isIncremental
      ? key.length > 0 && destinationModes?.includes('append_dedup')
        ? 'append_dedup'
        : 'append'
      : takes('overwrite')
        ? 'overwrite'
        : 'append')
  if (!takes(destinationSyncMode))
    refuse('destinationSyncMode', `the destination takes ${(destinationModes ?? []).join(', ')}`)
  if (isIncremental && destinationSyncMode.startsWith('overwrite'))
    refuse(
      'destinationSyncMode',
      'must be append or append_dedup for an incremental stream, or nothing older would stay',
    )
  if (!isIncremental && destinationSyncMode === 'append_dedup')
    refuse(
      'destinationSyncMode',
      'append_dedup needs an incremental stream; use overwrite or append for a full refresh',
    )
  if (destinationSyncMode.endsWith('_dedup') && key.length === 0)
    refuse('primaryKey', `is required for ${destinationSyncMode}; the stream has ${fieldNames(stream)}`)

  const asText = choice.asText ?? []
  for (const [index, name] of asText.entries())
    if (!hasField(stream, [name]))
      refuse(`asText/${index}`, `is not a field of the stream; it has ${fieldNames(stream)}`)
  const fields = fieldsOf(stream, choice, isIncremental ? [cursor, ...key] : key, refuse)
  return {
    configuration: {
      syncMode,
      destinationSyncMode,
      cursorField: isIncremental ? cursor : [],
      primaryKey: key,
      ...(fields ? { fieldSelectionEnabled: true, selectedFields: fields.map((name) => ({ fieldPath: [name] })) } : {}),
      ...(asText.length > 0 ? { asText } : {}),
    },
    ...(choice.syncMode === undefined ? { why: whyOf(stream, choice, syncMode, destinationSyncMode) } : {}),
    faults,
  }
}

type Refuse = (field: string, message: string) => void

const cursorOf = (stream: AirbyteStream, choice: Partial<StreamChoice>, refuse: Refuse): Path => {
  const own = stream.defaultCursorField ?? []
  if (choice.cursorField === undefined) return own
  const path = pathOf(choice.cursorField)
  if (stream.sourceDefinedCursor && !isSame(path, own))
    refuse('cursorField', `is defined by the source${own.length > 0 ? ` (${own.join('.')})` : ''}: leave it out`)
  else if (!stream.sourceDefinedCursor && !hasField(stream, path))
    refuse('cursorField', `is not a field of the stream; it has ${fieldNames(stream)}`)
  return path
}

const keyOf = (stream: AirbyteStream, choice: Partial<StreamChoice>, refuse: Refuse): readonly Path[] => {
  const own = stream.sourceDefinedPrimaryKey ?? []
  if (choice.primaryKey === undefined) return own
  const key = choice.primaryKey.map(pathOf)
  if (own.length > 0 && !(key.length === own.length && own.every((path) => key.some((one) => isSame(one, path)))))
    refuse('primaryKey', `is defined by the source (${own.map((path) => path.join('.')).join(', ')}): leave it out`)
  key.forEach((path, index) => {
    if (!hasField(stream, path))
      refuse(`primaryKey/${index}`, `is not a field of the stream; it has ${fieldNames(stream)}`)
  })
  return key
}

const fieldsOf = (
  stream: AirbyteStream,
  { fields }: Partial<StreamChoice>,
  needed: readonly Path[],
  refuse: Refuse,
) => {
  fields?.forEach((name, index) => {
    if (!hasField(stream, [name]))
      refuse(`fields/${index}`, `is not a field of the stream; it has ${fieldNames(stream)}`)
  })
  for (const [name] of needed)
    if (name !== undefined && fields && !fields.includes(name))
      refuse('fields', `must hold ${JSON.stringify(name)}, which is the cursor or part of the key`)
  return fields
}

const whyOf = (
  stream: AirbyteStream,
  choice: Partial<StreamChoice>,
  syncMode: string,
  destinationMode: string,
): string => {
  if (syncMode === 'full_refresh')
    return choice.destinationSyncMode?.startsWith('overwrite')
      ? 'the destination mode replaces everything'
      : 'no cursor is known: name a cursorField to copy only what changed'
  const cursor =
    choice.cursorField !== undefined
      ? 'a cursor was named'
      : stream.sourceDefinedCursor
        ? 'the source has its own cursor'
        : 'the source proposes a cursor'
  return destinationMode === 'append_dedup' ? `${cursor}, and key and destination allow one row a key` : cursor
}

const pathOf = (field: string | Path): Path => (typeof field === 'string' ? [field] : field)
const isSame = (a: Path, b: Path) => a.length === b.length && a.every((part, index) => part === b[index])

/** A stream without a described shape is not checked. */
const hasField = (stream: AirbyteStream, path: Path): boolean => {
  let at: Json | undefined = stream.jsonSchema ?? undefined
  for (const part of path) {
    if (!at || !isObject(at.properties)) return true
    if (!Object.hasOwn(at.properties, part)) return false
    const next: unknown = at.properties[part]
    at = isObject(next) ? next : undefined
  }
  return true
}

const fieldNames = (stream: AirbyteStream): string => {
  const names = isObject(stream.jsonSchema?.properties) ? Object.keys(stream.jsonSchema.properties).sort() : []
  return names.length === 0
    ? 'none'
    : names.slice(0, fieldsShown).join(', ') + (names.length > fieldsShown ? ', …' : '')
}
