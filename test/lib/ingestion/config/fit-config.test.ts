import { describe, expect, it } from 'vitest'
import { fitConfig } from '../../../../lib/ingestion/config/fit-config.ts'

const specification = {
  type: 'object',
  required: ['host', 'port', 'key'],
  properties: {
    host: { type: 'string' },
    port: { type: 'integer' },
    key: { type: 'string', airbyte_secret: true, pattern: '^[A-Z]{3}$' },
  },
}
const stored = { host: 'h', port: 1, key: '**********' }
const pointers = async (promise: Promise<unknown>) =>
  promise.then(
    () => [],
    (error: { errors: { pointer: string }[] }) => error.errors.map(({ pointer }) => pointer),
  )

describe('fitConfig', () => {
  it('a mask stands for the stored secret, whatever form the secret has to have', async () =>
    expect((await fitConfig(specification, stored, stored)).config).toEqual(stored))

  it('a mask where nothing is stored is no secret', async () => {
    expect(await pointers(fitConfig(specification, stored))).toEqual(['/config/key'])
    expect(await pointers(fitConfig(specification, { ...stored, host: '**********' }, stored))).toEqual([
      '/config/host',
    ])
    expect(await pointers(fitConfig(undefined, { list: [{ token: '**********' }] }, {}))).toEqual([
      '/config/list/0/token',
    ])
  })

  it('every fault is told at once', async () =>
    expect(await pointers(fitConfig(specification, { port: 'x', key: 'abc' }))).toEqual([
      '/config/host',
      '/config/port',
      '/config/key',
    ]))

  it('what no specification is known of is left to Airbyte', async () =>
    expect(await fitConfig(undefined, { any: 1 })).toEqual({ config: { any: 1 }, adjusted: [] }))
})
