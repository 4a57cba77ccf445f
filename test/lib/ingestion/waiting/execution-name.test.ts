import { expect, it } from 'vitest'
import { executionName } from '../../../../lib/ingestion/waiting/execution-name.ts'

const job = { jobId: 7, connectionId: 'c', createdAtSeconds: 1 }
const name = executionName('http://a/api/v1', job)

it('the name of an execution is what Step Functions takes, and the same each time', () => {
  expect(name).toMatch(/^job-7-[0-9a-f]{8}$/)
  expect(executionName('http://a/api/v1', { ...job })).toBe(name)
})

it.each([
  ['another Airbyte', 'http://b/api/v1', job],
  ['another connection', 'http://a/api/v1', { ...job, connectionId: 'd' }],
  ['an Airbyte set up anew', 'http://a/api/v1', { ...job, createdAtSeconds: 2 }],
])('%s has another name for a job of the same number', (_, baseUrl, other) =>
  expect(executionName(baseUrl, other)).not.toBe(name),
)
