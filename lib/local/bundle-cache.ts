import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, glob, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

export interface BundleCache {
  /** Copies the bundles of these sources to `directory`, which must not exist; false when nobody has made them yet. */
  restore(directory: string): Promise<boolean>
  /** Keeps what was built from these sources, in place of older bundles. Never throws: without it the next start builds again. */
  keep(directory: string): Promise<void>
}

/** Bundles of earlier starts, kept in node_modules/.cache under a digest of everything that they are made from. */
export const bundleCache = async (projectRoot: string): Promise<BundleCache> => {
  const folder = join(projectRoot, 'node_modules/.cache/functions')
  const name = await digestOfSources(projectRoot)
  const kept = join(folder, name)
  return {
    restore: async (directory) => {
      if (!existsSync(kept)) return false
      try {
        await cp(kept, directory, { recursive: true })
        return true
      } catch {
        // Replaced by another start meanwhile, or there is no room: it will be built.
        await rm(directory, { recursive: true, force: true })
        return false
      }
    },
    keep: async (directory) => {
      // Sources that were changed during the build may be in it or not.
      if (existsSync(kept) || (await digestOfSources(projectRoot)) !== name) return
      try {
        await mkdir(folder, { recursive: true })
        const copy = await mkdtemp(join(folder, 'new-'))
        try {
          await cp(directory, copy, { recursive: true })
          await rename(copy, kept)
        } finally {
          await rm(copy, { recursive: true, force: true })
        }
        for (const other of await readdir(folder))
          if (other !== name && !other.startsWith('new-'))
            await rm(join(folder, other), { recursive: true, force: true })
      } catch {
        // Another start was faster, or nothing can be written here.
      }
    },
  }
}

/** Dependencies count by the lock file. */
const digestOfSources = async (projectRoot: string): Promise<string> => {
  const files = await Array.fromAsync(
    glob('{serverless.yml,package-lock.json,tsconfig.json,{functions,lib}/**/*.*}', { cwd: projectRoot }),
  )
  const hash = createHash('sha256')
  for (const file of files.sort())
    hash
      .update(`${file}\0`)
      .update(await readFile(join(projectRoot, file)))
      .update('\0')
  return hash.digest('hex').slice(0, 32)
}
