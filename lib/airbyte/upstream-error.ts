import { type ErrorCode, IngestionError } from '../errors.ts'

export type UpstreamKind =
  | 'refused'
  | 'unknown_host'
  | 'tls'
  | 'lost'
  | 'timed_out'
  | 'aborted'
  | 'html'
  | 'redirect'
  | 'not_json'
  | 'answered'

/** How a call failed; stands in `cause` of the thrown error, for the log and for deciding. Never bodies. */
export interface UpstreamFailure {
  upstream: true
  /** Such as `/sources/create`. */
  path: string
  address: string
  kind: UpstreamKind
  status?: number
  /** Node's code of a connection that failed, such as ECONNRESET. */
  code?: string
  retryAfter?: string
}

/** The upstream facts behind an error, when it came from talking to Airbyte. */
export const upstreamFailure = (error: unknown): UpstreamFailure | undefined => {
  const cause = error instanceof IngestionError ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'upstream' in cause ? (cause as UpstreamFailure) : undefined
}

/** Airbyte may have done the work although no usable answer came. */
export const isAmbiguous = (error: unknown): boolean => {
  const failure = upstreamFailure(error)
  if (!failure) return false
  if (['lost', 'timed_out', 'aborted', 'not_json'].includes(failure.kind)) return true
  return failure.status !== undefined && [502, 503, 504].includes(failure.status)
}

/** The operation itself is missing in this generation of Airbyte, not the thing it was asked for. */
export const isMissingOperation = (error: unknown): boolean => {
  const status = upstreamFailure(error)?.status
  return status === 404 || status === 405 || status === 403
}

interface Target {
  path: string
  /** The API root, without credentials. */
  address: string
}

/** A fetch that brought no response → our error. */
export const connectionError = (target: Target, thrown: unknown, ended?: 'timed_out' | 'aborted'): IngestionError => {
  const code = networkCode(thrown)
  const kind = ended ?? kindOfCode(code)
  const failure: UpstreamFailure = { upstream: true, ...target, kind, ...(code ? { code } : {}) }
  const message = connectionMessages[kind](target.address)
  return new IngestionError(kind === 'aborted' ? 'timed_out' : 'airbyte_unreachable', message, { cause: failure })
}

type ConnectionKind = 'refused' | 'unknown_host' | 'tls' | 'lost' | 'timed_out' | 'aborted'

const kindOfCode = (code: string | undefined): ConnectionKind => {
  if (code === undefined) return 'lost'
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown_host'
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timed_out'
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code) ? 'tls' : 'lost'
}

type Message = (address: string) => string
const unreachable = (what: string, check: string): Message => {
  return (address) => `Tried ${address}: ${what}. Check ${check}.`
}

const connectionMessages: Readonly<Record<ConnectionKind, Message>> = {
  refused: unreachable('the connection was refused', 'that Airbyte runs there and that host and port are right'),
  unknown_host: unreachable('the host name is not known', 'the spelling of the base URL and the DNS of the network'),
  tls: unreachable('no trusted TLS connection', 'the certificate, or whether the base URL should be http'),
  timed_out: unreachable('no answer in time', 'that Airbyte is healthy and that this function may reach its network'),
  aborted: unreachable('there was no time left to wait for the answer', 'that Airbyte is healthy, or ask again later'),
  lost: unreachable('the connection broke before an answer came', 'that Airbyte is healthy, then try again'),
}

/** A response that is not a usable answer → our error. `text` is its body. */
export const responseError = (
  target: Target,
  response: { status: number; contentType: string; retryAfter: string | null },
  text: string,
): IngestionError => {
  const { status, retryAfter } = response
  const failure = (kind: UpstreamKind): UpstreamFailure => ({
    upstream: true,
    ...target,
    kind,
    status,
    ...(retryAfter === null ? {} : { retryAfter }),
  })
  const fail = (code: ErrorCode, message: string, kind: UpstreamKind) =>
    new IngestionError(code, message, {
      cause: failure(kind),
      // Which part it was, Airbyte says in words only.
      ...(code === 'invalid_input' ? { errors: [{ pointer: '', message }] } : {}),
    })
  const isHtml = /html/.test(response.contentType) || /^\s*<(!doctype|html)/i.test(text)
  const { address } = target

  if (status >= 300 && status < 400)
    return fail(
      'airbyte_failed',
      `Tried ${address}: answered with a redirect, probably to a login page or to https. Check that the base URL is Airbyte's API, not the address of its web page or of a login proxy.`,
      'redirect',
    )
  if (status === 401 || (status === 403 && !isHtml && !hasMessage(text)))
    return fail(
      'airbyte_unauthorized',
      status === 401
        ? `Tried ${address}: Airbyte refused the credentials (401${isHtml ? ', a page that asks for a Basic login' : ''}). Check the auth setting: its mode and its values.`
        : `Tried ${address}: Airbyte does not allow this (403). Check the role of the credentials in the auth setting.`,
      isHtml ? 'html' : 'answered',
    )
  if (isHtml) {
    const gateway = [502, 503, 504].includes(status)
    return fail(
      gateway ? 'airbyte_unreachable' : 'airbyte_failed',
      gateway
        ? `Tried ${address}: the proxy in front of Airbyte answered ${status}. Check that Airbyte itself is up.`
        : `Tried ${address}: answered ${status} with an HTML page instead of JSON. Check that the base URL is Airbyte's API; it usually ends in /api/v1.`,
      'html',
    )
  }
  if (status < 300)
    return fail(
      'airbyte_failed',
      `Tried ${address}: answered ${status} with something that is not JSON. Check that the base URL is Airbyte's API.`,
      'not_json',
    )

  const said = readableMessage(text)
  const answer = said ? `Airbyte answered ${status}: ${said}` : `Airbyte answered ${status} to ${target.path}.`
  if (status === 404) return fail('not_found', said ?? 'Airbyte does not know it.', 'answered')
  if (status === 409 || status === 423) return fail('conflict', answer, 'answered')
  if (status === 410) return fail('not_found', said ?? 'It has been deleted.', 'answered')
  if (status === 400 || status === 422) return fail('invalid_input', answer, 'answered')
  if (status === 429)
    return fail('airbyte_unreachable', 'Airbyte asks for fewer requests (429). Try again later.', 'answered')
  if ([502, 503, 504].includes(status))
    return fail('airbyte_unreachable', `Tried ${address}: ${answer} Check that Airbyte is healthy.`, 'answered')
  return fail(
    'airbyte_failed',
    `${answer} ${status >= 500 ? "Airbyte's server log has the reason." : ''}`.trim(),
    'answered',
  )
}

const hasMessage = (text: string) => readableMessage(text) !== undefined

/** The sentence in an error body that helps a user: no Java class names, no frames, no schema dumps; undefined when there is none. */
export const readableMessage = (text: string): string | undefined => {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof body !== 'object' || body === null) return undefined
  const { message, detail, title, data } = body as Record<string, unknown>
  const nested = typeof data === 'object' && data !== null ? (data as Record<string, unknown>).message : undefined
  const found = [message, detail, nested, title].find((one): one is string => typeof one === 'string' && one !== '')
  if (found === undefined) return undefined
  const clean = found
    .replace(/\s*\n?Schema:[\s\S]*$/, '')
    .replace(/^(Internal Server Error:\s*)+/i, '')
    .split('\n')
    .filter((line) => !/^\s*(at\s+[\w$.<>/]+\(|Caused by:|\.\.\. \d+ more)/.test(line))
    .join(' ')
    .replace(/\b(?:[a-z_]\w*\.){2,}[A-Z][\w$]*(?:Exception|Error|Throwable)?(?:@[0-9a-f]+)?:?\s*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  return clean === '' ? undefined : clean.slice(0, 600)
}

const networkCode = (thrown: unknown, depth = 0): string | undefined => {
  if (!(thrown instanceof Error) || depth > 4) return undefined
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code
  // Happy eyeballs: one error an address, all of the same kind as a rule.
  return networkCode(thrown instanceof AggregateError ? thrown.errors[0] : thrown.cause, depth + 1)
}
