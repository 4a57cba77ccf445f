/** What is known of one failed attempt. `status` is absent when no response arrived. */
export interface FailedAttempt {
  /** From 1. */
  attempt: number
  repeatable: boolean
  status?: number
  retryAfter?: string | null
  /** The request cannot have reached Airbyte: refused, unknown host. */
  unsent?: boolean
  /** It took its whole time-out; a further one would hardly end sooner. */
  timedOut?: boolean
}

const baseMs = 250
const capMs = 8_000
const attempts = 3

/**
 * Milliseconds to wait before the next attempt, or undefined to give up. `random` is in [0, 1).
 * A 429 was refused before any work, and an unsent request did none, so both may be repeated whatever the operation.
 */
export const retryDelayMs = (failed: FailedAttempt, now: Date, random: number): number | undefined => {
  if (failed.attempt >= attempts || failed.timedOut) return undefined
  const backoffMs = Math.min(capMs, baseMs * 2 ** (failed.attempt - 1)) * (0.5 + random / 2)
  if (failed.status === 429) {
    const toldMs = retryAfterMs(failed.retryAfter, now) ?? backoffMs
    return toldMs <= capMs ? toldMs : undefined
  }
  if (failed.unsent) return backoffMs
  const passing = failed.status === undefined || [502, 503, 504].includes(failed.status)
  if (!passing || !failed.repeatable) return undefined
  return Math.max(backoffMs, Math.min(capMs, retryAfterMs(failed.retryAfter, now) ?? 0))
}

/** `Retry-After` (RFC 9110 §10.2.3) in milliseconds: delay seconds, or an HTTP date. */
const retryAfterMs = (value: string | null | undefined, now: Date): number | undefined => {
  if (!value) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
