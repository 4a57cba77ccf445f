import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection, Schedule } from '../../../../lib/engine/connection.ts'
import { connectionScheduler, type Scheduler } from '../../../../lib/engine/jobs/scheduler.ts'
import { openStore, type Store } from '../../../../lib/engine/store/store.ts'
import { collectingLog, testEngine } from '../test-engine.ts'

const daily: Schedule = { type: 'cron', cronExpression: '0 0 6 * * ?', cronTimeZone: 'UTC' }
const hourly: Schedule = { type: 'basic', units: 1, timeUnit: 'hours' }

let folder: string
let store: Store
let clock: Date
let started: string[]
let isFull: boolean
let scheduler: Scheduler
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-scheduler-'))
  store = openStore(folder)
  for (const kind of ['source', 'destination'] as const)
    store.actors.add({ id: kind, kind, definitionId: 'none', name: kind, configuration: {}, createdAt: new Date() })
  clock = new Date('2026-11-22T05:00:00Z')
  started = []
  isFull = true
  scheduler = connectionScheduler({ store, runner: { start }, log: collectingLog().log, now: () => clock })
})
afterEach(() => {
  scheduler.close()
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A runner whose jobs never end by themselves. */
const start = (connection: Connection) => {
  if (isFull && connection.id === 'broken') throw new Error('database or disk is full')
  started.push(connection.id)
  const id = store.jobs.add(connection.id, [], clock)
  store.jobs.become(id, 'running', clock)
  const job = store.jobs.find(id)
  if (!job) throw new Error('no job')
  return job
}
const endLastJob = (connectionId: string) =>
  store.jobs.become(store.jobs.findLast(connectionId)?.id ?? 0, 'succeeded', clock)
const connect = (id: string, schedule: Schedule) => {
  const connection: Connection = {
    ...{ id, schedule, sourceId: 'source', destinationId: 'destination', name: id, status: 'active', catalog: [] },
    ...{ namespaceDefinition: 'source', kept: {}, createdAt: clock },
  }
  store.connections.add(connection)
  return connection
}
const at = (time: string) => {
  clock = new Date(`2026-11-22T${time}Z`)
  scheduler.wake()
  return started.splice(0)
}

describe('the scheduler', () => {
  it('starts a basic schedule after a minute, and again an interval after the start of the last job', () => {
    connect('hourly', hourly)
    expect(at('05:00:59')).toEqual([])
    expect(at('05:01:00')).toEqual(['hourly'])
    expect(at('06:30:00')).toEqual([])
    endLastJob('hourly')
    expect(at('06:30:01')).toEqual(['hourly'])
    endLastJob('hourly')
    expect(at('07:30:00')).toEqual([])
    expect(at('07:30:01')).toEqual(['hourly'])
  })

  it('starts a cron schedule at its times, once each, and leaves one out while a sync runs', () => {
    connect('daily', daily)
    expect(at('05:00:00')).toEqual([])
    expect(at('05:59:59')).toEqual([])
    expect(at('06:00:00')).toEqual(['daily'])
    expect(at('06:00:01')).toEqual([])
    clock = new Date('2026-11-23T06:00:05Z')
    scheduler.wake()
    expect(started).toEqual([])
    endLastJob('daily')
    clock = new Date('2026-11-24T06:00:00Z')
    scheduler.wake()
    expect(started).toEqual(['daily'])
  })

  it('follows a schedule that was changed, paused or deleted', () => {
    const connection = connect('daily', daily)
    expect(at('05:00:00')).toEqual([])
    store.connections.save({ ...connection, schedule: { ...daily, cronExpression: '0 30 5 * * ?' } })
    expect(at('05:10:00')).toEqual([])
    expect(at('05:30:00')).toEqual(['daily'])
    endLastJob('daily')
    store.connections.save({ ...connection, status: 'inactive' })
    expect(at('06:00:00')).toEqual([])
    store.connections.save(connection)
    expect(at('06:00:01')).toEqual([])
    store.connections.remove('daily')
    expect(at('23:00:00')).toEqual([])
  })

  it('follows a clock that is set back, and does not repeat a run when it is only put right', () => {
    connect('daily', daily)
    clock = new Date('2030-01-01T05:00:00Z')
    scheduler.wake()
    expect(at('05:00:00')).toEqual([])
    expect(at('06:00:00')).toEqual(['daily'])
    endLastJob('daily')
    expect(at('05:59:58')).toEqual([])
    expect(at('06:00:00')).toEqual([])
  })

  it('runs in an engine from its start on', async () => {
    clock = new Date(Date.now() - 3_600_000)
    connect('hourly', hourly)
    store.close()
    store = openStore(join(folder, 'other'))
    await using engine = await testEngine({ dataDir: folder })
    const { jobs } = (await engine.call('/jobs/list', { configTypes: ['sync'], configId: 'hourly' })).body
    expect(jobs).toHaveLength(1)
    await engine.finished(jobs[0].id)
    expect(engine.lines.join()).toContain('scheduled sync')
  })

  it.each([
    [hourly, '05:01:00', '05:01:30'],
    [daily, '06:00:00', '06:00:30'],
  ])('starts the others when one cannot be started, and that one when it can: %j', (schedule, due, later) => {
    connect('broken', schedule)
    connect('other', schedule)
    at('05:00:00')
    expect(at(due)).toEqual(['other'])
    isFull = false
    expect(at(later)).toEqual(['broken'])
  })
})
