import { readFileSync } from 'node:fs'
import validate from 'asl-validator'
import { expect, it } from 'vitest'

const text = readFileSync(new URL('../../../functions/operation/operation.asl.json', import.meta.url), 'utf8')

it('the operation machine is valid ASL of JSONPath', () => {
  const { isValid, errorsText } = validate(
    JSON.parse(text.replace(/\$\{\w+\}/, 'arn:aws:lambda:us-east-1:000000000000:function:operation')),
  )
  expect(isValid, errorsText()).toBe(true)
  expect(text).not.toMatch(/QueryLanguage|\{%|\bnull\b/)
})

it('work that may have begun is not begun again', () => {
  const { Run } = (JSON.parse(text) as { States: { Run: { Retry: { ErrorEquals: string[] }[] } } }).States
  expect(Run.Retry.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual(['Lambda.TooManyRequestsException'])
})
