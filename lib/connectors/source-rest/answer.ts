import type { Readable } from 'node:stream'
import { giveBuffer, takeBuffer } from '../columns/buffer-pool.ts'

/** So much of an answer is held before any of it is read: one that breaks off before is asked for again. */
export const heldBytes = 8 << 20
const firstBytes = 64 << 10

export interface AnswerHead {
  /** The media type, and the charset that it names. */
  readonly type: string | undefined
  readonly charset: string | undefined
  readonly link: string | undefined
}

/** An answer while it arrives: its beginning, or all of it. */
export class Answer {
  readonly head: AnswerHead
  /** Nothing follows after `bytes`. */
  isWhole = false
  /** Of the body, so far. */
  received = 0
  readonly #chunks: AsyncIterator<Buffer>
  #buffer: Buffer
  #length = 0

  /** `expectedBytes` is only a hint. */
  constructor(head: AnswerHead, body: Readable, expectedBytes = 0) {
    this.head = head
    this.#chunks = body[Symbol.asyncIterator]()
    this.#buffer = takeBuffer(Math.max(firstBytes, Math.min(expectedBytes, heldBytes)))
  }

  /** What is held of it. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Reads until at least `target` bytes are held, or all. Rejects as the body does. */
  async fill(target: number): Promise<void> {
    while (this.#length < target && !this.isWhole) {
      const { value: chunk, done } = await this.#chunks.next()
      if (done) this.isWhole = true
      else this.#append(chunk)
    }
  }

  /** Holds only these bytes from now on, in a buffer of its own: the one before belongs to the caller. */
  hold(...parts: readonly Buffer[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    this.#buffer = takeBuffer(Math.max(length * 2, heldBytes + firstBytes))
    this.#length = 0
    for (const part of parts) this.#length += part.copy(this.#buffer, this.#length)
  }

  /** Wants no more of it. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  #append(chunk: Buffer): void {
    const needed = this.#length + chunk.length
    if (needed > this.#buffer.length) {
      const larger = takeBuffer(Math.max(needed, this.#buffer.length * 2))
      this.bytes.copy(larger)
      giveBuffer(this.#buffer)
      this.#buffer = larger
    }
    this.#buffer.set(chunk, this.#length)
    this.#length = needed
    this.received += chunk.length
  }
}
