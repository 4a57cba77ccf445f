const groupBase = 10_000
const groupDigits = 4
const negativeSign = 0x4000
/** At most so many base-10000 groups: 38 digits, and one more where the point cuts a group. */
const maxGroups = 12

/** Writes decimals in Postgres' binary form (numeric_recv): groups of four digits around the point. */
export class NumericWriter {
  readonly #scale: number
  /** Digits after the point in the lowest group, and what brings them to four. */
  readonly #lowBase: number
  readonly #lowFactor: number
  readonly #fractionGroups: number
  readonly #groups = new Uint16Array(maxGroups)

  constructor(scale: number) {
    this.#scale = scale
    const partial = scale % groupDigits
    this.#fractionGroups = Math.ceil(scale / groupDigits)
    this.#lowBase = partial === 0 ? groupBase : 10 ** partial
    this.#lowFactor = groupBase / this.#lowBase
  }

  /** The unscaled value in two halves, low one unsigned. Returns the bytes written at `at`. */
  write64(out: DataView, at: number, high: number, low: number): number {
    const value = high * 2 ** 32 + low
    if (value > -(2 ** 53) && value < 2 ** 53) return this.#writeSafe(out, at, value)
    return this.writeBig(out, at, (BigInt(high) << 32n) | BigInt(low))
  }

  writeBig(out: DataView, at: number, value: bigint): number {
    let rest = value < 0n ? -value : value
    let count = 0
    if (rest > 0n) {
      this.#groups[count++] = Number(rest % BigInt(this.#lowBase)) * this.#lowFactor
      rest /= BigInt(this.#lowBase)
    }
    while (rest > 0n) {
      this.#groups[count++] = Number(rest % 10_000n)
      rest /= 10_000n
    }
    return this.#put(out, at, count, value < 0n)
  }

  #writeSafe(out: DataView, at: number, value: number): number {
    let rest = Math.abs(value)
    let count = 0
    if (rest > 0) {
      this.#groups[count++] = (rest % this.#lowBase) * this.#lowFactor
      rest = Math.floor(rest / this.#lowBase)
    }
    while (rest > 0) {
      this.#groups[count++] = rest % groupBase
      rest = Math.floor(rest / groupBase)
    }
    return this.#put(out, at, count, value < 0)
  }

  /** Groups stand lowest first. */
  #put(out: DataView, at: number, count: number, isNegative: boolean): number {
    let from = 0
    while (from < count && this.#groups[from] === 0) from++
    out.setInt16(at, count - from)
    out.setInt16(at + 2, count - 1 - this.#fractionGroups)
    out.setUint16(at + 4, isNegative ? negativeSign : 0)
    out.setUint16(at + 6, this.#scale)
    let to = at + 8
    for (let group = count - 1; group >= from; group--) {
      out.setUint16(to, this.#groups[group] as number)
      to += 2
    }
    return to - at
  }
}

/** More bytes than any numeric of 38 digits takes. */
export const maxNumericBytes = 8 + 2 * maxGroups
