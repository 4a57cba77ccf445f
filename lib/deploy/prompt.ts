import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** One line from the terminal, or from what is piped in; the question goes to stderr. Empty at the end of input. */
export const ask = (question: string): Promise<string> => read(question, process.stderr)

/** As `ask`, without showing what is typed. */
export const askSecret = async (question: string): Promise<string> => {
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const answer = await read('', silent)
  process.stderr.write('\n')
  return answer
}

const read = (question: string, output: NodeJS.WritableStream): Promise<string> =>
  new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY === true })
    lines.once('close', () => resolve(''))
    lines.question(question, (answer) => {
      resolve(answer.trim())
      lines.close()
    })
  })
