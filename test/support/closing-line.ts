import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one line that any CI can read: `Tests: N passed, N failed, N skipped`. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1
      // A file that did not load holds no tests, and a suite may fail in a hook: each is a failure of its own.
      if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) count.failed += 1
    }
    console.log(`\nTests: ${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`)
  }
}
