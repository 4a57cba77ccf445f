import { coldStart } from './cold-start.ts'
import { waiting } from './waiting.ts'

const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  'cold-start': coldStart,
  waiting,
}

const [name = ''] = process.argv.slice(2)
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined
if (benchmark) {
  await benchmark()
} else {
  process.stderr.write(`usage: npm run bench -- NAME, one of: ${Object.keys(benchmarks).join(', ')}\n`)
  process.exitCode = 1
}
