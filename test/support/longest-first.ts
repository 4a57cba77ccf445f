import { join } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const longest = [
  'test/e2e/start.test.ts',
  'test/functions/sync-schedule.test.ts',
  'test/functions/faults.test.ts',
  'test/lib/engine/kill.test.ts',
  'test/lib/engine/faults.test.ts',
  'test/functions/operations.test.ts',
  'test/e2e/pipeline.test.ts',
  'test/lib/engine/sync.test.ts',
].map((file) => join(import.meta.dirname, '../..', file))

/** Begins with the files that take longest. Where vitest knows no durations yet it goes by size, and these would come last. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => longest.includes(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
