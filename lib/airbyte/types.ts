/**
 * Shapes of Airbyte's Config API on the wire, cut down to what is relied on. Whatever any supported generation may leave
 * out is optional; absent and null mean the same; enums that may grow are `string` here and narrowed where they are read.
 */
export type Kind = 'source' | 'destination'
export type Json = Readonly<Record<string, unknown>>

/** A source or a destination: Airbyte calls both actors. */
export interface Actor {
  kind: Kind
  id: string
  definitionId: string
  workspaceId: string
  name: string
  /** The connector's name, such as "Postgres". */
  connectorName: string | undefined
  /** Secrets are `**********` already. */
  configuration: Json
  createdAtSeconds: number | undefined
}

export interface Definition {
  definitionId: string
  name: string
  dockerRepository: string
  dockerImageTag?: string
  documentationUrl?: string
}

/** What a connector accepts: JSON Schema draft-07 with `airbyte_secret` marks. */
export interface Specification {
  connectionSpecification: Json
  /** Absent when Airbyte does not tell (sources, some generations). */
  supportedDestinationSyncModes?: readonly string[] | null
}

export interface AirbyteStream {
  name: string
  namespace?: string | null
  jsonSchema?: Json | null
  supportedSyncModes?: readonly string[] | null
  sourceDefinedCursor?: boolean | null
  defaultCursorField?: readonly string[] | null
  sourceDefinedPrimaryKey?: readonly (readonly string[])[] | null
}

export interface StreamConfiguration {
  syncMode: string
  destinationSyncMode: string
  cursorField?: readonly string[] | null
  primaryKey?: readonly (readonly string[])[] | null
  aliasName?: string | null
  selected?: boolean | null
  fieldSelectionEnabled?: boolean
  selectedFields?: readonly { fieldPath: readonly string[] }[]
  /** The embedded engine's own; Airbyte's document has no such member. */
  asText?: readonly string[]
}

export interface CatalogEntry {
  stream: AirbyteStream
  config?: StreamConfiguration | null
}

export interface Catalog {
  streams: readonly CatalogEntry[]
}

export interface FailureReason {
  failureOrigin?: string | null
  failureType?: string | null
  externalMessage?: string | null
  retryable?: boolean | null
  streamDescriptor?: { name: string; namespace?: string | null } | null
}

export interface DiscoverRead {
  catalog?: Catalog | null
  catalogId?: string | null
  jobInfo?: { succeeded?: boolean | null; failureReason?: FailureReason | null } | null
}

/** Without a status the check itself could not run; the reason stands in `jobInfo`. */
export interface CheckRead {
  status?: string | null
  message?: string | null
  jobInfo?: { succeeded?: boolean | null; failureReason?: FailureReason | null } | null
}

export interface ConnectionRead {
  connectionId: string
  name: string
  sourceId: string
  destinationId: string
  status: string
  /** The selected streams only. */
  syncCatalog?: Catalog | null
  sourceCatalogId?: string | null
  namespaceDefinition?: string | null
  namespaceFormat?: string | null
  prefix?: string | null
  scheduleType?: string | null
  scheduleData?: ScheduleData | null
  /** Epoch seconds; snake case on the wire, since 1.0. */
  created_at?: number | null
}

export interface ScheduleData {
  basicSchedule?: { units: number; timeUnit: string } | null
  cron?: { cronExpression: string; cronTimeZone: string } | null
}

export interface ConnectionCreate {
  sourceId: string
  destinationId: string
  name: string
  status: 'active' | 'inactive'
  syncCatalog: Catalog
  sourceCatalogId?: string
  scheduleType: 'manual' | 'basic' | 'cron'
  scheduleData?: ScheduleData
  namespaceDefinition: 'source' | 'destination' | 'customformat'
  namespaceFormat?: string
  prefix?: string
}

/** A patch: what is absent stays. A catalog is replaced as a whole, and `scheduleType` goes with `scheduleData`. */
export type ConnectionUpdate = { connectionId: string } & Partial<Omit<ConnectionCreate, 'sourceId' | 'destinationId'>>

/** Statistics as attempts and `aggregatedStats` have them; each number may be missing. */
export interface Stats {
  recordsEmitted?: number | null
  bytesEmitted?: number | null
  recordsCommitted?: number | null
  bytesCommitted?: number | null
}

export interface StreamStats {
  streamName: string
  streamNamespace?: string | null
  stats?: Stats | null
  /** Of the embedded engine only. */
  valuesLeftOut?: readonly ValuesLeftOut[] | null
}

/** Values of one field that its typed column could not hold, and that are NULL there. `reason` in the words of record metadata. */
export interface ValuesLeftOut {
  field: string
  reason: string
  values: number
  example: string
}

export interface AttemptRead {
  id: number
  status: string
  createdAt?: number | null
  endedAt?: number | null
  recordsSynced?: number | null
  bytesSynced?: number | null
  totalStats?: Stats | null
  streamStats?: readonly StreamStats[] | null
  failureSummary?: { failures?: readonly FailureReason[] | null; partialSuccess?: boolean | null } | null
}

/** Times are epoch seconds. */
export interface JobRead {
  id: number
  configType?: string | null
  configId: string
  status: string
  createdAt: number
  updatedAt?: number | null
  startedAt?: number | null
  enabledStreams?: readonly { name: string; namespace?: string | null }[] | null
  aggregatedStats?: Stats | null
  streamAggregatedStats?: readonly (Stats & { streamName: string; streamNamespace?: string | null })[] | null
}

/** Lines as text, or as events since 1.2. */
export interface LogsRead {
  logLines?: readonly string[] | null
  events?: readonly LogEvent[] | null
}
export interface LogEvent {
  /** Epoch milliseconds. */
  timestamp?: number | null
  level?: string | null
  logSource?: string | null
  message?: string | null
  stackTrace?: string | null
}

/** `jobs/list` gives attempts bare, `jobs/get` wraps each in `{attempt, logs}`. */
export interface JobInfoRead {
  job: JobRead
  attempts?: readonly (AttemptRead | { attempt: AttemptRead; logs?: LogsRead | null })[] | null
}

export interface Workspace {
  workspaceId: string
  name?: string | null
}
