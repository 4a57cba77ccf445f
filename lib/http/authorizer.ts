import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda'
import { type ReadParameters, readParameters } from '../aws/ssm.ts'
import { readConfig } from '../config.ts'
import { log, loggable } from '../log.ts'
import { type ApiKey, findApiKey, mayCall, parseApiKeys } from './api-keys.ts'

type Answer = APIGatewaySimpleAuthorizerWithContextResult<{ caller?: string }>

const keptMs = 60_000
/** A key that is not known yet may be new, but strangers must not make every call a read. */
const rereadAtMostEveryMs = 5_000
const longestKey = 256

/** Answers API Gateway whether the key in `x-api-key` may call the route. Anything that is wrong is a no. */
export const apiKeyAuthorizer = (read: ReadParameters = readParameters, now: () => number = Date.now) => {
  let known: { atMs: number; keys: readonly ApiKey[] } | undefined

  const keysSince = async (maxAgeMs: number): Promise<readonly ApiKey[]> => {
    if (known && now() - known.atMs < maxAgeMs) return known.keys
    try {
      const text = (await read(`/airbyte-ingestion-access/${readConfig().stage}/`)).get('api-keys')
      known = { atMs: now(), keys: text === undefined ? [] : parseApiKeys(text) }
    } catch (error) {
      log.error('api keys cannot be read', { reason: loggable(error) })
      // The last ones stay, so that a failing SSM locks nobody out that was let in before.
      known = { atMs: now(), keys: known?.keys ?? [] }
    }
    return known.keys
  }

  return async (event: APIGatewayRequestAuthorizerEventV2): Promise<Answer> => {
    const presented = Object.entries(event.headers ?? {}).find(([name]) => name.toLowerCase() === 'x-api-key')?.[1]
    if (!presented || presented.length > longestKey) return { isAuthorized: false, context: {} }
    const key =
      findApiKey(await keysSince(keptMs), presented) ?? findApiKey(await keysSince(rereadAtMostEveryMs), presented)
    if (!key || !mayCall(key, event.requestContext.http.method)) return { isAuthorized: false, context: {} }
    return { isAuthorized: true, context: { caller: key.name } }
  }
}
