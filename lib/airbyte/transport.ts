import { setTimeout as sleep } from 'node:timers/promises'
import type { Auth } from './auth.ts'
import type { Operation } from './operations.ts'
import { type FailedAttempt, retryDelayMs } from './retry.ts'
import { connectionError, responseError, upstreamFailure } from './upstream-error.ts'

/** Sends one operation and resolves with its parsed answer, undefined for an empty one. */
export type Send = (operation: Operation, body: unknown, signal: AbortSignal) => Promise<unknown>

export interface TransportOptions {
  /** As `apiRoot` returns it. */
  baseUrl: string
  /** Undefined for the token endpoint, which is anonymous. */
  auth?: Auth
  /** Told each attempt, for the request log. */
  onAttempt?: (path: string) => void
}

/** Authenticated JSON calls with time-out, retry and error mapping: the only `fetch` to Airbyte. */
export const transport = ({ baseUrl, auth, onAttempt }: TransportOptions): Send => {
  const attempt = async (operation: Operation, body: unknown, header: string | undefined, signal: AbortSignal) => {
    const target = { path: operation.path, address: baseUrl }
    const limit = AbortSignal.timeout(operation.timeoutMs)
    onAttempt?.(operation.path)
    let response: Response
    let text: string
    try {
      response = await fetch(baseUrl + operation.path, {
        method: operation.method ?? 'POST',
        headers: {
          accept: 'application/json',
          ...(operation.method === 'GET' ? {} : { 'content-type': 'application/json' }),
          ...(header === undefined ? {} : { authorization: header }),
        },
        ...(operation.method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
        redirect: 'manual',
        signal: AbortSignal.any([limit, signal]),
      })
      text = await response.text()
    } catch (thrown) {
      throw connectionError(target, thrown, signal.aborted ? 'aborted' : limit.aborted ? 'timed_out' : undefined)
    }
    const facts = {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      retryAfter: response.headers.get('retry-after'),
    }
    if (response.ok) {
      if (text === '') return undefined
      try {
        return JSON.parse(text) as unknown
      } catch {
        throw responseError(target, facts, text)
      }
    }
    throw responseError(target, facts, text)
  }

  return async (operation, body, signal) => {
    let renewed = false
    for (let number = 1; ; number++) {
      let header: string | undefined
      try {
        header = await auth?.header(signal)
        return await attempt(operation, body, header, signal)
      } catch (error) {
        const failure = upstreamFailure(error)
        if (!failure) throw error
        if (failure.status === 401 && auth && !renewed) {
          renewed = true
          if (await auth.renew(header, signal)) continue
        }
        const failed: FailedAttempt = {
          attempt: number,
          repeatable: operation.repeatable,
          unsent: failure.kind === 'refused' || failure.kind === 'unknown_host',
          timedOut: failure.kind === 'timed_out' || failure.kind === 'aborted' || failure.kind === 'tls',
          ...(failure.status === undefined ? {} : { status: failure.status }),
          retryAfter: failure.retryAfter ?? null,
        }
        const delayMs = signal.aborted ? undefined : retryDelayMs(failed, new Date(), Math.random())
        if (delayMs === undefined) throw error
        await sleep(delayMs, undefined, { signal }).catch(() => {
          throw error
        })
      }
    }
  }
}
