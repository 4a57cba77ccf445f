import { readFileSync } from 'node:fs'

/** What some processes used: their processor seconds, and the most memory that they held together. */
export interface Usage {
  readonly cpuSeconds: number
  readonly peakMb: number
}

const ticksPerSecond = 100
const sampleMs = 25

/** Watches a process and its children, those included that begin or end meanwhile, until `stop`. Reads /proc. */
export const watchUsage = (pid: number): { stop(): Usage } => {
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  let peakMb = 0
  const sample = () => {
    let mb = 0
    for (const one of family(pid)) {
      const facts = factsOf(one)
      if (!facts) continue
      if (!first.has(one)) first.set(one, last.size === 0 || one === pid ? facts.cpuSeconds : 0)
      last.set(one, facts.cpuSeconds)
      mb += facts.mb
    }
    peakMb = Math.max(peakMb, mb)
  }
  for (const one of family(pid)) first.set(one, factsOf(one)?.cpuSeconds ?? 0)
  sample()
  const timer = setInterval(sample, sampleMs)
  return {
    stop() {
      clearInterval(timer)
      sample()
      let cpuSeconds = 0
      for (const [one, seconds] of last) cpuSeconds += seconds - (first.get(one) ?? 0)
      return { cpuSeconds, peakMb: Math.round(peakMb) }
    },
  }
}

/** A process and its children: not by a look at every process, which would take a tenth of a processor. */
const family = (pid: number): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return [pid, ...(children === '' ? [] : children.split(' ').map(Number))]
  } catch {
    return [pid]
  }
}

const statOf = (pid: number): string[] => {
  try {
    // The name stands in parentheses and may hold anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    return []
  }
}

const factsOf = (pid: number): { cpuSeconds: number; mb: number } | undefined => {
  const stat = statOf(pid)
  if (stat.length === 0) return undefined
  return { cpuSeconds: (Number(stat[11]) + Number(stat[12])) / ticksPerSecond, mb: (Number(stat[21]) * 4096) / 2 ** 20 }
}
