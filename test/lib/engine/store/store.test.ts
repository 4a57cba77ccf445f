import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase, unsynced } from '../../../../lib/engine/store/database.ts'
import type { JobQuery } from '../../../../lib/engine/store/jobs.ts'
import { migrations } from '../../../../lib/engine/store/schema.ts'
import { openStore } from '../../../../lib/engine/store/store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-store-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = () => {
  const store = openStore(join(folder, 'data'))
  return { ...store, [Symbol.dispose]: store.close }
}
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe('the store', () => {
  it('is readable by its owner only', () => {
    using _store = open()
    expect(mode(join(folder, 'data'))).toBe('700')
    expect(mode(join(folder, 'data/engine.sqlite'))).toBe('600')
    expect(mode(join(folder, 'data/engine.sqlite-wal'))).toBe('600')
  })

  it('cannot be opened twice', () => {
    using _store = open()
    expect(open).toThrow(/in use by another engine/)
    // The one that was refused has not taken the lock away: POSIX gives all of a process's locks up with any of its handles.
    const other = `new (require('node:sqlite').DatabaseSync)(process.argv[1]).exec('BEGIN EXCLUSIVE')`
    const file = join(folder, 'data/engine.sqlite')
    expect(() => execFileSync(process.execPath, ['-e', other, file], { stdio: 'pipe' })).toThrow(/database is locked/)
  })

  it('waits for the disk whenever it commits, but not for progress', () => {
    const database = openDatabase(join(folder, 'data'))
    const synchronous = () => database.prepare('PRAGMA synchronous').get()?.synchronous
    expect(synchronous()).toBe(2)
    unsynced(database, () => expect(synchronous()).toBe(1))
    expect(synchronous()).toBe(2)
    database.close()
  })

  it('can be opened again once it is closed, and remembers', () => {
    {
      using store = open()
      expect(store.settings.getOrSet('workspaceId', 'first')).toBe('first')
    }
    using store = open()
    expect(store.settings.getOrSet('workspaceId', 'second')).toBe('first')
  })

  it('refuses a file that a newer engine wrote, and leaves it alone', () => {
    {
      using _store = open()
    }
    const file = join(folder, 'data/engine.sqlite')
    const database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(open).toThrow(/newer version of the engine/)
    const after = new DatabaseSync(file)
    expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 })
    after.close()
  })

  it('takes over what the first version of the engine wrote', () => {
    mkdirSync(join(folder, 'data'))
    const first = new DatabaseSync(join(folder, 'data/engine.sqlite'))
    first.exec(`${migrations[0]}; PRAGMA user_version = 1;
      INSERT INTO jobs VALUES (7, 'c', 'succeeded', '[]', 1000, 2000, 1000, NULL);
      INSERT INTO attempts VALUES (7, 0, 'succeeded', 1000, 2000, 2000, '[]');
      INSERT INTO stream_statistics VALUES (7, 0, 'public', 'orders', 10, 100, 10, 100, 1, 1)`)
    first.close()
    using store = open()
    expect(store.jobs.findLast('c')).toMatchObject({ id: 7, status: 'succeeded', createdAt: new Date(1000) })
    expect(store.attempts.listOfJob(7)[0]?.streams).toEqual([
      {
        ...{ name: 'orders', namespace: 'public', recordsEmitted: 10, bytesEmitted: 100, recordsCommitted: 10 },
        ...{ bytesCommitted: 100, statesEmitted: 1, complete: true },
      },
    ])
    expect(mode(join(folder, 'data/engine.sqlite'))).toBe('600')
  })

  it('names the file when it is no database or a damaged one', () => {
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data/engine.sqlite'), 'something else entirely, and not short either'.repeat(100))
    expect(open).toThrow(/engine\.sqlite is not a database of the engine, or damaged.*restore it from a backup/)
  })

  it('says so when the directory cannot be made', () => {
    expect(() => openStore('/dev/null/data')).toThrow(/cannot be written/)
  })

  it('keeps nothing of a transaction that failed', () => {
    using store = open()
    const now = new Date()
    expect(() =>
      store.transaction(() => {
        store.jobs.add('c', [], now)
        throw new Error('half way')
      }),
    ).toThrow('half way')
    expect(store.jobs.listUnfinished()).toEqual([])
  })

  it('lists jobs in pages, by every filter and in either order; equal times by id', () => {
    using store = open()
    const at = (minute: number) => new Date(minute * 60_000)
    // 1 and 2 are created at the same moment; 1 changes last.
    for (const [connectionId, minute] of [
      ['a', 1],
      ['b', 1],
      ['a', 2],
      ['a', 3],
    ] as const)
      store.jobs.add(connectionId, [], at(minute), minute === 3 ? 'clear' : 'sync')
    store.jobs.become(2, 'cancelled', at(4))
    store.jobs.become(1, 'running', at(5))
    const listed = (query: Partial<JobQuery>) => {
      const { jobs, total } = store.jobs.list({
        orderBy: 'createdAt',
        ascending: false,
        limit: 10,
        offset: 0,
        ...query,
      })
      return [jobs.map(({ id }) => id), total]
    }
    expect(listed({})).toEqual([[4, 3, 2, 1], 4])
    expect(listed({ ascending: true, limit: 2, offset: 1 })).toEqual([[2, 3], 4])
    expect(listed({ orderBy: 'updatedAt' })).toEqual([[1, 2, 4, 3], 4])
    expect(listed({ connectionId: 'a', configTypes: ['sync'] })).toEqual([[3, 1], 2])
    expect(listed({ statuses: ['running', 'pending'], limit: 1 })).toEqual([[4], 3])
    expect(listed({ createdAfter: at(2), createdBefore: at(2) })).toEqual([[3], 1])
    expect(listed({ updatedAfter: at(4), updatedBefore: at(4) })).toEqual([[2], 1])
    expect(store.jobs.findLastRun('a')).toEqual({ id: 4, status: 'pending', beganAt: at(3) })
    expect(store.jobs.findUnfinished('b')).toBeUndefined()
  })

  it('bounds the log of an attempt: its lines, and their length', () => {
    using store = open()
    const id = store.jobs.add('c', [], new Date())
    store.attempts.add(id, 0, new Date())
    store.unsynced(() => {
      store.attempts.addLogLine(id, 0, 'x'.repeat(1_000_000))
      for (let line = 0; line < 5_005; line++) store.attempts.addLogLine(id, 0, 'a line')
    })
    const lines = store.attempts.logLines(id, 0)
    expect(lines).toHaveLength(5_000)
    expect(lines[0]).toHaveLength(10_000)
  })

  it('refuses a step that the job state machine does not have', () => {
    using store = open()
    const now = new Date()
    const id = store.jobs.add('c', [], now)
    store.jobs.become(id, 'running', now)
    store.jobs.become(id, 'succeeded', now)
    expect(() => store.jobs.become(id, 'running', now)).toThrow(/cannot become running from succeeded/)
  })

  it('takes a stream without a namespace and one with an empty namespace for the same', () => {
    using store = open()
    store.actors.add({
      id: 's',
      kind: 'source',
      definitionId: 'd',
      name: 'n',
      configuration: {},
      createdAt: new Date(),
    })
    store.actors.add({
      id: 't',
      kind: 'destination',
      definitionId: 'd',
      name: 'n',
      configuration: {},
      createdAt: new Date(),
    })
    store.connections.add({
      id: 'c',
      sourceId: 's',
      destinationId: 't',
      name: 'n',
      status: 'active',
      namespaceDefinition: 'source',
      catalog: [],
      schedule: { type: 'manual' },
      kept: {},
      createdAt: new Date(),
    })
    store.streams.saveState('c', { name: 'orders' }, { at: 1 })
    expect(store.streams.stateOf('c', { name: 'orders', namespace: '' })).toEqual({ at: 1 })
    expect(store.streams.raiseGeneration('c', { name: 'orders' })).toBe(1)
    expect(store.streams.raiseGeneration('c', { name: 'orders' })).toBe(2)
    store.actors.remove('s')
    expect(store.streams.listStates('c')).toEqual([])
  })
})
