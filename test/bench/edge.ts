import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageService } from '../support/stack-package.ts'
import { coldImports } from './edge/cold-import.ts'
import { warmRequests } from './edge/warm.ts'

/** What the functions cost at the edge: import and size of each bundle, and a warm request. Exit code 1 when a bar is missed. */
export const edge = async (): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'edge-'))
  const packaged = await packageService('dev', { authorizer: 'api-key' })
  try {
    const missed = [
      ...(await coldImports(directory, packaged.bundles)),
      ...(await warmRequests(join(packaged.bundles, 'functions/datasource/handler.mjs'))),
    ]
    console.log(missed.length === 0 ? '\nAll bars are met.' : `\nMissed: ${missed.join('; ')}`)
    if (missed.length > 0) process.exitCode = 1
  } finally {
    await packaged.remove()
    await rm(directory, { recursive: true })
  }
}
