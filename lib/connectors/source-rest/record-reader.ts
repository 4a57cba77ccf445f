import { step } from './json-scan.ts'
import type { JsonText } from './json-text.ts'

/** A value of a record that goes into no column. */
export interface Surplus {
  readonly key: string
  readonly at: number
}

/** The key of a record that is no object. */
export const scalarKey = 'value'

/**
 * Finds the values of known keys in one record after the other. Keys mostly come in the order of the record before:
 * then comparing their bytes is all there is to do.
 */
export class RecordReader {
  readonly names: readonly string[]
  /** For each of the names the place of its value, -1 = the record has none. */
  readonly values: Int32Array
  /** What has no place in `values`: keys with another name, and all but the last value of a key that stands several times. */
  surplus: Surplus[] = []
  readonly #indexes: ReadonlyMap<string, number>
  readonly #bytes: readonly Buffer[]
  /** The name that came after each name when it was last seen. */
  readonly #followers: Int32Array
  #leader = 0

  constructor(names: readonly string[]) {
    this.values = new Int32Array(names.length)
    this.names = names
    this.#indexes = new Map(names.map((name, index) => [name, index]))
    this.#bytes = names.map((name) => Buffer.from(name))
    this.#followers = new Int32Array(names.length).map((_, index) => index + 1)
  }

  read(json: JsonText, record: number): void {
    this.values.fill(-1)
    if (this.surplus.length > 0) this.surplus = []
    if (json.kind(record) !== 'object') {
      const index = this.#indexes.get(scalarKey)
      if (index === undefined) this.surplus.push({ key: scalarKey, at: record })
      else this.values[index] = record
      return
    }
    const end = json.next(record)
    let guess = this.#leader
    let before = -1
    for (let key = record + step; key < end; key = json.next(key + step)) {
      let index = guess
      if (!this.#isName(json, key, index)) {
        const text = json.text(key)
        const known = this.#indexes.get(text)
        if (known === undefined) {
          this.surplus.push({ key: text, at: key + step })
          continue
        }
        index = known
        if (before === -1) this.#leader = index
        else this.#followers[before] = index
      }
      const earlier = this.values[index] as number
      if (earlier !== -1) this.surplus.push({ key: this.names[index] as string, at: earlier })
      this.values[index] = key + step
      before = index
      guess = this.#followers[index] as number
    }
  }

  #isName(json: JsonText, key: number, index: number): boolean {
    const name = this.#bytes[index]
    const start = json.start(key) + 1
    if (name === undefined || name.length !== json.end(key) - start - 1 || json.hasEscapes(key)) return false
    const { bytes } = json
    for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false
    return true
  }
}
