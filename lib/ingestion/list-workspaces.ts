import type { Workspace } from '../airbyte/types.ts'
import type { Services } from '../services.ts'

export interface WorkspaceRead {
  workspaceId: string
  name?: string
  /** The one that this service works in. */
  isDefault: boolean
}

/** The workspaces that Airbyte names for these credentials, the service's own among them. */
export const listWorkspaces = async (
  { airbyte }: Services,
  signal: AbortSignal,
): Promise<{ items: WorkspaceRead[] }> => {
  const own = await airbyte.workspaceId(signal)
  const listed = await airbyte.listWorkspaces(signal)
  const all: readonly Workspace[] = listed.some((one) => one.workspaceId === own)
    ? listed
    : [await airbyte.client.getWorkspace({ workspaceId: own }, signal), ...listed]
  return {
    items: all.map(({ workspaceId, name }) => ({
      workspaceId,
      ...(name ? { name } : {}),
      isDefault: workspaceId === own,
    })),
  }
}
