import './setup.ts'
import { describe, expect, it } from 'vitest'
import { handler as datasource } from '../../functions/datasource/handler.ts'
import { handler as sink } from '../../functions/sink/handler.ts'
import { createDatasource } from '../../lib/http/contracts/datasource.ts'
import { createSink } from '../../lib/http/contracts/sink.ts'
import { catalog } from '../support/airbyte/connectors.ts'
import { type ProfileName, profiles } from '../support/airbyte/profile.ts'
import { workspaceId } from '../support/airbyte/store.ts'
import { call } from '../support/api-event.ts'
import { mysql, s3, useAirbyte } from './setup.ts'

const post = (body: unknown) => call(datasource, 'POST /datasource', { body })

describe.each(Object.keys(profiles) as ProfileName[])('against %s', (profile) => {
  it('the seed payloads make a source and a destination', async () => {
    await using airbyte = await useAirbyte({ profile })
    const source = await post(mysql)
    expect(source.status).toBe(201)
    expect(createDatasource.answer.parse(source.body)).toMatchObject({
      name: 'mysql_source',
      type: 'mysql',
      sourceId: source.body.id,
      workspaceId,
      config: { host: 'localhost', password: '**********', replication_method: { method: 'STANDARD' } },
      adjusted: [{ pointer: '/config/replication_method' }],
    })
    const made = await call(sink, 'POST /sink', { body: s3 })
    expect(made.status).toBe(201)
    expect(createSink.answer.parse(made.body)).toMatchObject({
      sinkId: made.body.id,
      destinationId: made.body.id,
      config: {
        s3_bucket_name: 'my-bucket',
        secret_access_key: '**********',
        format: { format_type: 'Parquet', compression_codec: 'SNAPPY' },
      },
    })
    expect(JSON.stringify([source, made])).not.toContain('canary')
    expect(airbyte.bodies.at(-1)?.body).toMatchObject({
      connectionConfiguration: { secret_access_key: 'canary-secret' },
    })
    expect(airbyte.violations).toEqual([])
  })
})

describe('POST /datasource', () => {
  it('costs one upstream call once the container is warm', async () => {
    await using airbyte = await useAirbyte()
    await post(mysql)
    airbyte.requests.length = 0
    await post(mysql)
    expect(airbyte.requests).toEqual(['/sources/create'])
  })

  it.each([
    ['no body', { text: null }, 400, 'malformed_json', undefined],
    ['an empty body', { text: '' }, 400, 'malformed_json', undefined],
    ['half a body', { text: '{"name":' }, 400, 'malformed_json', undefined],
    [
      'a form',
      { text: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
      undefined,
    ],
    ['a list', { body: [] }, 422, 'invalid_input', ['']],
    ['a prototype key', { text: '{"__proto__":{"a":1}}' }, 422, 'invalid_input', ['']],
    ['nothing in it', { body: {} }, 422, 'invalid_input', ['/name', '/type', '/config']],
    ['a wrong type of name', { body: { ...mysql, name: 7 } }, 422, 'invalid_input', ['/name']],
    ['a field too many', { body: { ...mysql, 'a/b': 1 } }, 422, 'invalid_input', ['/a~1b']],
    ['an unknown connector', { body: { ...mysql, type: 'mysqll' } }, 404, 'connector_unknown', ['/type']],
    ['an unknown query parameter', { body: mysql, query: { dryrun: 'true' } }, 422, 'invalid_input', ['/dryrun']],
    ['a workspace that is no UUID', { body: { ...mysql, workspaceId: 'w' } }, 404, 'not_found', ['/workspaceId']],
    [
      'an unknown workspace',
      { body: { ...mysql, workspaceId: crypto.randomUUID() } },
      404,
      'not_found',
      ['/workspaceId'],
    ],
    [
      'missing settings',
      { body: { ...mysql, config: {} } },
      422,
      'invalid_input',
      ['/config/host', '/config/port', '/config/database', '/config/username'],
    ],
  ] as const)('%s is refused with a pointer', async (_, request, status, code, pointers) => {
    await using airbyte = await useAirbyte()
    const answer = await call(datasource, 'POST /datasource', request)
    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json' },
      body: { status, code, requestId: 'request-1' },
    })
    const errors = answer.body.errors as { pointer: string }[] | undefined
    expect(errors?.map(({ pointer }) => pointer)).toEqual(pointers)
    expect(airbyte.state.actors.size).toBe(0)
  })

  it('a body in base64 is read', async () => {
    await using _ = await useAirbyte()
    const text = Buffer.from(JSON.stringify(mysql)).toString('base64')
    expect((await call(datasource, 'POST /datasource', { text, base64: true })).status).toBe(201)
  })

  it('an ambiguous type names its candidates', async () => {
    await using _ = await useAirbyte()
    const answer = await post({ ...mysql, type: 'SQL' })
    expect(answer.status).toBe(404)
    expect((await call(sink, 'POST /sink', { body: { ...s3, type: '3' } })).status).toBe(404)
    expect((await call(sink, 'POST /sink', { body: { ...s3, type: 's3 d' } })).status).toBe(404)
  })

  it('a create whose answer got lost is found, not repeated', async () => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/sources/create', { cut: true, after: true })
    const answer = await post(mysql)
    expect(answer.status).toBe(201)
    expect(airbyte.requests.filter((path) => path === '/sources/create')).toHaveLength(1)
    expect([...airbyte.state.actors.keys()]).toEqual([answer.body.id])
  })

  it('a create that may have got lost and cannot be found is told so', async () => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/sources/create', { cut: true })
    expect(await post(mysql)).toMatchObject({ status: 504, body: { code: 'outcome_unknown' } })
    expect(airbyte.requests.filter((path) => path === '/sources/create')).toHaveLength(1)
  })

  it('what Airbyte refuses is passed on without Java', async () => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/sources/create', {
      status: 422,
      body: JSON.stringify({
        message: 'java.lang.X: json schema validation failed. \nSchema: \n{}',
        exceptionStack: ['at a.b'],
      }),
    })
    const answer = await post(mysql)
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/config' }] } })
    expect(JSON.stringify(answer)).not.toMatch(/java|Schema:|exceptionStack/)
  })

  it('a route that is not there is a problem document', async () => {
    await using _ = await useAirbyte()
    expect(await call(datasource, '$default')).toMatchObject({ status: 404, body: { code: 'route_not_found' } })
  })

  it('an invocation about to be ended says so itself', async () => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/instance_configuration', { hang: true })
    const answer = await call(datasource, 'POST /datasource', { body: mysql, remainingMs: 700 })
    expect(answer).toMatchObject({ status: 504, body: { code: 'timed_out', requestId: 'request-1' } })
  })

  it('an id that Airbyte forbids to look at is as good as unknown; work that it forbids is not', async () => {
    await using airbyte = await useAirbyte()
    const path = { id: String((await post(mysql)).body.id) }
    const forbidden = { status: 403, body: '{"message":"Forbidden"}' }
    const unknown = { status: 404, body: { code: 'not_found', errors: [{ pointer: '/id' }] } }
    airbyte.fail('/sources/get', forbidden)
    expect(await call(datasource, 'GET /datasource/{id}', { path })).toMatchObject(unknown)
    for (const [route, operation] of [
      ['POST /datasource/{id}/check', '/sources/check_connection'],
      ['GET /datasource/{id}/schema', '/sources/discover_schema'],
    ] as const) {
      airbyte.fail(operation, forbidden)
      expect(await call(datasource, route, { path })).toMatchObject({ status: 502 })
      airbyte.fail(operation, forbidden)
      airbyte.fail('/sources/get', forbidden)
      expect(await call(datasource, route, { path })).toMatchObject(unknown)
    }
  })

  it.each([
    ['characters that are escaped twice', '"'.repeat(2 * 1024 * 1024)],
    ['characters of three bytes', '漢'.repeat(2.1 * 1024 * 1024)],
  ])('an answer that is too large for a function, by %s, says how to ask for less', async (_, description) => {
    await using airbyte = await useAirbyte()
    const path = { id: String((await post(mysql)).body.id) }
    const [{ stream, config } = {}, other] = catalog.streams
    const jsonSchema = { ...stream?.jsonSchema, description }
    airbyte.state.catalog = { streams: [{ stream: { ...stream, jsonSchema }, config }, other] }
    const schema = (query: Record<string, string>) => call(datasource, 'GET /datasource/{id}/schema', { path, query })
    expect(await schema({})).toMatchObject({
      status: 422,
      body: { code: 'answer_too_large', errors: [{ pointer: '/stream' }] },
    })
    expect(await schema({ stream: String(other?.stream.name) })).toMatchObject({ status: 200 })
  })

  it('a bug of ours is a 500 that says nothing of itself', async () => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/source_definitions/list_for_workspace', {
      status: 200,
      body: '{"sourceDefinitions":[{"name":"canary","dockerRepository":7}]}',
    })
    const answer = await post(mysql)
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } })
    expect(JSON.stringify(answer)).not.toMatch(/canary|TypeError|split/)
  })

  it('a request that takes too long ends as told', async () => {
    await using airbyte = await useAirbyte()
    process.env.HTTP_DEADLINE_MS = '100'
    airbyte.fail('/instance_configuration', { hang: true })
    expect(await post(mysql)).toMatchObject({ status: 504, body: { code: 'timed_out' } })
  })
})
