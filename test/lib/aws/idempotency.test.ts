import '../../support/quiet-log.ts'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { idempotency } from '../../../lib/aws/idempotency.ts'
import { startIdempotencyTable, type TableEndpoint } from '../../../lib/local/aws/idempotency-table.ts'

let table: TableEndpoint
const keys = idempotency('keys')

beforeAll(async () => {
  table = await startIdempotencyTable('keys')
  process.env.AWS_ENDPOINT_URL_DYNAMODB = table.url
  process.env.AWS_REGION = 'us-east-1'
  process.env.AWS_ACCESS_KEY_ID = 'local'
  process.env.AWS_SECRET_ACCESS_KEY = 'local'
})
afterAll(() => table.close())

const remainingMs = 30_000
/** Work that counts how often it was done. */
const counted = () => {
  const work = { times: 0, run: async () => ({ time: ++work.times }) }
  return work
}

describe('once', () => {
  it('brings the first result again', async () => {
    const work = counted()
    const options = { key: ['a', randomUUID()], payload: { b: 1, a: 2 }, remainingMs }
    expect(await keys.once(options, work.run)).toEqual({ time: 1 })
    expect(await keys.once({ ...options, payload: { a: 2, b: 1 } }, work.run)).toEqual({ time: 1 })
    expect(work.times).toBe(1)
  })

  it.each([
    ['another key', ['a', 'x'], ['a', 'y']],
    ['another route', ['a', 'z'], ['b', 'z']],
  ])('%s is other work', async (_, one, other) => {
    const work = counted()
    await keys.once({ key: [...one, 'own'], remainingMs }, work.run)
    await keys.once({ key: [...other, 'own'], remainingMs }, work.run)
    expect(work.times).toBe(2)
  })

  it('refuses another payload', async () => {
    const key = [randomUUID()]
    await keys.once({ key, payload: { a: 1 }, remainingMs }, counted().run)
    await expect(keys.once({ key, payload: { a: 2 }, remainingMs }, counted().run)).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    })
  })

  it('at the same instant has one effect; the others are told so', async () => {
    const work = counted()
    const key = [randomUUID()]
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = async () => {
      await held
      return work.run()
    }
    const all = Array.from({ length: 5 }, () => keys.once({ key, remainingMs }, slow))
    const settled = Promise.allSettled(all)
    await Promise.race(all.map((one) => one.catch(() => undefined)))
    release()
    const results = await settled
    expect(work.times).toBe(1)
    expect(results.some(({ status }) => status === 'rejected')).toBe(true)
    for (const one of results)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'idempotency_in_progress' })
      else expect(one.value).toEqual({ time: 1 })
  })

  it('throws what the work throws, and the key is free again', async () => {
    const key = [randomUUID()]
    const broken = new Error('broken')
    await expect(
      keys.once({ key, remainingMs }, async () => {
        throw broken
      }),
    ).rejects.toBe(broken)
    expect(await keys.once({ key, remainingMs }, counted().run)).toEqual({ time: 1 })
  })

  it('takes whoever ran out of time for dead', async () => {
    const key = [randomUUID()]
    const dead = keys.once({ key, remainingMs: 1 }, () => new Promise(() => {}))
    void dead
    const work = counted()
    await expect.poll(() => keys.once({ key, remainingMs }, work.run).catch(() => undefined)).toEqual({ time: 1 })
  })

  it('keeps results larger than an item may be', async () => {
    const key = [randomUUID()]
    const large = { streams: Array.from({ length: 10_000 }, (_, index) => ({ name: `stream_${index}`, mode: 'full' })) }
    await keys.once({ key, remainingMs }, async () => large)
    expect(await keys.once({ key, remainingMs }, async () => ({ streams: [] }))).toEqual(large)
  })
})

it('a table that is not there does nothing and says so', async () => {
  const work = counted()
  await expect(idempotency('none').once({ key: ['a'], remainingMs }, work.run)).rejects.toMatchObject({
    code: 'idempotency_unavailable',
  })
  expect(work.times).toBe(0)
})

it('a table that vanishes during the work does not make it a failure', async () => {
  const { close, url } = await startIdempotencyTable('gone')
  const before = process.env.AWS_ENDPOINT_URL_DYNAMODB
  process.env.AWS_ENDPOINT_URL_DYNAMODB = url
  const gone = idempotency('gone')
  const result = await gone.once({ key: ['a'], remainingMs }, async () => {
    await close()
    return 'done'
  })
  process.env.AWS_ENDPOINT_URL_DYNAMODB = before
  expect(result).toBe('done')
})
