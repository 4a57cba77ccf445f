import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDataDirectory } from '../../../lib/local/data-directory.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'data-directory-'))
})
afterEach(() => rm(directory, { recursive: true }))

describe('a data directory that is kept', () => {
  it('has the same passwords again, and belongs to one run at a time', async () => {
    const first = await openDataDirectory(directory)
    await first.remember({ postgresPort: 10_001, s3Port: 10_002 })
    await expect(openDataDirectory(directory)).rejects.toThrow(
      `${directory} is used by process ${process.pid}. Stop it, or choose another --data.`,
    )
    await first.close()
    const second = await openDataDirectory(directory)
    expect(second.settings).toEqual({ ...first.settings, postgresPort: 10_001, s3Port: 10_002 })
    await second.close()
    expect((await readdir(directory)).sort()).toEqual(['running.lock', 'settings.json'])
  })

  it('is free when its run was killed, also when another process has got its number', async () => {
    await writeFile(join(directory, 'running.pid'), String(process.ppid))
    await (await openDataDirectory(directory)).close()
  })

  it('whose settings cannot be read keeps them, since its passwords are in there', async () => {
    const file = join(directory, 'settings.json')
    await writeFile(file, '{"postgresPass')
    await expect(openDataDirectory(directory)).rejects.toThrow(`${file} holds the passwords of this --data and cannot`)
    await writeFile(file, '{"postgresPassword":"restored"}')
    const restored = await openDataDirectory(directory)
    expect(restored.settings.postgresPassword).toBe('restored')
    await restored.close()
  })

  it('that cannot be written is named', () =>
    expect(openDataDirectory('/dev/null/data')).rejects.toThrow(
      /^\/dev\/null\/data cannot be written: .* Choose another --data, or make room\.$/,
    ))
})
