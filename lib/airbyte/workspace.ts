import { IngestionError } from '../errors.ts'
import type { AirbyteClient } from './client.ts'
import type { Workspace } from './types.ts'
import { isMissingOperation } from './upstream-error.ts'

/** The user that an Airbyte without login has. */
const defaultUserId = '00000000-0000-0000-0000-000000000000'

/**
 * The workspace to work in: the configured one, else the first that Airbyte names. `workspaces/list` is gone since 1.7,
 * `instance_configuration` is not in 0.40, and neither is there for every role, so each is tried in turn.
 */
export const workspaceIds = (client: AirbyteClient, configured: string | undefined) => {
  let known: Promise<string> | undefined
  return (signal: AbortSignal): Promise<string> => {
    if (configured !== undefined) return Promise.resolve(configured)
    known ??= findWorkspace(client, signal).catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }
}

/** Every workspace that Airbyte names for these credentials; none where a generation or a role does not list them. */
export const workspaceLists =
  (client: AirbyteClient) =>
  async (signal: AbortSignal): Promise<readonly Workspace[]> => {
    const all = await client.listWorkspaces(undefined, signal).catch(unlessMissing)
    if (all?.workspaces) return all.workspaces
    const instance = await client.instanceConfiguration(undefined, signal).catch(unlessMissing)
    const userId = instance?.defaultUserId ?? defaultUserId
    return (await client.listWorkspacesByUser({ userId }, signal).catch(unlessMissing))?.workspaces ?? []
  }

const findWorkspace = async (client: AirbyteClient, signal: AbortSignal): Promise<string> => {
  const listed = await client.listWorkspaces(undefined, signal).catch(unlessMissing)
  const first = listed?.workspaces?.[0]?.workspaceId
  if (first !== undefined) return first

  const instance = await client.instanceConfiguration(undefined, signal).catch(unlessMissing)
  if (instance?.defaultWorkspaceId) return instance.defaultWorkspaceId

  const userId = instance?.defaultUserId ?? defaultUserId
  const own = await client.listWorkspacesByUser({ userId }, signal).catch(unlessMissing)
  const one = own?.workspaces?.[0]?.workspaceId
  if (one !== undefined) return one
  throw new IngestionError(
    'not_configured',
    'Airbyte names no workspace. Set the SSM parameter workspace-id (or AIRBYTE_WORKSPACE_ID) to the one to use; it stands in the address bar of Airbyte.',
  )
}

const unlessMissing = (error: unknown): undefined => {
  if (!isMissingOperation(error)) throw error
}
