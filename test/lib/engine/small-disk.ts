import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own, so small that it can be filled; only root may mount one. */
export const smallDisk = (megabytes: number, options = 'mode=0700') => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,${options}`, 'tmpfs', folder])
  const ballast = join(folder, 'ballast')
  return {
    folder,
    /** Leaves not one byte. */
    fill(): void {
      const file = openSync(ballast, 'w')
      try {
        for (const chunk of [1 << 20, 4096]) writeUntilFull(file, Buffer.alloc(chunk))
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(ballast),
    grow: (size: number) => execFileSync('mount', ['-o', `remount,size=${size}m`, folder]),
    remove(): void {
      execFileSync('umount', [folder])
      rmdirSync(folder)
    },
  }
}

/** False, with the reason on stderr, where no file system can be mounted. */
export const canMount = (): boolean => {
  try {
    smallDisk(1).remove()
    return true
  } catch {
    console.error('skipped: mounting a small file system needs root')
    return false
  }
}

const writeUntilFull = (file: number, chunk: Buffer) => {
  try {
    for (;;) if (writeSync(file, chunk) < chunk.length) return
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
