import type { MiddlewareObj } from '@middy/core'
import type { Context } from 'aws-lambda'
import * as z from 'zod'
import type { AirbyteSettings } from '../airbyte/airbyte.ts'
import type { AuthSettings } from '../airbyte/auth.ts'
import { apiRoot } from '../airbyte/base-url.ts'
import { type ReadParameters, readParameters } from '../aws/ssm.ts'
import { type Config, readConfig } from '../config.ts'
import { IngestionError } from '../errors.ts'
import { log, loggable } from '../log.ts'
import { type Services, servicesFor } from '../services.ts'

const keptMs = 300_000
const rereadAtMostEveryMs = 30_000

const authSchema = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('none') }),
  z.object({ mode: z.literal('basic'), username: z.string(), password: z.string() }),
  z.object({ mode: z.literal('bearer'), token: z.string().min(1) }),
  z.object({ mode: z.literal('client_credentials'), clientId: z.string().min(1), clientSecret: z.string().min(1) }),
])

export interface ServicesContext extends Context {
  services: Services
}

/** Puts `services` into the context: the Airbyte that the environment or SSM names. */
export const airbyteSettings = (): MiddlewareObj<unknown, unknown, Error, ServicesContext> => ({
  before: async (request) => {
    request.context.services = await currentServices()
  },
})

/** As the middleware; for functions that must answer although settings cannot be read. */
export const currentServices = async (): Promise<Services> => {
  const config = readConfig()
  return servicesFor(await container.read(config), config, () => container.reread(config))
}

/**
 * The Airbyte settings with their memory: read at most every 300 s, the last ones kept when a later read fails, read
 * again on demand at most every 30 s. The same object as long as nothing changed, so that what hangs on it is kept too.
 */
export const settingsSource = (fetchParameters: ReadParameters, now: () => number = Date.now) => {
  let kept: { key: string; atMs: number; settings: AirbyteSettings } | undefined

  const remember = (key: string, settings: AirbyteSettings) => {
    const isSame = kept?.key === key && JSON.stringify(kept.settings) === JSON.stringify(settings)
    kept = { key, atMs: now(), settings: isSame && kept ? kept.settings : settings }
    return kept.settings
  }

  const read = async (config: Config, maxAgeMs = keptMs): Promise<AirbyteSettings> => {
    const key = JSON.stringify([config.stage, config.airbyte])
    const known = kept?.key === key ? kept : undefined
    if (known && (config.airbyte.baseUrl !== undefined || now() - known.atMs < maxAgeMs)) return known.settings
    if (config.airbyte.baseUrl !== undefined) return remember(key, settingsOf(config, new Map()))
    const path = `/airbyte-ingestion/${config.stage}/`
    let parameters: ReadonlyMap<string, string>
    try {
      parameters = await fetchParameters(path)
    } catch (cause) {
      if (!known)
        throw new IngestionError(
          'not_configured',
          `The SSM parameters under ${path} cannot be read. Check that the function may call ssm:GetParametersByPath on them and can reach SSM.`,
          { cause },
        )
      log.warn('SSM could not be read, the last settings stay', { reason: loggable(cause) })
      known.atMs = now()
      return known.settings
    }
    return remember(key, settingsOf(config, parameters))
  }

  return { read, reread: (config: Config) => read(config, rereadAtMostEveryMs) }
}

const container = settingsSource(readParameters)

/** Checks what is configured; throws `not_configured` that names the setting. */
export const settingsOf = ({ stage, airbyte }: Config, parameters: ReadonlyMap<string, string>): AirbyteSettings => {
  const path = `/airbyte-ingestion/${stage}`
  const value = (name: string, own: string | undefined, variable: string) => ({
    text: own ?? parameters.get(name),
    setting: own === undefined ? `The SSM parameter ${path}/${name}` : variable,
  })
  const baseUrl = value('base-url', airbyte.baseUrl, 'AIRBYTE_BASE_URL')
  if (!baseUrl.text)
    throw new IngestionError(
      'not_configured',
      `No Airbyte is configured: set the SSM parameter ${path}/base-url (or AIRBYTE_BASE_URL) to its address, such as http://airbyte.example:8000/api/v1.`,
    )
  const workspaceId = value('workspace-id', airbyte.workspaceId, 'AIRBYTE_WORKSPACE_ID').text?.trim()
  const auth = value('auth', airbyte.auth, 'AIRBYTE_AUTH')
  return {
    baseUrl: apiRoot(baseUrl.text, baseUrl.setting),
    ...(workspaceId ? { workspaceId } : {}),
    auth: auth.text ? authOf(auth.text, auth.setting) : { mode: 'none' },
  }
}

const authOf = (text: string, setting: string): AuthSettings => {
  const shapes =
    '{"mode":"none"}, {"mode":"basic","username","password"}, {"mode":"bearer","token"} or {"mode":"client_credentials","clientId","clientSecret"}'
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new IngestionError('not_configured', `${setting} is not JSON; expected ${shapes}.`)
  }
  const result = authSchema.safeParse(json)
  if (result.success) return result.data
  const members = result.error.issues.map((issue) => issue.path.join('.') || 'mode')
  throw new IngestionError('not_configured', `${setting} does not fit at ${members.join(', ')}; expected ${shapes}.`)
}
