import type { AirbyteStream, Catalog, CatalogEntry, Json, StreamConfiguration } from '../../airbyte/types.ts'
import { isObject } from '../config/spec-schema.ts'

export interface FieldChange {
  field: string
  change: 'added' | 'removed' | 'type_changed'
}

export interface StreamChange {
  name: string
  namespace?: string
  change: 'removed' | 'changed'
  fields: FieldChange[]
  /** Why the stream cannot go on with its present settings. */
  breaking?: string
}

export interface CatalogDiff {
  changes: StreamChange[]
  /** Streams of the source that the ingestion leaves out. */
  available: { name: string; namespace?: string }[]
  /** The selected streams as the source has them now, with their settings. */
  next: Catalog
}

/** What has changed in a source since its streams were selected. */
export const diffCatalogs = (selected: Catalog, discovered: Catalog): CatalogDiff => {
  const now = new Map(discovered.streams.map((entry) => [keyOf(entry.stream), entry.stream]))
  const changes: StreamChange[] = []
  const next: CatalogEntry[] = []
  for (const entry of selected.streams) {
    const stream = now.get(keyOf(entry.stream))
    now.delete(keyOf(entry.stream))
    if (!stream) {
      changes.push({ ...named(entry.stream), change: 'removed', fields: [] })
      continue
    }
    const fields = fieldChanges(entry.stream.jsonSchema ?? {}, stream.jsonSchema ?? {})
    const breaking = entry.config ? breakingOf(stream, entry.config) : undefined
    if (fields.length > 0 || breaking !== undefined || hasNewKeys(entry.stream, stream))
      changes.push({
        ...named(stream),
        change: 'changed',
        fields,
        ...(breaking === undefined ? {} : { breaking }),
      })
    next.push({ stream, config: entry.config ? carriedOver(stream, entry.config) : null })
  }
  return { changes, available: [...now.values()].map(named), next: { streams: next } }
}

const keyOf = ({ name, namespace }: AirbyteStream) => JSON.stringify([namespace ?? '', name])

const named = ({ name, namespace }: AirbyteStream) => ({ name, ...(namespace ? { namespace } : {}) })

const fieldsOf = (schema: Json): Readonly<Record<string, unknown>> =>
  isObject(schema.properties) ? schema.properties : {}

const fieldChanges = (before: Json, after: Json): FieldChange[] => {
  const [old, fresh] = [fieldsOf(before), fieldsOf(after)]
  const changes: FieldChange[] = []
  for (const field of Object.keys(old))
    if (!Object.hasOwn(fresh, field)) changes.push({ field, change: 'removed' })
    else if (typeOf(old[field]) !== typeOf(fresh[field])) changes.push({ field, change: 'type_changed' })
  for (const field of Object.keys(fresh)) if (!Object.hasOwn(old, field)) changes.push({ field, change: 'added' })
  return changes.sort((a, b) => (a.field < b.field ? -1 : 1))
}

/** Equal for the same type, whatever the order of its members; a description is not part of it. */
const typeOf = (schema: unknown): string =>
  JSON.stringify(schema, (key, value: unknown) => {
    if (key === 'description' || key === 'title') return undefined
    if (Array.isArray(value)) return [...value].sort()
    return isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value
  }) ?? ''

const hasNewKeys = (before: AirbyteStream, after: AirbyteStream) =>
  JSON.stringify([before.sourceDefinedPrimaryKey ?? [], before.sourceDefinedCursor ?? false]) !==
  JSON.stringify([after.sourceDefinedPrimaryKey ?? [], after.sourceDefinedCursor ?? false])

const breakingOf = (stream: AirbyteStream, config: StreamConfiguration): string | undefined => {
  const fields = fieldsOf(stream.jsonSchema ?? {})
  const isGone = (path: readonly string[]) => path[0] !== undefined && !Object.hasOwn(fields, path[0])
  const modes = stream.supportedSyncModes ?? ['full_refresh']
  if (!modes.includes(config.syncMode))
    return `the source no longer offers ${config.syncMode}; it offers ${modes.join(', ')}`
  const cursor = config.cursorField ?? []
  if (config.syncMode === 'incremental' && !stream.sourceDefinedCursor && isGone(cursor))
    return `the cursor ${cursor.join('.')} is gone`
  const lost = keyAfter(stream, config).find(isGone)
  return lost && config.destinationSyncMode.endsWith('_dedup')
    ? `the part ${lost.join('.')} of the key is gone`
    : undefined
}

const keyAfter = (stream: AirbyteStream, config: StreamConfiguration) =>
  stream.sourceDefinedPrimaryKey?.length ? stream.sourceDefinedPrimaryKey : (config.primaryKey ?? [])

const carriedOver = (stream: AirbyteStream, config: StreamConfiguration): StreamConfiguration => {
  const fields = fieldsOf(stream.jsonSchema ?? {})
  const kept = config.selectedFields?.filter(
    ({ fieldPath: [name] }) => name !== undefined && Object.hasOwn(fields, name),
  )
  return {
    ...config,
    primaryKey: keyAfter(stream, config),
    ...(kept ? { selectedFields: kept } : {}),
  }
}
