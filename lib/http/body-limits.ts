import type { Fault } from '../errors.ts'
import { pointerOf } from './pointer.ts'

export const maxBodyBytes = 5 * 1024 * 1024
const maxDepth = 64
const maxTextLength = 1024 * 1024
const maxKeyLength = 1024

/** Whether brackets nest deeper than any configuration does; looked at before parsing, which recurses. */
export const isTooDeep = (json: string): boolean => {
  let depth = 0
  let isText = false
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index)
    if (isText) {
      if (code === backslash) index++
      else if (code === quote) isText = false
    } else if (code === quote) isText = true
    else if (code === openBrace || code === openBracket) {
      if (++depth > maxDepth) return true
    } else if (code === closeBrace || code === closeBracket) depth--
  }
  return false
}

/** What in a parsed body would arrive at Airbyte as something else, or not at all: the first of each place. */
export const unfaithful = (body: unknown): Fault[] => {
  const faults: Fault[] = []
  const visit = (value: unknown, at: readonly string[]): void => {
    const message = wrongWith(value)
    if (message !== undefined) faults.push({ pointer: pointerOf(at), message })
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      if (key.length > maxKeyLength || !isStorable(key)) {
        faults.push({ pointer: pointerOf(at), message: 'has a name that is too long or not Unicode text' })
        return
      }
      visit(member, [...at, key])
    }
  }
  visit(body, [])
  return faults
}

const wrongWith = (value: unknown): string | undefined => {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'is a number beyond what a double holds'
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return 'is a whole number beyond 2^53, which would be changed on its way; send it as text if the connector takes it'
    return undefined
  }
  if (typeof value !== 'string') return undefined
  if (value.length > maxTextLength) return `is longer than ${maxTextLength} characters`
  return isStorable(value) ? undefined : 'holds a NUL or half a surrogate pair'
}

const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
