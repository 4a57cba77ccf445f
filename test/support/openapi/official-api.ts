import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

/** Airbyte's own API documents lie beside the checkout, when they are there. */
const folder = join(import.meta.dirname, '../../../../shared/airbyte')

export interface OfficialApi {
  /** What the document finds wrong with a request body of the operation; empty = nothing, or no body is declared. */
  requestFaults(path: string, body: unknown): string[]
  /** The same for an answer with this status. */
  answerFaults(path: string, status: number, body: unknown): string[]
  has(path: string): boolean
}

interface Media {
  content?: { 'application/json'?: { schema?: Schema } }
}
type Schema = Record<string, unknown>
interface Document {
  paths: Record<string, Record<string, { requestBody?: Media; responses: Record<string, Media & { $ref?: string }> }>>
  components: { schemas: Record<string, Schema>; responses: Record<string, Media> }
}

/** What the engine adds where the document closes an object; told only to who has given it. */
const ownMembers: readonly unknown[] = ['asText']

/** The official Config API document of a release; undefined, and said so, where it is missing. */
export const officialApi = (release: '0.40.32' | '1.6.0' | '2.0.0' | 'HEAD'): OfficialApi | undefined => {
  const file = join(
    folder,
    release === 'HEAD' ? 'config-api.openapi.yaml' : `config-api.seed-endpoints.v${release}.yaml`,
  )
  if (!existsSync(file)) {
    console.warn(`Requests and answers are not validated: ${file} is not there.`)
    return undefined
  }
  const document = parse(readFileSync(file, 'utf8'), { maxAliasCount: -1 }) as Document
  mend(document)
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { int64: true, double: true, set: true } })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'api', components: document.components })

  const compiled = new Map<Schema, ValidateFunction>()
  const faults = (schema: Schema | undefined, value: unknown) => {
    if (!schema) return []
    const validate = compiled.get(schema) ?? ajv.compile(absolute(schema))
    compiled.set(schema, validate)
    if (validate(value)) return []
    return (validate.errors ?? [])
      .filter(({ params }) => !ownMembers.includes(params.additionalProperty))
      .map((e) => `${e.instancePath} ${e.message}`)
  }
  const operation = (path: string) => {
    const methods = document.paths[`/v1${path}`]
    return methods && (methods.post ?? methods.get)
  }
  const schemaOf = (media: Media | undefined) => media?.content?.['application/json']?.schema
  return {
    has: (path) => operation(path) !== undefined,
    requestFaults: (path, body) => faults(schemaOf(operation(path)?.requestBody), body),
    answerFaults: (path, status, body) => {
      const responses = operation(path)?.responses
      const found = responses?.[String(status)] ?? (status < 400 ? undefined : { content: {} })
      if (!found) return [`the document has no answer ${status} for ${path}`]
      const media = found.$ref ? document.components.responses[found.$ref.split('/').at(-1) ?? ''] : found
      return faults(schemaOf(media), body)
    },
  }
}

/** Both are slips of the document: the real property names differ, and nothing could ever validate. */
const mend = ({ components: { schemas } }: Document) => {
  for (const [name, wrong] of [
    ['AirbyteStream', 'json_schema'],
    ['NotificationWebhookConfigValidationRequestBody', 'NotificationTrigger'],
  ] as const) {
    const schema = schemas[name]
    if (schema && Array.isArray(schema.required)) schema.required = schema.required.filter((key) => key !== wrong)
  }
}

/** References within the document, as references into the schema that ajv knows it by. */
const absolute = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"api#/')) as Schema
