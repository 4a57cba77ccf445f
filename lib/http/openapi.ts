import * as z from 'zod'
import { errorCodes } from '../errors.ts'
import type { Routes } from './api.ts'
import type { Contract } from './contract.ts'
import { examples } from './contracts/examples.ts'

type Json = Record<string, unknown>

const description = `Registers data sources and sinks with Airbyte, links them, and runs syncs.

Errors are problem documents (RFC 9457): \`code\` is stable, \`detail\` says what to do, \`errors\` points into the request.
Secrets never come back; where one is stored, the value reads \`**********\`.
Work that cannot finish in time answers 202 with a Location to ask again.`

/** The contracts of all routes as an OpenAPI 3.1 document. Nothing is described here that does not also check requests. */
export const openApiDocument = (routes: Routes): Json => {
  const paths: Record<string, Json> = {}
  for (const [routeKey, { contract }] of Object.entries(routes).sort(byPath)) {
    const [method = '', path = ''] = routeKey.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(routeKey, contract) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Airbyte ingestion', version: '1', description },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { token: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'Stages with authorizer: api-key' },
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Stages with authorizer: jwt. Stages with authorizer: iam take requests signed with SigV4.',
        },
      },
      schemas: { Problem: problem },
    },
  }
}

const byPath = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  String(a.split(' ')[1]).localeCompare(String(b.split(' ')[1])) || a.localeCompare(b)

const operation = (routeKey: string, contract: Contract): Json => ({
  operationId: operationId(routeKey),
  summary: contract.summary,
  ...parametersOf(routeKey, contract),
  ...(contract.body
    ? {
        requestBody: {
          required: contract.bodyOptional !== true,
          content: {
            'application/json': {
              schema: jsonSchema(contract.body, 'input'),
              ...(examples[routeKey] === undefined ? {} : { example: examples[routeKey] }),
            },
          },
        },
      }
    : {}),
  responses: {
    ...Object.fromEntries(
      Object.entries({ [contract.status]: contract.answer, ...contract.also }).map(([status, answer]) => [
        status,
        response(Number(status), answer, status === String(contract.status) && contract.location !== undefined),
      ]),
    ),
    default: {
      description: 'What went wrong and what to do',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
})

const reasons: Readonly<Record<number, string>> = { 200: 'Done', 201: 'Made', 202: 'Goes on', 204: 'Done' }

const response = (status: number, answer: z.ZodType, hasLocation: boolean): Json => ({
  description: reasons[status] ?? 'Done',
  ...(hasLocation ? { headers: { location: { schema: { type: 'string' } } } } : {}),
  ...(status === 204 ? {} : { content: { 'application/json': { schema: jsonSchema(answer, 'output') } } }),
})

const parametersOf = (routeKey: string, { path, query }: Contract): { parameters?: Json[] } => {
  const parameters = [...parametersIn('path', path), ...parametersIn('query', query)]
  if (routeKey.startsWith('POST '))
    parameters.push({
      name: 'idempotency-key',
      in: 'header',
      required: false,
      description: 'The same key and body get the first answer again, for a day',
      schema: { type: 'string' },
    })
  return parameters.length > 0 ? { parameters } : {}
}

const parametersIn = (place: 'path' | 'query', schema: z.ZodObject | undefined): Json[] => {
  if (!schema) return []
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }))
}

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
  return rest
}

/** `GET /sync/{jobId}/logs` → `getSyncJobIdLogs`. */
const operationId = (routeKey: string): string =>
  routeKey
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word, index) => (index === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('')

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: Object.keys(errorCodes) },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'message'],
        properties: { pointer: { type: 'string' }, message: { type: 'string' } },
      },
    },
    requestId: { type: 'string' },
  },
}
