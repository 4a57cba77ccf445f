import { gunzipSync, gzipSync } from 'node:zlib'
import type { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb'
import type { Context } from 'aws-lambda'
import { IngestionError } from '../errors.ts'
import { log, loggable } from '../log.ts'

export interface OnceOptions {
  /** What is done, by whom, and the caller's word for it: together they name the doing. */
  key: readonly string[]
  /** What the doing depends on; the same key with another payload is refused. */
  payload?: unknown
  /** Until then nobody else may do it; afterwards whoever did it is taken for dead. */
  remainingMs: number
}

/** Doing something once for a key, wherever and how often it is asked for. */
export interface Idempotency {
  /**
   * The result of `work`, or the one that it had the first time; JSON. Kept for a day. What `work` throws is thrown, and
   * the key is free again. Throws idempotency_in_progress, idempotency_mismatch, idempotency_unavailable.
   */
  once<Result>(options: OnceOptions, work: () => Promise<Result>): Promise<Result>
}

const keptSeconds = 86_400
/** DynamoDB takes 400 KB an item. */
const plainBytes = 64 * 1024

const layers = new Map<string, DynamoDBPersistenceLayer>()

/** In a DynamoDB table with the key `id` and the expiry attribute `expiration`. */
export const idempotency = (tableName: string): Idempotency => {
  const library = async () => {
    // Loaded on first use: most requests bring no key.
    const [{ makeIdempotent, IdempotencyConfig }, { DynamoDBPersistenceLayer }] = await Promise.all([
      import('@aws-lambda-powertools/idempotency'),
      import('@aws-lambda-powertools/idempotency/dynamodb'),
    ])
    const layer = layers.get(tableName) ?? new DynamoDBPersistenceLayer({ tableName, clientConfig: { maxAttempts: 3 } })
    layers.set(tableName, layer)
    return { makeIdempotent, IdempotencyConfig, layer }
  }

  return {
    once: async <Result>({ key, payload, remainingMs }: OnceOptions, work: () => Promise<Result>) => {
      const { makeIdempotent, IdempotencyConfig, layer } = await library()
      let done: { result: Result } | undefined
      let failure: { error: unknown } | undefined
      const run = makeIdempotent(
        async (_record: { key: readonly string[]; payload: unknown }) => {
          try {
            done = { result: await work() }
          } catch (error) {
            failure = { error }
            throw error
          }
          return packed(JSON.stringify(done.result))
        },
        {
          persistenceStore: layer,
          keyPrefix: 'once',
          config: new IdempotencyConfig({
            eventKeyJmesPath: 'key',
            payloadValidationJmesPath: 'payload',
            hashFunction: 'sha256',
            expiresAfterSeconds: keptSeconds,
            lambdaContext: { getRemainingTimeInMillis: () => remainingMs } as Context,
          }),
        },
      )
      try {
        return JSON.parse(unpacked(await run({ key, payload: payload ?? null }))) as Result
      } catch (error) {
        if (failure) throw failure.error
        if (!done) throw refusal(error)
        // It has been done; that it could not be remembered is no reason to call it failed.
        log.warn('a result could not be kept for its idempotency key', { reason: loggable(error) })
        return done.result
      }
    },
  }
}

const refusal = (error: unknown): IngestionError => {
  switch (error instanceof Error ? error.name : '') {
    case 'IdempotencyValidationError':
      return new IngestionError(
        'idempotency_mismatch',
        'This Idempotency-Key was used for another request. Choose a new key for a new request.',
      )
    case 'IdempotencyAlreadyInProgressError':
      return new IngestionError(
        'idempotency_in_progress',
        'The first request with this Idempotency-Key is still at work. Ask again in a moment.',
      )
    default:
      return new IngestionError(
        'idempotency_unavailable',
        'The table of idempotency keys cannot be reached, so nothing was done. Check that it exists and that the function may use it, or send no Idempotency-Key.',
        { cause: error },
      )
  }
}

const zipped = 'gzip:'
const packed = (text: string) =>
  Buffer.byteLength(text) <= plainBytes ? text : zipped + gzipSync(text).toString('base64')
const unpacked = (text: string) =>
  text.startsWith(zipped) ? gunzipSync(Buffer.from(text.slice(zipped.length), 'base64')).toString() : text
