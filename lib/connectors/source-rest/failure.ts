import type { IngestionError } from '../../errors.ts'
import { type Failure, failureError, mend, wait } from '../failure.ts'
import type { Answer } from './answer.ts'
import type { RestConfig, RestStream } from './config.ts'
import { UnknownCoding } from './http-exchange.ts'
import { JsonFault } from './json-scan.ts'
import type { FailedTry } from './retry.ts'
import { masked } from './secrets.ts'

/** An answer that is no success. `body` is its beginning, `origin` who gave it after redirects. */
interface FailedAnswer {
  readonly status: number
  readonly body: string
  readonly location: string | undefined
  readonly origin: string
  readonly limit: FailedTry
}

/** What the user can do about an answer that is no success. */
export const statusFailure = (
  config: RestConfig,
  { url, method }: { url: URL; method: string },
  { status, body, location, origin, limit }: FailedAnswer,
): Failure => {
  const where = addressOf(config, url)
  const said = sentenceOf(config, body)
  if (status === 304)
    return mend('/headers', `${where} says that nothing changed (304); leave out If-None-Match and If-Modified-Since`)
  if (status >= 300 && status < 400) {
    const parsed = location === undefined ? null : URL.parse(location, url.href)
    const target = parsed ? addressOf(config, parsed) : 'no address'
    return mend(
      '/url',
      `${where} redirects (${status}) to ${target}; give that address, or log in differently if it is a login page`,
    )
  }
  if ((status === 401 || status === 403) && origin !== url.origin)
    return mend(
      '/url',
      `${where} redirects to ${origin}, which gets neither key nor headers and refused (${status}${said}); give the address there`,
    )
  if (limit.isLimited) {
    const duration = limit.askedMs === undefined ? '' : ` for ${Math.ceil(limit.askedMs / 1000)} s`
    return wait(
      '',
      `${where} asks to wait${duration} (${status}${said}); lower requests_per_second, or sync less often`,
    )
  }
  switch (status) {
    case 401:
      return mend(
        '/api_key',
        `${where} refused the API key (401${said}); check api_key, api_key_name and api_key_scheme`,
      )
    case 403:
      return mend('/api_key', `${where} does not let this API key read here (403${said}); check what the key may do`)
    case 404:
    case 410:
      return mend('/url', `${where} does not exist (${status}${said}); correct the path`)
    case 405:
      return mend('/method', `${where} does not allow ${method} (405${said}); use the other method`)
    case 408:
    case 425:
      return wait('', `${where} asks to wait (${status}${said}), still after several tries`)
  }
  if (status >= 500) return wait('', `${where} failed (${status}${said})`)
  return mend('/url', `${where} refused the request (${status}${said}); check query, headers and body`)
}

/** What the user can do when no answer came. */
export const networkFailure = (config: RestConfig, url: URL, error: unknown): Failure => {
  const { code = 'unknown error' } = error as { code?: string }
  const where = addressOf(config, url)
  if (error instanceof UnknownCoding)
    return mend(
      '/headers',
      `${where} sent an answer in the coding "${error.message}"; set the header accept-encoding to identity`,
    )
  if (/^ERR_SSL|^EPROTO/.test(code))
    return mend(
      '/url',
      `${where} does not speak TLS as this engine does (${code}); check whether it is https and its port`,
    )
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code))
    return mend(
      '/url',
      `the certificate of ${where} was refused (${code}); correct it there, or name its authority's file in NODE_EXTRA_CA_CERTS where the engine starts`,
    )
  if (/^Z_|^ERR_.*_ERROR_FORMAT|^ERR__/.test(code))
    return wait(
      '/url',
      `${where} sent an answer whose compression is broken or breaks off (${code}); set the header accept-encoding to identity if it stays so`,
    )
  if (code === 'timeout')
    return wait(
      '/url',
      `${where} gave no answer within ${config.timeoutMs / 1000} s; raise timeout_seconds, or ask for smaller pages`,
    )
  return wait('/url', `${where} cannot be reached (${code}); check address and network`)
}

/** An answer that is a success and yet not JSON. */
export const notJson = (
  config: RestConfig,
  { url }: RestStream,
  { bytes, received, head: { type } }: Answer,
  error: unknown,
): IngestionError => {
  const where = addressOf(config, url)
  const start = bytes.toString('utf8', 0, 200).trimStart()
  if (/^<(!doctype html|html|head|body)/i.test(start)) {
    const what = 'answered with an HTML page: it is a web page, perhaps a login, and not an API'
    return restError(mend('/url', `${where} ${what}; correct the URL`))
  }
  if (error instanceof JsonFault && error.isCut && /^[[{]/.test(start))
    return restError(wait('/url', `${where} sent an answer that breaks off after ${received} bytes`), error)
  const what = type ? `did not answer with JSON but with ${masked(config, type)}` : 'did not answer with JSON'
  const why = error instanceof JsonFault ? error.describe(received - bytes.length) : (error as Error).message
  return restError(mend('/url', `${where} ${what} (${masked(config, why)}); correct the URL`), error)
}

/** An answer that is a success by its status and tells of a failure: nobody knows of what kind, so that trying again may help. */
export const answerFailure = (config: RestConfig, { url }: RestStream, said: string): IngestionError =>
  restError(
    wait(
      '/url',
      `${addressOf(config, url)} answered with an error${sentenceOf(config, said)}; if that is a record, set records_path to "."`,
    ),
  )

export const restError = (failure: Failure, cause?: unknown): IngestionError => failureError('REST API', failure, cause)

/** The URL without its query, which can hold secrets. */
export const addressOf = (config: RestConfig, url: URL): string => masked(config, `${url.origin}${url.pathname}`)

/** What an API says in its error, when it is short and plain. */
const sentenceOf = (config: RestConfig, body: string): string => {
  if (/^\s*</.test(body)) return ''
  const text = masked(config, body).replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  return text ? `: ${text}` : ''
}
