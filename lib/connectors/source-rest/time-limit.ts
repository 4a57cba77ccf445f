/** Ends what takes too long, or what is aborted. Waiting for anybody else does not count. */
export class TimeLimit {
  readonly #ms: number
  readonly #abort = new AbortController()
  /** Of both. */
  readonly signal: AbortSignal

  constructor(ms: number, outer: AbortSignal) {
    this.#ms = ms
    this.signal = AbortSignal.any([outer, this.#abort.signal])
  }

  get isOver(): boolean {
    return this.#abort.signal.aborted
  }

  /** Each piece of work has all of the time. What it brings counts only when it was not ended. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#abort.abort(), this.#ms)
    try {
      const result = await work()
      this.signal.throwIfAborted()
      return result
    } finally {
      clearTimeout(timer)
    }
  }
}
