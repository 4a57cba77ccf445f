import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { workersOf } from '../../lib/engine/shop.ts'
import { eventually } from '../../support/eventually.ts'
import { projectRoot } from '../../support/stack-package.ts'

const compileCache = join(projectRoot, 'node_modules/.cache/test')
const program = fileURLToPath(new URL('engine-process.ts', import.meta.url))

// biome-ignore lint/suspicious/noExplicitAny: answers are read member by member
type Json = any

/** An engine in a process of its own that may be killed and started again on the same data. */
export const killableEngine = (dataDir: string) => {
  let child: ChildProcess | undefined
  let url = ''
  let stderr = ''

  const start = async (): Promise<void> => {
    const started = spawn(process.execPath, [program, dataDir], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // What is killed keeps no compiled code for the next start; without it the kills would meet little but starts.
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    })
    child = started
    let stdout = ''
    started.stdout.on('data', (text) => {
      stdout += text
    })
    started.stderr.on('data', (text) => {
      stderr = (stderr + text).slice(-20_000)
    })
    url = await eventually(() => {
      if (started.exitCode !== null) throw new Error(`the engine did not start: ${stderr}`)
      return stdout.endsWith('\n') ? stdout.trim() : undefined
    }, 30_000)
  }

  return {
    start,
    /** What the engine logged last. */
    log: () => stderr,
    /** Its sync processes, the waiting one included. */
    workers: () => workersOf(child?.pid ?? 0),
    async kill(): Promise<void> {
      if (!child) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
    async stop(): Promise<void> {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
    async call(path: string, body: object = {}): Promise<{ status: number; body: Json }> {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
    },
  }
}

export type KillableEngine = ReturnType<typeof killableEngine>

/** What SQLite finds wrong with the file of a killed engine; "ok" when nothing is. Looks at a copy. */
export const integrityOf = (dataDir: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'ingestion-integrity-'))
  try {
    for (const name of ['engine.sqlite', 'engine.sqlite-wal'])
      if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(folder, name))
    const database = new DatabaseSync(join(folder, 'engine.sqlite'))
    const answer = database.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[]
    const orphans = database.prepare('PRAGMA foreign_key_check').all()
    database.close()
    const faults = answer.map(({ integrity_check }) => integrity_check)
    return orphans.length > 0 ? `${faults.join('; ')}; ${orphans.length} rows without their parent` : faults.join('; ')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
