import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { Answer, type AnswerHead, heldBytes } from './answer.ts'
import type { RestConfig } from './config.ts'
import { networkFailure, restError, statusFailure } from './failure.ts'
import { type Exchange, exchange } from './http-exchange.ts'
import type { RestRequest } from './request.ts'
import { type FailedTry, failedTry, retryDelayMs } from './retry.ts'
import { masked } from './secrets.ts'
import { TimeLimit } from './time-limit.ts'

/** An answer, and how to read on in it. */
export interface OpenAnswer {
  readonly answer: Answer
  /** Until so many bytes are held, or all. Throws an IngestionError. */
  fill(target: number): Promise<void>
}

const maxAttempts = 6
const maxRedirects = 5
const errorBytes = 2_000
const timedOut = { code: 'timeout' }

/** Sends one request after the other, no faster than allowed; repeats what can be repeated. Throws an IngestionError. */
export class RestTransport {
  readonly #config: RestConfig
  readonly #attempts: number
  #notBeforeMs = 0

  constructor(config: RestConfig, attempts = maxAttempts) {
    this.#config = config
    this.#attempts = attempts
  }

  /** The answer, its beginning read; undefined when the API says that there is no such page. Aborting ends the answer too. */
  async send(request: RestRequest, signal: AbortSignal): Promise<OpenAnswer | undefined> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(request, signal)
      if (!('error' in outcome)) return outcome.answer
      const waitMs = retryDelayMs(outcome, attempt, Math.random())
      if (attempt >= this.#attempts || waitMs === undefined) throw outcome.error
      await wait(waitMs, signal)
    }
  }

  async #try(
    request: RestRequest,
    signal: AbortSignal,
  ): Promise<{ answer: OpenAnswer | undefined } | (FailedTry & { error: Error })> {
    const config = this.#config
    await this.#pace(signal)
    const limit = new TimeLimit(config.timeoutMs, signal)
    const failureOf = (error: unknown) => {
      signal.throwIfAborted()
      // Every error of the network has a code; another is this program's.
      if (!limit.isOver && (error as { code?: string }).code === undefined) throw error
      return networkFailure(config, request.url, limit.isOver ? timedOut : error)
    }
    try {
      const { status, headers, body, origin } = await limit.during(() => this.#follow(request, limit.signal))
      const answer = new Answer(headOf(headers), body, Number(headers['content-length'] ?? 0))
      if (status >= 200 && status < 300) {
        await limit.during(() => answer.fill(Math.min(heldBytes, config.maxResponseBytes + 1)))
        const fill = async (target: number) => {
          try {
            await limit.during(() => answer.fill(target))
          } catch (error) {
            throw restError(failureOf(error), error)
          }
        }
        return { answer: { answer, fill } }
      }
      await limit.during(() => answer.fill(errorBytes))
      await answer.close()
      if (request.endsOn.includes(status)) return { answer: undefined }
      const failed = failedTry(status, headers, new Date())
      const said = answer.bytes.toString('utf8', 0, errorBytes)
      const { location } = headers
      const failure = statusFailure(config, request, { status, body: said, location, origin, limit: failed })
      return { ...failed, error: restError(failure) }
    } catch (error) {
      const failure = failureOf(error)
      if (!failure.transient) throw restError(failure, error)
      return { status: undefined, isLimited: false, askedMs: undefined, error: restError(failure, error) }
    }
  }

  /** Follows redirects; another origin does not get the key. `origin`: who answered. */
  async #follow({ url, method, body }: RestRequest, signal: AbortSignal): Promise<Exchange & { origin: string }> {
    let target = url
    let headers = this.#config.headers
    if (body !== undefined) headers = { 'content-type': 'application/json', ...headers }
    for (let redirects = 0; ; redirects++) {
      const answer = { ...(await exchange(target, { method, headers, body, signal })), origin: target.origin }
      const { location } = answer.headers
      if (answer.status < 300 || answer.status >= 400 || location === undefined) return answer
      const next = URL.parse(location, target.href)
      if (!next || !/^https?:$/.test(next.protocol) || method !== 'GET' || redirects >= maxRedirects) return answer
      if (next.origin !== url.origin) {
        // The key may stand in the new address too, where it was in the query.
        if (masked(this.#config, next.href) !== next.href) return answer
        // The same API by https: without the key it might answer with less, and nobody would see it.
        const isSame = next.hostname === url.hostname && next.protocol !== url.protocol
        if (isSame && this.#config.secrets.length > 0) return answer
        headers = { accept: 'application/json' }
      }
      answer.body.destroy()
      target = next
    }
  }

  async #pace(signal: AbortSignal): Promise<void> {
    const now = performance.now()
    const waitMs = this.#notBeforeMs - now
    this.#notBeforeMs = Math.max(this.#notBeforeMs, now) + this.#config.minIntervalMs
    if (waitMs > 0) await wait(waitMs, signal)
  }
}

const headOf = (headers: IncomingHttpHeaders): AnswerHead => {
  const type = headers['content-type']
  const link = headers.link
  return {
    type,
    charset: /;\s*charset\s*=\s*"?([\w-]+)/i.exec(type ?? '')?.[1],
    link: Array.isArray(link) ? link.join(', ') : link,
  }
}

const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await delay(ms, undefined, { signal })
  } catch {
    throw signal.reason
  }
}
