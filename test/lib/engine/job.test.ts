import { describe, expect, it } from 'vitest'
import { isTerminal, jobStatuses, mayBecome } from '../../../lib/engine/job.ts'

describe('the job state machine', () => {
  it('has three ends', () => {
    expect(jobStatuses.filter(isTerminal)).toEqual(['failed', 'succeeded', 'cancelled'])
  })

  it.each([
    ['pending', ['running', 'incomplete', 'failed', 'cancelled']],
    ['running', ['incomplete', 'failed', 'succeeded', 'cancelled']],
    ['incomplete', ['pending', 'running', 'incomplete', 'failed', 'succeeded', 'cancelled']],
    ['failed', []],
    ['succeeded', []],
    ['cancelled', []],
  ] as const)('%s may become %j', (from, expected) => {
    expect(jobStatuses.filter((to) => mayBecome(from, to))).toEqual(expected)
  })
})
