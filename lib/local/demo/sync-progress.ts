import { Presets, SingleBar } from 'cli-progress'

/** What `GET /sync/{jobId}` tells while a job runs. */
export interface SyncStatistics {
  status: string
  recordsSynced: number
  bytesSynced: number
}

export interface SyncProgress {
  update(statistics: SyncStatistics): void
  end(): void
}

const plainLineEveryMs = 1000

/** A progress bar on a terminal, a line a second elsewhere. */
export const syncProgress = (out: NodeJS.WriteStream, expectedRows: number): SyncProgress => {
  const startedAt = performance.now()
  const figures = ({ status, bytesSynced }: SyncStatistics) => {
    const megabytes = bytesSynced / 1e6
    const seconds = (performance.now() - startedAt) / 1000
    return { status, megabytes: megabytes.toFixed(1), rate: (megabytes / seconds).toFixed(1) }
  }
  if (!out.isTTY) return plainProgress(out, figures)
  const bar = new SingleBar(
    {
      format: '  {bar} {value}/{total} rows  {megabytes} MB  {rate} MB/s  {status}',
      stream: out,
      hideCursor: true,
      barsize: 30,
    },
    Presets.shades_classic,
  )
  bar.start(expectedRows, 0, { megabytes: '0.0', rate: '0.0', status: 'pending' })
  return {
    update: (statistics) => bar.update(Math.min(statistics.recordsSynced, expectedRows), figures(statistics)),
    end: () => bar.stop(),
  }
}

const plainProgress = (
  out: NodeJS.WriteStream,
  figures: (statistics: SyncStatistics) => { status: string; megabytes: string; rate: string },
): SyncProgress => {
  let lastAt = 0
  let last: SyncStatistics | undefined
  const write = (statistics: SyncStatistics) => {
    const { status, megabytes, rate } = figures(statistics)
    out.write(`  ${statistics.recordsSynced.toLocaleString('en')} rows  ${megabytes} MB  ${rate} MB/s  ${status}\n`)
  }
  return {
    update: (statistics) => {
      last = statistics
      if (performance.now() - lastAt < plainLineEveryMs) return
      lastAt = performance.now()
      write(statistics)
    },
    end: () => {
      if (last) write(last)
    },
  }
}
