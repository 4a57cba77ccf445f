import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageService } from '../support/stack-package.ts'
import { coldImports } from './edge/cold-import.ts'
import { warmRequests } from './edge/warm.ts'

/** What the functions cost at the edge: import and size of each bundle, and a warm request. */
export const edge = () =>
  measured(async (directory, bundles) => [
    ...(await coldImports(directory, bundles)),
    ...(await warmRequests(join(bundles, 'functions/datasource/handler.mjs'))),
  ])

/** Import and size of each bundle alone. */
export const coldStart = () => measured(coldImports)

/** Packages the service, measures it, and prints which bars are missed: exit code 1 when any is. */
const measured = async (measure: (directory: string, bundles: string) => Promise<string[]>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'edge-'))
  const packaged = await packageService('dev', { authorizer: 'api-key' })
  try {
    const missed = await measure(directory, packaged.bundles)
    console.log(missed.length === 0 ? '\nAll bars are met.' : `\nMissed: ${missed.join('; ')}`)
    if (missed.length > 0) process.exitCode = 1
  } finally {
    await packaged.remove()
    await rm(directory, { recursive: true })
  }
}
