import { expect, it } from 'vitest'
import { faultRun } from '../support/fault-run.ts'

it('whatever happens between functions and engine: one job a start, its own outcome, one event, no execution left', async () => {
  const syncs = 30
  const run = await faultRun({ syncs, seed: 11, faultRate: 0.15, lanes: 6 })
  expect(run.wrong).toEqual([])
  expect(run).toMatchObject({ syncs, executionsLeft: 0 })
  expect(run.outcomes.get('SUCCEEDED')).toBeGreaterThan(syncs / 3)
  expect(run.faults.size).toBeGreaterThan(10)
})
