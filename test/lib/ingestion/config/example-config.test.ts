import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../../../lib/airbyte/types.ts'
import { checkConfig } from '../../../../lib/ingestion/config/check-config.ts'
import { exampleConfig } from '../../../../lib/ingestion/config/example-config.ts'

const folder = new URL('../../../../../shared/airbyte/specs/', import.meta.url)
const hasSpecs = existsSync(folder)
if (!hasSpecs) console.warn('example-config: ../shared/airbyte/specs is missing, the real specifications are not tried')

const files = hasSpecs ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []

describe.runIf(hasSpecs)('the example of a real specification', () => {
  it.each(files)('%s fits it', async (file) => {
    const specification: Json = JSON.parse(readFileSync(new URL(file, folder), 'utf8')).spec.connectionSpecification
    const example = exampleConfig(specification)
    expect(await checkConfig(specification, example), JSON.stringify(example)).toEqual([])
  })
})

describe('exampleConfig', () => {
  it('has what is required, and secrets, in the order of the form', () => {
    const properties = {
      password: { type: 'string', airbyte_secret: true, order: 2 },
      port: { type: 'integer', default: 5432, order: 1 },
      host: { type: 'string', order: 0 },
      comment: { type: 'string' },
    }
    const example = exampleConfig({ type: 'object', required: ['port', 'host'], properties })
    expect(Object.entries(example)).toEqual([
      ['host', '<host>'],
      ['port', 5432],
      ['password', '<password>'],
    ])
  })

  it('takes the branch that the form opens with', () => {
    const branch = (mode: string) => ({ required: ['mode'], properties: { mode: { const: mode } } })
    const mode = { oneOf: [branch('a'), branch('b')], default: { mode: 'b' } }
    expect(exampleConfig({ required: ['mode'], properties: { mode } })).toEqual({ mode: { mode: 'b' } })
  })

  it('ends where a specification holds itself', () => {
    const schema: Record<string, unknown> = { type: 'object', required: ['self'] }
    schema.properties = { self: schema }
    expect(() => exampleConfig(schema)).not.toThrow()
  })
})
