import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { ClosingLine } from './test/support/closing-line.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', new ClosingLine()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores is what a small CI machine has; every worker may hold a database of its own.
    maxWorkers: 2,
    // Engines and their sync processes start in half of the processor time when they find their code compiled.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/test') },
  },
})
