import { actors } from './actors.ts'
import { type AuthSettings, auth } from './auth.ts'
import { airbyteClient } from './client.ts'
import { definitions } from './definitions.ts'
import { jobs } from './jobs.ts'
import { operations } from './operations.ts'
import { specifications } from './specification.ts'
import { transport } from './transport.ts'
import { workspaceIds, workspaceLists } from './workspace.ts'

export interface AirbyteSettings {
  /** As `apiRoot` returns it. */
  baseUrl: string
  workspaceId?: string
  auth: AuthSettings
}

export interface ConnectOptions {
  /** Told the path of each attempt, repeated ones and those for tokens included. */
  onAttempt?: (path: string) => void
  /** Settings as they are now, asked after a 401: credentials may have been rotated. */
  reread?: () => Promise<AirbyteSettings>
}

/** One Airbyte as the use cases see it, with what is remembered of it. Kept as long as its settings stay the same. */
export const connectAirbyte = (settings: AirbyteSettings, { onAttempt, reread }: ConnectOptions = {}) => {
  const told = onAttempt ? { onAttempt } : {}
  const anonymous = transport({ baseUrl: settings.baseUrl, ...told })
  const authOf = (of: AuthSettings) =>
    auth(of, async (clientId, clientSecret, signal) => {
      const answer = await anonymous(operations.token, { client_id: clientId, client_secret: clientSecret }, signal)
      return typeof answer === 'object' && answer !== null ? answer : {}
    })

  let current = authOf(settings.auth)
  let currentSettings = settings.auth
  const renewing: typeof current = {
    mode: settings.auth.mode,
    header: (signal) => current.header(signal),
    renew: async (used, signal) => {
      const fresh = (await reread?.())?.auth
      if (fresh && JSON.stringify(fresh) !== JSON.stringify(currentSettings)) {
        currentSettings = fresh
        current = authOf(fresh)
        return true
      }
      return current.renew(used, signal)
    },
  }

  const client = airbyteClient(transport({ baseUrl: settings.baseUrl, auth: renewing, ...told }))
  return {
    baseUrl: settings.baseUrl,
    authMode: settings.auth.mode,
    client,
    actors: actors(client),
    jobs: jobs(client),
    definitions: definitions(client),
    specification: specifications(client),
    workspaceId: workspaceIds(client, settings.workspaceId),
    listWorkspaces: workspaceLists(client),
  }
}

export type Airbyte = ReturnType<typeof connectAirbyte>
