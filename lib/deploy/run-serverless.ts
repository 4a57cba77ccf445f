import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The Serverless Framework in the project's folder, talking to the terminal. Resolves with its exit code. */
export const runServerless = async (args: readonly string[]): Promise<number> => {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('serverless/bin/serverless.js')), ...args], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: 'inherit',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
