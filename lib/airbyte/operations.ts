export interface Operation {
  path: string
  /** Sending it twice does no harm. Only such operations are repeated when the first answer got lost. */
  repeatable: boolean
  /** For one attempt, answer read to its end. The caller's own deadline ends it earlier. */
  timeoutMs: number
  method?: 'GET'
}

const read = (path: string, timeoutMs = 20_000): Operation => ({ path, repeatable: true, timeoutMs })
const change = (path: string, timeoutMs = 60_000): Operation => ({ path, repeatable: false, timeoutMs })
/** A change that a second sending leaves as the first did: the whole object is told, or it is gone. */
const settle = (path: string, timeoutMs = 60_000): Operation => ({ path, repeatable: true, timeoutMs })
/** Runs a connector: a pod has to start first, and 1,000 tables take minutes. Airbyte itself gives up after 9 minutes. */
const inspect = (path: string): Operation => ({ path, repeatable: true, timeoutMs: 600_000 })

/** Every Config API call that this project makes. All are POST with a JSON body, except where a method is given. */
export const operations = {
  health: { path: '/health', repeatable: true, timeoutMs: 5_000, method: 'GET' },
  instanceConfiguration: { path: '/instance_configuration', repeatable: true, timeoutMs: 10_000, method: 'GET' },
  token: { path: '/applications/token', repeatable: true, timeoutMs: 10_000 },
  listWorkspaces: read('/workspaces/list'),
  listWorkspacesByUser: read('/workspaces/list_by_user_id'),
  getWorkspace: read('/workspaces/get'),

  listSourceDefinitions: read('/source_definitions/list', 30_000),
  listDestinationDefinitions: read('/destination_definitions/list', 30_000),
  listSourceDefinitionsForWorkspace: read('/source_definitions/list_for_workspace', 30_000),
  listDestinationDefinitionsForWorkspace: read('/destination_definitions/list_for_workspace', 30_000),
  getSourceSpecification: read('/source_definition_specifications/get', 60_000),
  getDestinationSpecification: read('/destination_definition_specifications/get', 60_000),

  createSource: change('/sources/create'),
  getSource: read('/sources/get'),
  listSources: read('/sources/list'),
  updateSource: settle('/sources/update'),
  deleteSource: settle('/sources/delete', 120_000),
  checkSource: inspect('/sources/check_connection'),
  discoverSchema: inspect('/sources/discover_schema'),
  createDestination: change('/destinations/create'),
  getDestination: read('/destinations/get'),
  listDestinations: read('/destinations/list'),
  updateDestination: settle('/destinations/update'),
  deleteDestination: settle('/destinations/delete', 120_000),
  checkDestination: inspect('/destinations/check_connection'),

  createConnection: change('/connections/create', 120_000),
  getConnection: read('/connections/get'),
  listConnections: read('/connections/list'),
  updateConnection: settle('/connections/update', 120_000),
  deleteConnection: settle('/connections/delete', 120_000),
  /** Answers once the workflow runs; 30 to 130 s have been seen on busy clusters. */
  startSync: change('/connections/sync', 150_000),
  /** From 1.0. Refreshing no stream in particular means all. */
  startRefresh: change('/connections/refresh', 150_000),
  startClear: change('/connections/clear', 150_000),
  startStreamClear: change('/connections/clear/stream', 150_000),
  /** What clear was called before 1.0. */
  startReset: change('/connections/reset', 150_000),

  getJob: read('/jobs/get', 30_000),
  getJobLight: read('/jobs/get_light'),
  getJobWithoutLogs: read('/jobs/get_without_logs'),
  listJobs: read('/jobs/list'),
  /** Cancels whatever runs on the job's connection. A second cancel changes nothing, but by then another job may run. */
  cancelJob: change('/jobs/cancel'),
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations
