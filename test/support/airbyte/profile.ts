/** How one generation of Airbyte differs from another, as far as this project meets it. */
export interface Profile {
  version: string
  /** `workspaces/list`: up to 1.6. */
  workspacesList: boolean
  /** `instance_configuration`: not in 0.40. */
  instanceConfiguration: boolean
  listWorkspacesByUser: boolean
  /** `jobs/get_without_logs`, and statistics summed by Airbyte: from 1.0. */
  loglessJobs: boolean
  /** Refresh and clear as kinds of jobs: from 1.0. */
  refreshes: boolean
  /** Lists by pages of 20 with a cursor: from 1.8. */
  pagedActors: boolean
  /** Full: message, Java class and stack. Id: an errorId, and a message for known conflicts only. */
  errorBody: 'full' | 'id'
  /** `createdAt` of sources and destinations, `created_at` of connections. */
  createdAt: boolean
}

const modern: Profile = {
  version: '2.0.0',
  workspacesList: false,
  instanceConfiguration: true,
  listWorkspacesByUser: true,
  loglessJobs: true,
  refreshes: true,
  pagedActors: true,
  errorBody: 'id',
  createdAt: true,
}

export const profiles = {
  '0.40.32': {
    ...modern,
    version: '0.40.32',
    workspacesList: true,
    instanceConfiguration: false,
    listWorkspacesByUser: false,
    loglessJobs: false,
    refreshes: false,
    pagedActors: false,
    errorBody: 'full',
    createdAt: false,
  },
  '1.6.0': { ...modern, version: '1.6.0', workspacesList: true, pagedActors: false, errorBody: 'full' },
  '1.8.0': { ...modern, version: '1.8.0', errorBody: 'full' },
  '2.0.0': modern,
  HEAD: { ...modern, version: 'dev' },
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof profiles
