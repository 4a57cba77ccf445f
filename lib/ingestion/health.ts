import { IngestionError } from '../errors.ts'
import type { Services } from '../services.ts'

export interface Health {
  status: 'ok'
  airbyte: { address: string; auth: string; version?: string; workspaceId: string }
  checks: HealthCheck[]
}

export interface HealthCheck {
  name: 'reachable' | 'credentials' | 'workspace'
  status: 'ok' | 'failed' | 'not_checked'
  /** What is wrong and what to look at. */
  message?: string
}

/** Airbyte answers, takes the credentials, and has the workspace. Throws the first that is wrong, with all of them beside it. */
export const health = async ({ airbyte }: Services, signal: AbortSignal): Promise<Health> => {
  const { client, baseUrl: address, authMode: auth } = airbyte
  const checks: HealthCheck[] = []
  const step = async <Answer>(name: HealthCheck['name'], run: () => Promise<Answer>): Promise<Answer> => {
    try {
      const answer = await run()
      checks.push({ name, status: 'ok' })
      return answer
    } catch (error) {
      throw unhealthy(name, error)
    }
  }

  const version = await step('reachable', async () => {
    const said = await client.health(undefined, signal)
    if (said?.available === false)
      throw new IngestionError('airbyte_failed', `${address} says of itself that it is not available.`)
    // Absent in 0.40, and only good for the version.
    return (await client.instanceConfiguration(undefined, signal).catch(() => undefined))?.version
  })
  const { workspaceId, isThere } = await step('credentials', async () => {
    const workspaceId = await airbyte.workspaceId(signal)
    // A configured one has asked nothing of Airbyte yet.
    const isThere = await client.getWorkspace({ workspaceId }, signal).then(
      () => true,
      (error: unknown) => {
        if (error instanceof IngestionError && error.code === 'not_found') return false
        throw error
      },
    )
    return { workspaceId, isThere }
  })
  await step('workspace', async () => {
    if (!isThere)
      throw new IngestionError(
        'not_configured',
        `Airbyte knows no workspace ${workspaceId}. Check the SSM parameter workspace-id (or AIRBYTE_WORKSPACE_ID).`,
      )
  })
  return { status: 'ok', airbyte: { address, auth, ...(version ? { version } : {}), workspaceId }, checks }
}

const order: readonly HealthCheck['name'][] = ['reachable', 'credentials', 'workspace']

const unhealthy = (step: HealthCheck['name'], error: unknown): unknown => {
  if (!(error instanceof IngestionError)) return error
  const { code, message, errors, details, cause } = error
  // A proxy that asks for a login answers, and an Airbyte that names no workspace has let us in.
  const failed = code === 'airbyte_unauthorized' ? 'credentials' : code === 'not_configured' ? 'workspace' : step
  const checks = order.map((name): HealthCheck => {
    if (name === failed) return { name, status: 'failed', message }
    return { name, status: order.indexOf(name) < order.indexOf(failed) ? 'ok' : 'not_checked' }
  })
  return new IngestionError(code, message, { errors, cause, details: { ...details, checks } })
}
