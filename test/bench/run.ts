import { abuse } from './abuse.ts'
import { costs } from './costs.ts'
import { coldStart, edge } from './edge.ts'
import { engine } from './engine.ts'
import { kill } from './kill.ts'
import { waiting } from './waiting.ts'

const benchmarks: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  abuse,
  'cold-start': coldStart,
  costs,
  edge,
  engine,
  // Loaded when asked for: it silences the log.
  faults: async () => (await import('./faults.ts')).faults(),
  kill,
  waiting,
}

const [name = '', ...args] = process.argv.slice(2)
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined
if (benchmark) {
  await benchmark(args)
} else {
  process.stderr.write(`usage: npm run bench -- NAME, one of: ${Object.keys(benchmarks).join(', ')}\n`)
  process.exitCode = 1
}
