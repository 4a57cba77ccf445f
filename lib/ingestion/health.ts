import { IngestionError } from '../errors.ts'
import type { Services } from '../services.ts'

export interface Health {
  status: 'ok'
  airbyte: { address: string; auth: string; version?: string; workspaceId: string }
}

/** Airbyte answers, takes the credentials, and has a workspace. Throws what is wrong. */
export const health = async ({ airbyte }: Services, signal: AbortSignal): Promise<Health> => {
  const { client, baseUrl: address, authMode: auth } = airbyte
  const said = await client.health(undefined, signal)
  if (said?.available === false)
    throw new IngestionError('airbyte_failed', `${address} says of itself that it is not available.`)
  const [workspaceId, instance] = await Promise.all([
    airbyte.workspaceId(signal),
    // Absent in 0.40, and only good for the version.
    client.instanceConfiguration(undefined, signal).catch(() => undefined),
  ])
  return {
    status: 'ok',
    airbyte: { address, auth, ...(instance?.version ? { version: instance.version } : {}), workspaceId },
  }
}
