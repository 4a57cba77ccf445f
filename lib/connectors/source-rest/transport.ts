import { setTimeout as delay } from 'node:timers/promises'
import type { RestConfig } from './config.ts'
import { networkFailure, restError, statusFailure } from './failure.ts'

export interface Answer {
  readonly text: string
  readonly bytes: number
  readonly link: string | null
}

const maxAttempts = 6
const firstDelayMs = 500
const maxDelayMs = 60_000
/** An API that asks for a longer wait ends the attempt; the engine tries again later. */
const maxRetryAfterMs = 10 * 60_000
const maxRedirects = 5
const errorBytes = 2_000

/** Sends one request after the other, no faster than allowed; repeats what can be repeated. Throws an IngestionError. */
export class RestTransport {
  readonly #config: RestConfig
  readonly #signal: AbortSignal
  readonly #attempts: number
  #notBeforeMs = 0

  constructor(config: RestConfig, signal: AbortSignal, attempts = maxAttempts) {
    this.#config = config
    this.#signal = signal
    this.#attempts = attempts
  }

  async send(url: URL): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(url)
      if ('answer' in outcome) return outcome.answer
      this.#signal.throwIfAborted()
      const waitMs = retryDelayMs(outcome, this.#config.method, attempt, new Date(), Math.random())
      if (attempt >= this.#attempts || waitMs === undefined) throw outcome.error
      await this.#wait(waitMs)
    }
  }

  async #try(url: URL): Promise<{ answer: Answer } | FailedTry> {
    const config = this.#config
    await this.#pace()
    const timeout = AbortSignal.timeout(config.timeoutMs)
    try {
      const response = await this.#request(url, AbortSignal.any([this.#signal, timeout]))
      if (response.ok) return { answer: await this.#read(response) }
      const body = (await response.text()).slice(0, errorBytes)
      const failure = statusFailure(config, response.status, body, response.headers.get('location'))
      const retryAfter = response.headers.get('retry-after')
      return { status: response.status, retryAfter, error: restError(failure) }
    } catch (error) {
      this.#signal.throwIfAborted()
      if (error instanceof Error && error.name === 'IngestionError') throw error
      const failure = networkFailure(config, timeout.aborted ? timeout.reason : error)
      if (!failure.transient) throw restError(failure, error)
      return { status: undefined, retryAfter: null, error: restError(failure, error) }
    }
  }

  /** Follows redirects within the same origin only: another one must not get the key. */
  async #request(url: URL, signal: AbortSignal): Promise<Response> {
    const { method, headers, body } = this.#config
    let target = url
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(target, { method, headers, body: body ?? null, signal, redirect: 'manual' })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || location === null) return response
      const next = URL.parse(location, target.href)
      if (!next || next.origin !== url.origin || method !== 'GET' || redirects >= maxRedirects) return response
      await response.body?.cancel()
      target = next
    }
  }

  async #read(response: Response): Promise<Answer> {
    const { maxResponseBytes } = this.#config
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length
      if (bytes > maxResponseBytes) {
        const message = `an answer is larger than max_response_mb (${maxResponseBytes >> 20}); ask for smaller pages, or raise it`
        throw restError({ fault: { pointer: '/max_response_mb', message }, transient: false })
      }
      chunks.push(chunk)
    }
    return { text: new TextDecoder().decode(Buffer.concat(chunks)), bytes, link: response.headers.get('link') }
  }

  async #pace(): Promise<void> {
    const now = performance.now()
    const waitMs = this.#notBeforeMs - now
    this.#notBeforeMs = Math.max(this.#notBeforeMs, now) + this.#config.minIntervalMs
    if (waitMs > 0) await this.#wait(waitMs)
  }

  async #wait(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.#signal })
    } catch {
      throw this.#signal.reason
    }
  }
}

interface FailedTry {
  /** Undefined when no answer came. */
  readonly status: number | undefined
  readonly retryAfter: string | null
  readonly error: Error
}

/** How long to wait before the next try; undefined = do not try again. `random` is in [0, 1). */
export const retryDelayMs = (
  { status, retryAfter }: Pick<FailedTry, 'status' | 'retryAfter'>,
  method: 'GET' | 'POST',
  attempt: number,
  now: Date,
  random: number,
): number | undefined => {
  const isAskedToWait = status === 429
  const isRepeatable = method === 'GET' && (status === undefined || status === 408 || status === 425 || status >= 500)
  if (!isAskedToWait && !isRepeatable) return undefined
  const told = retryAfterMs(retryAfter, now)
  if (told !== undefined) return told <= maxRetryAfterMs ? told : undefined
  return Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (0.5 + random / 2)
}

/** RFC 9110, 10.2.3: seconds or a date. */
const retryAfterMs = (value: string | null, now: Date): number | undefined => {
  if (value === null) return undefined
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime())
}
