import './setup.ts'
import { describe, expect, it } from 'vitest'
import { handler as datasource } from '../../functions/datasource/handler.ts'
import { handler as sync } from '../../functions/sync/handler.ts'
import { call } from '../support/api-event.ts'
import { connect } from '../support/connection.ts'
import { useTable } from '../support/table.ts'
import { mysql, useAirbyte } from './setup.ts'

const create = (key: string, body: object = mysql) =>
  call(datasource, 'POST /datasource', { body, headers: { 'Idempotency-Key': key } })
const creates = (airbyte: { requests: string[] }) =>
  airbyte.requests.filter((path) => path === '/sources/create').length

describe('an Idempotency-Key', () => {
  it('brings the first answer again', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const first = await create('k')
    expect(first.status).toBe(201)
    expect(await create('k')).toEqual(first)
    expect(creates(airbyte)).toBe(1)
  })

  it('with another body is 422', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    await create('k')
    expect(await create('k', { ...mysql, name: 'other' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
    expect(creates(airbyte)).toBe(1)
  })

  it('at the same instant has one effect; the other request may ask again', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const answers = await Promise.all([create('k'), create('k'), create('k')])
    expect(creates(airbyte)).toBe(1)
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0)
    for (const { status, body, headers } of answers)
      if (status !== 201) {
        expect({ status, code: body.code }).toEqual({ status: 409, code: 'idempotency_in_progress' })
        expect(headers['retry-after']).toBe('2')
      }
  })

  it('keeps a refusal too, but no failure of Airbyte', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    airbyte.fail('/sources/create', { status: 422, body: '{"message":"no"}' }, { status: 500 })
    const refused = await create('refused')
    expect(refused.status).toBe(422)
    expect(await create('refused')).toEqual(refused)
    expect((await create('failed')).status).toBe(502)
    expect((await create('failed')).status).toBe(201)
  })

  it('of another caller is another key', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const as = (caller: string) =>
      call(datasource, 'POST /datasource', {
        body: mysql,
        headers: { 'Idempotency-Key': 'k' },
        authorizer: { lambda: { caller } },
      })
    await as('a')
    await as('b')
    await as('a')
    expect(creates(airbyte)).toBe(2)
  })

  it('starts one sync, also when the first has ended meanwhile', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const request = { body: { connectionId: connect(airbyte) }, headers: { 'idempotency-key': 'k' } }
    const first = await call(sync, 'POST /sync', request)
    Object.assign(airbyte.state.jobs[0] ?? {}, { status: 'succeeded' })
    expect(await call(sync, 'POST /sync', request)).toEqual(first)
    expect(airbyte.state.jobs).toHaveLength(1)
  })

  it('after a start whose outcome was unknown finds what was started', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const request = { body: { connectionId: connect(airbyte) }, headers: { 'idempotency-key': 'k' } }
    airbyte.fail('/connections/sync', { cut: true, after: true })
    airbyte.pass('/jobs/list', 2)
    airbyte.fail('/jobs/list', ...Array.from({ length: 20 }, () => ({ status: 500 })))
    expect(await call(sync, 'POST /sync', request)).toMatchObject({ status: 504, body: { code: 'outcome_unknown' } })
    Object.assign(airbyte.state.jobs[0] ?? {}, { status: 'succeeded' })
    airbyte.mend('/jobs/list')
    expect(await call(sync, 'POST /sync', request)).toMatchObject({ status: 202, body: { jobId: 1, attached: false } })
    expect(airbyte.state.jobs).toHaveLength(1)
  })

  it.each(['', ' ', 'x'.repeat(256), 'ü'])('%j is refused', async (key) => {
    await using _airbyte = await useAirbyte()
    await using _ = await useTable()
    expect(await create(key)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/idempotency-key' }] } })
  })

  it('without a table to keep it is refused, not ignored', async () => {
    await using airbyte = await useAirbyte()
    expect(await create('k')).toMatchObject({ status: 503, body: { code: 'not_configured' } })
    expect(creates(airbyte)).toBe(0)
  })
})
