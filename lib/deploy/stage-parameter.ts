import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { parse } from 'yaml'

/** A commander parser, of an option that may be repeated: `name=value` of a stage parameter that serverless.yml has. */
export const stageParameter = (text: string, others: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(text) ?? []
  const known = knownNames()
  if (!known.includes(name)) throw new InvalidArgumentError(`Expected name=value, the name one of ${known.join(', ')}.`)
  return { ...others, [name]: value }
}

/** The framework itself takes any name, and does nothing for those that are not used. */
const knownNames = (): string[] => {
  const text = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8')
  const { params } = parse(text, { logLevel: 'silent' }) as { params: { default: Record<string, unknown> } }
  return Object.keys(params.default)
}
