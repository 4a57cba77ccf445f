import { setTimeout as delay } from 'node:timers/promises'
import { IngestionError } from '../../errors.ts'
import { giveBuffer, takeBuffer } from '../columns/buffer-pool.ts'
import type { RestConfig } from './config.ts'
import { networkFailure, restError, statusFailure } from './failure.ts'
import type { RestRequest } from './request.ts'
import { type FailedTry, failedTry, retryDelayMs } from './retry.ts'

export interface Answer {
  readonly bytes: Buffer
  /** The media type, and the charset that it names. */
  readonly type: string | null
  readonly charset: string | undefined
  readonly link: string | null
}

const maxAttempts = 6
const maxRedirects = 5
const errorBytes = 2_000
const firstBytes = 64 << 10

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

  /** Undefined when the API says that there is no such page. */
  async send(request: RestRequest, abandoned: AbortSignal): Promise<Answer | undefined> {
    const signal = AbortSignal.any([this.#signal, abandoned])
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
  ): Promise<{ answer: Answer | undefined } | (FailedTry & { error: Error })> {
    const config = this.#config
    await this.#pace(signal)
    const timeout = AbortSignal.timeout(config.timeoutMs)
    try {
      const response = await this.#request(request, AbortSignal.any([signal, timeout]))
      const { headers, status } = response
      if (response.ok) return { answer: await this.#read(response) }
      const body = (await this.#read(response, errorBytes)).bytes.toString()
      if (request.endsOn.includes(status)) return { answer: undefined }
      const failed = failedTry(status, headers, new Date())
      const failure = statusFailure(config, request, { status, body, location: headers.get('location'), limit: failed })
      return { ...failed, error: restError(failure) }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof IngestionError) throw error
      const failure = networkFailure(config, request.url, timeout.aborted ? timeout.reason : error)
      if (!failure.transient) throw restError(failure, error)
      return { status: undefined, isLimited: false, askedMs: undefined, error: restError(failure, error) }
    }
  }

  /** Follows redirects; another origin does not get the key. */
  async #request({ url, method, body }: RestRequest, signal: AbortSignal): Promise<Response> {
    let target = url
    let headers = this.#config.headers
    if (body !== undefined) headers = { 'content-type': 'application/json', ...headers }
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(target, { method, headers, body: body ?? null, signal, redirect: 'manual' })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || location === null) return response
      const next = URL.parse(location, target.href)
      if (!next || !/^https?:$/.test(next.protocol) || method !== 'GET' || redirects >= maxRedirects) return response
      await response.body?.cancel()
      if (next.origin !== url.origin) headers = { accept: 'application/json' }
      target = next
    }
  }

  /** Throws for more bytes than allowed, unless only the first `atMost` are wanted. */
  async #read({ body, headers }: Response, atMost?: number): Promise<Answer> {
    const { maxResponseBytes } = this.#config
    let bytes = takeBuffer(firstBytes)
    let length = 0
    for await (const chunk of body ?? []) {
      if (length + chunk.length > bytes.length) bytes = grown(bytes, length, length + chunk.length)
      bytes.set(chunk, length)
      length += chunk.length
      if (atMost !== undefined && length >= atMost) break
      if (length > maxResponseBytes) {
        const message = `an answer is larger than max_response_mb (${maxResponseBytes >> 20}); ask for smaller pages, or raise it`
        throw restError({ fault: { pointer: '/max_response_mb', message }, transient: false })
      }
    }
    const type = headers.get('content-type')
    const charset = /;\s*charset\s*=\s*"?([\w-]+)/i.exec(type ?? '')?.[1]
    return { bytes: bytes.subarray(0, Math.min(length, atMost ?? length)), type, charset, link: headers.get('link') }
  }

  async #pace(signal: AbortSignal): Promise<void> {
    const now = performance.now()
    const waitMs = this.#notBeforeMs - now
    this.#notBeforeMs = Math.max(this.#notBeforeMs, now) + this.#config.minIntervalMs
    if (waitMs > 0) await wait(waitMs, signal)
  }
}

const grown = (bytes: Buffer, length: number, needed: number): Buffer => {
  const larger = takeBuffer(Math.max(needed, bytes.length * 2))
  bytes.copy(larger, 0, 0, length)
  giveBuffer(bytes)
  return larger
}

const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await delay(ms, undefined, { signal })
  } catch {
    throw signal.reason
  }
}
