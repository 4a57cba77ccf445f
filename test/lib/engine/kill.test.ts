import { describe, expect, it } from 'vitest'
import { runKills } from '../../bench/kill/kill-run.ts'
import { hasMariaDb } from '../../support/mariadb.ts'

describe('an engine that is killed again and again', () => {
  it.each([
    ['one writer', { source: 'postgres', seed: 1, kills: 4, overlapping: false }],
    [
      'overlapping transactions and a lookback window',
      { source: hasMariaDb() ? 'mariadb' : 'postgres', seed: 2, kills: 3, overlapping: true },
    ],
  ] as const)(
    'loses nothing, doubles nothing, and shows nothing in part: %s',
    async (_, few) => {
      const plan = { ...few, bulkRows: 9_000 }
      const report = await runKills(plan, () => undefined)
      expect(report.faults).toEqual([])
      expect(report.enginesKilled + report.childrenKilled).toBe(plan.kills)
      expect(report.sourceRows).toBeGreaterThan(20_000)
    },
    // On a busy machine each of the dozen starts takes seconds.
    180_000,
  )
})
