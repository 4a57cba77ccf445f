import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { syncFinished } from '../../../../lib/ingestion/waiting/sync-finished.ts'

const folder = new URL('../../../../functions/poll/', import.meta.url)
const file = (name: string) => readFileSync(new URL(name, folder), 'utf8')

it('the documented schema is the one that events are held against', () =>
  expect(JSON.parse(file('sync-finished.schema.json'))).toEqual(z.toJSONSchema(syncFinished)))

it('the documented example is such an event', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(file('README.md')) ?? []
  expect(syncFinished.parse(JSON.parse(example))).toMatchObject({ outcome: 'PARTIAL' })
})
