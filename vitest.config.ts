import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { ClosingLine } from './test/support/closing-line.ts'
import { LongestFirst } from './test/support/longest-first.ts'

/** Nothing that they load remembers anything that a later test could see: a process loads it once, for all of its files. */
const connectors = ['test/lib/{airbyte,connectors,ingestion}/**/*.test.ts']

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'connectors', include: connectors, isolate: false } },
      { extends: true, test: { name: 'all else', include: ['test/**/*.test.ts'], exclude: connectors } },
    ],
    reporters: ['default', new ClosingLine()],
    sequence: { sequencer: LongestFirst },
    // Bounds for what hangs, far above what a slow and busy machine needs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    // One more than the two cores of a small CI machine, since tests also wait for databases and deadlines.
    maxWorkers: 3,
    // Engines and their sync processes start in half of the processor time when they find their code compiled.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/test') },
  },
})
