/** Ends what takes too long, by a signal. Waiting for anybody else does not count. */
export class TimeLimit {
  readonly #ms: number
  readonly #abort = new AbortController()

  constructor(ms: number) {
    this.#ms = ms
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get isOver(): boolean {
    return this.#abort.signal.aborted
  }

  /** Each piece of work has all of the time. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#abort.abort(), this.#ms)
    try {
      return await work()
    } finally {
      clearTimeout(timer)
    }
  }
}
