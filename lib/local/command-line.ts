import { InvalidArgumentError } from 'commander'
import { IngestionError } from '../errors.ts'

/** A commander parser for ports. */
export const portOption = (text: string): number => {
  const port = Number(text)
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Expected 0 to 65535; 0 = any free one.')
  return port
}

/** A commander parser for HTTP addresses; without trailing slashes. */
export const urlOption = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('Expected an address such as http://airbyte.example:8000/api/v1')
  return text.replace(/\/+$/, '')
}

/** Ends the process with 1 and one line that says what to do; more of it only for what is a bug of ours. */
export const failWith = (error: unknown): never => {
  const text = error instanceof IngestionError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

export const toStderr = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
