import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { type Call, isAlive, type Shop, startShop, workersOf } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = await startShop()
})
afterAll(() => shop?.stop())

describe('the engine program', () => {
  const start = async (dataDir: string) => {
    const main = join(import.meta.dirname, '../../../lib/engine/main.ts')
    const child = spawn(process.execPath, [main, '--port', '0', '--data', dataDir, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (text) => {
      stdout += text
    })
    child.stderr.on('data', (text) => {
      stderr += text
    })
    const line = await eventually(() =>
      stdout.split('\n').find((text, index, all) => text !== '' && index < all.length - 1),
    )
    const { engine: url } = JSON.parse(line)
    const call: Call = async (path, body = {}) => {
      const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
      return { status: response.status, body: await response.json() }
    }
    return { child, call, output: () => ({ stdout, stderr }) }
  }
  const stopped = async (child: ChildProcess, ...signals: NodeJS.Signals[]) => {
    const exited = once(child, 'exit')
    for (const signal of signals) child.kill(signal)
    const [code] = await exited
    return code
  }

  it('killed in mid-sync leaves no process, and goes on with the job, or ends what was being cancelled, when it is started again', async () => {
    await shop.setPace(0.05)
    const folder = mkdtempSync(join(tmpdir(), 'engine-kill-'))
    const first = await start(folder)
    const connectionId = await shop.link(first.call, { stream: 'slow' })
    const { job } = (await first.call('/connections/sync', { connectionId })).body
    await shop.isReadingSlowly()
    await shop.setPace(0)
    const workers = workersOf(first.child.pid ?? 0)
    expect(workers.length).toBeGreaterThan(0)
    await stopped(first.child, 'SIGKILL')
    await eventually(() => workers.every((pid) => !isAlive(pid)) || undefined)

    const second = await start(folder)
    const info = await eventually(async () => {
      const { body } = await second.call('/jobs/get', { id: job.id })
      return body.job.status === 'succeeded' ? body : undefined
    })
    expect(info.attempts).toHaveLength(2)
    expect(info.attempts[0].attempt).toMatchObject({
      status: 'failed',
      failureSummary: { failures: [{ failureOrigin: 'airbyte_platform' }] },
    })
    expect(info.job.summary.recordsSynced).toBe(500)

    // The process does not listen: only its killing, after a second, would end the sync, and the engine does not live that long.
    await shop.setPace(0.05)
    const { job: unwanted } = (await second.call('/connections/sync', { connectionId })).body
    await shop.isReadingSlowly()
    const deaf = workersOf(second.child.pid ?? 0)
    for (const pid of deaf) process.kill(pid, 'SIGSTOP')
    second.call('/jobs/cancel', { id: unwanted.id }).catch(() => undefined)
    await eventually(async () => {
      const { body } = await second.call('/jobs/get', { id: unwanted.id })
      return body.attempts[0].attempt.failureSummary
    })
    await stopped(second.child, 'SIGKILL')
    for (const pid of deaf) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    const third = await start(folder)
    // Nobody reads what it logs any more.
    third.child.stderr.destroy()
    expect((await third.call('/jobs/get', { id: 999 })).status).toBe(500)
    expect((await third.call('/jobs/get', { id: unwanted.id })).body).toMatchObject({
      job: { status: 'cancelled' },
      attempts: [{ attempt: { failureSummary: { failures: [{ failureType: 'manual_cancellation' }] } } }],
    })
    await shop.setPace(0)
    expect(await stopped(third.child, 'SIGTERM')).toBe(0)
    rmSync(folder, { recursive: true, force: true })
  })

  it('stopped twice in mid-sync ends without waiting for it, with one line on stdout and no secret anywhere', async () => {
    // The read would take more than an hour.
    await shop.setPace(10)
    const folder = mkdtempSync(join(tmpdir(), 'engine-stop-'))
    const { child, call, output } = await start(folder)
    const connectionId = await shop.link(call, { stream: 'slow' })
    await call('/connections/sync', { connectionId })
    await shop.isReadingSlowly()
    const workers = workersOf(child.pid ?? 0)
    const processes = execFileSync('ps', ['-e', '-o', 'args='], { encoding: 'utf8' })
    expect(await stopped(child, 'SIGINT', 'SIGINT')).toBe(0)
    await eventually(() => workers.every((pid) => !isAlive(pid)) || undefined)
    expect(output().stdout.trim().split('\n')).toHaveLength(1)
    for (const text of [output().stdout, output().stderr, processes]) expect(text).not.toContain(shop.postgres.password)
    await shop.setPace(0)
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    [['--port', 'x'], /0 to 65535/],
    [['--workers', '0'], /1 or more/],
    [['--data', '/dev/null/data'], /cannot be written/],
  ])('refuses %j in plain words', (options, expected) => {
    const main = join(import.meta.dirname, '../../../lib/engine/main.ts')
    expect(() => execFileSync(process.execPath, [main, ...options], { encoding: 'utf8', stdio: 'pipe' })).toThrow(
      expected,
    )
  })
})
