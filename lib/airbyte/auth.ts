import { IngestionError } from '../errors.ts'
import { upstreamFailure } from './upstream-error.ts'

/** How this service shows itself to Airbyte; the JSON of the `auth` parameter. Absent = no header at all. */
export type AuthSettings =
  | { mode: 'none' }
  | { mode: 'basic'; username: string; password: string }
  | { mode: 'bearer'; token: string }
  | { mode: 'client_credentials'; clientId: string; clientSecret: string }

export interface Auth {
  readonly mode: AuthSettings['mode']
  /** The Authorization header's value, or undefined for none. */
  header(signal: AbortSignal): Promise<string | undefined>
  /** Called after a 401 to `used`. True when a further try may fare better. */
  renew(used: string | undefined, signal: AbortSignal): Promise<boolean>
}

/** Answers of `applications/token`; some generations send no expiry, then the token's own `exp` counts. */
export interface TokenRead {
  access_token?: string
  expires_in?: number | null
}
export type FetchToken = (clientId: string, clientSecret: string, signal: AbortSignal) => Promise<TokenRead>

const renewEarlyMs = 60_000
/** For a token that tells no expiry: shorter than the shortest that any generation gives (3 minutes). */
const assumedLifeMs = 150_000

export const auth = (settings: AuthSettings, fetchToken: FetchToken, now: () => number = Date.now): Auth => {
  switch (settings.mode) {
    case 'none':
      return fixed('none', undefined)
    case 'basic':
      return fixed('basic', `Basic ${Buffer.from(`${settings.username}:${settings.password}`).toString('base64')}`)
    case 'bearer':
      return fixed('bearer', `Bearer ${settings.token}`)
    case 'client_credentials':
      return clientCredentials(settings, fetchToken, now)
  }
}

const fixed = (mode: AuthSettings['mode'], value: string | undefined): Auth => ({
  mode,
  header: async () => value,
  renew: async () => false,
})

interface Token {
  header: string
  renewAtMs: number
}

const clientCredentials = (
  settings: { clientId: string; clientSecret: string },
  fetchToken: FetchToken,
  now: () => number,
): Auth => {
  let token: Token | undefined
  let pending: Promise<Token> | undefined

  // One request at a time: a burst of calls with an expired token must not become a burst at the token endpoint. It is
  // not tied to one caller's signal, since others wait for it too; the operation's own time-out ends it.
  const renewed = (): Promise<Token> => {
    pending ??= fetchToken(settings.clientId, settings.clientSecret, new AbortController().signal)
      .then(
        (answer) => {
          token = tokenOf(answer, now())
          return token
        },
        (error: unknown) => {
          throw refusedCredentials(error)
        },
      )
      .finally(() => {
        pending = undefined
      })
    return pending
  }

  return {
    mode: 'client_credentials',
    header: async () => (token && now() < token.renewAtMs ? token : await renewed()).header,
    renew: async (used) => {
      // Another call may have renewed it while this one was under way.
      if (!token || token.header === used) await renewed()
      return true
    },
  }
}

const tokenOf = (answer: TokenRead, nowMs: number): Token => {
  const jwt = answer.access_token
  if (typeof jwt !== 'string' || jwt === '')
    throw new IngestionError('airbyte_failed', "Airbyte's token endpoint answered without an access_token.")
  const expiresAtMs = answer.expires_in ? nowMs + answer.expires_in * 1000 : (jwtExpiryMs(jwt) ?? nowMs + assumedLifeMs)
  // A life of less than two minutes would never be used when renewed a minute early.
  const renewAtMs = Math.max(expiresAtMs - renewEarlyMs, nowMs + (expiresAtMs - nowMs) / 2)
  return { header: `Bearer ${jwt}`, renewAtMs }
}

/** The `exp` claim (RFC 7519 §4.1.4) in epoch milliseconds; the signature is Airbyte's business. */
const jwtExpiryMs = (jwt: string): number | undefined => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}

/** Generations disagree on the status of wrong client credentials: 400, 401 and 403 all occur. */
const refusedCredentials = (error: unknown): unknown => {
  const failure = upstreamFailure(error)
  if (!failure || ![400, 401, 403, 422].includes(failure.status ?? 0)) return error
  return new IngestionError(
    'airbyte_unauthorized',
    `Tried ${failure.address}${failure.path}: Airbyte refused clientId and clientSecret (${failure.status}). Check the auth setting; the application may have been deleted.`,
    { cause: failure },
  )
}
