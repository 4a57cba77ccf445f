import { fileURLToPath } from 'node:url'
import type { Stage } from './stage.ts'

const peers = [
  { name: 'DuckDB over CSV segments of 64 MB', script: new URL('duckdb-peer.ts', import.meta.url) },
  {
    name: 'nodejs-polars: CSV file, scanCSV, sinkParquet',
    script: new URL('polars-peer.ts', import.meta.url),
  },
] as const

/** What a script would do: COPY as CSV, and a well-known engine that makes Parquet of it. Lines as of engine.ts. */
export const csvPeers = async (stage: Stage, rows: number): Promise<(readonly unknown[])[]> => {
  const lines: (readonly unknown[])[] = []
  for (const { name, script } of peers) {
    const file = fileURLToPath(script)
    try {
      const { seconds, cpuSeconds, peakMb } = await stage.shell(
        `exec '${process.execPath}' '${file}' '${stage.folder}'`,
      )
      lines.push([
        name,
        seconds,
        rows / seconds,
        (rows * 350) / seconds / 1e6,
        cpuSeconds.toFixed(1),
        String(peakMb),
        '',
      ])
    } catch {
      console.log(`left out: ${name} (see its error above)`)
    }
  }
  return lines
}
