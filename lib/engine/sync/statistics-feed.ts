import type { StreamStatistics } from '../job.ts'

/** Answers, each time it is called, the streams whose numbers have changed since the last time. */
export const statisticsFeed = (statistics: readonly StreamStatistics[]): (() => StreamStatistics[]) => {
  // Every number only grows, so their sum changes whenever one of them does.
  const told = statistics.map(() => 0)
  return () =>
    statistics.filter((stream, index) => {
      const sum = stream.recordsEmitted + stream.recordsCommitted + stream.statesEmitted + Number(stream.complete)
      const isNew = told[index] !== sum
      told[index] = sum
      return isNew
    })
}
