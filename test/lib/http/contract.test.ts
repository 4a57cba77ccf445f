import { expect, it } from 'vitest'
import { IngestionError } from '../../../lib/errors.ts'
import { type Contract, parseRequest } from '../../../lib/http/contract.ts'
import { listConnectors } from '../../../lib/http/contracts/connectors.ts'
import { createDatasource, listDatasources } from '../../../lib/http/contracts/datasource.ts'
import { createIngestion } from '../../../lib/http/contracts/ingestion.ts'
import { getSyncLogs } from '../../../lib/http/contracts/sync.ts'

const faults = (contract: Contract, part: { query?: unknown; body?: unknown }) => {
  try {
    parseRequest(contract, { path: { jobId: '1' }, query: {}, body: undefined, ...part })
  } catch (error) {
    return error instanceof IngestionError
      ? error.errors.map(({ pointer, message }) => `${pointer} ${message}`)
      : [String(error)]
  }
  return []
}

it.each<[string, Contract, { query?: unknown; body?: unknown }, string[]]>([
  [
    'a limit of none',
    listDatasources,
    { query: { limit: '0' } },
    ['/limit must be a whole number from 1 to 100, not "0"'],
  ],
  [
    'too many lines',
    getSyncLogs,
    { query: { tail: '1001' } },
    ['/tail must be a whole number from 1 to 1000, not "1001"'],
  ],
  [
    'a kind that is none',
    listConnectors,
    { query: { kind: 'lake' } },
    ['/kind must be one of "source", "destination", "datasource", "sink", not "lake"'],
  ],
  [
    'wrong types and limits',
    createIngestion,
    { body: { sourceId: 5, sinkId: '', schedule: { units: 0, timeUnit: 'hours' }, streams: {}, status: 'on' } },
    [
      '/sourceId must be text, not 5',
      '/sinkId must not be empty',
      '/streams must be a list',
      '/schedule/units must be at least 1, not 0',
      '/status must be one of "active", "inactive", not "on"',
    ],
  ],
  [
    'a configuration that is text, which may hold a password',
    createDatasource,
    { body: { name: 'x', type: 'mysql', config: 'mysql://root:geheim@db' } },
    ['/config must be an object'],
  ],
])('the field, the value found and what it should be: %s', (_, contract, part, told) => {
  expect(faults(contract, part)).toEqual(told)
})
