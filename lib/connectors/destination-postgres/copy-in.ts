import type { Client, Connection, Submittable } from 'pg'
import { socketOf } from '../postgres/connection.ts'

/**
 * Bytes of rows in one CopyData message. With its header it is what the server receives at a time (8 KB): it gathers a
 * message whole before it looks at the rows, and a message of a megabyte leaves its processor's cache meanwhile.
 */
const messageBytes = 8192 - 5

const headerOf = (bytes: number): Buffer => {
  const header = Buffer.from('d\0\0\0\0')
  header.writeUInt32BE(bytes + 4, 1)
  return header
}
const fullHeader = headerOf(messageBytes)
const nothing = Buffer.alloc(0)
const copyDone = Buffer.from([0x63, 0, 0, 0, 4])

/** Runs `COPY … FROM STDIN` (PostgreSQL manual, 53.2.6) and sends it bytes. Whatever ends it early ends each step with that error. */
export class CopyIn implements Submittable {
  readonly #client: Client
  readonly #sql: string
  #failure: unknown
  /** Of the step that is being waited for. */
  #reject: (error: unknown) => void = () => {}
  #onReady: () => void = () => {}
  #onEnd: () => void = () => {}

  constructor(client: Client, sql: string) {
    this.#client = client
    this.#sql = sql
  }

  /** Resolves when the server waits for rows. */
  begin(): Promise<void> {
    return this.#step((done) => {
      this.#onReady = done
      this.#client.query(this)
    })
  }

  /** Resolves when the system has taken the bytes: their memory may be used again. */
  write(blocks: readonly Buffer[]): Promise<void> {
    return this.#step((done) => {
      const socket = socketOf(this.#client)
      socket.cork()
      for (const block of blocks) {
        for (let at = 0; at < block.length; at += messageBytes) {
          const piece = block.subarray(at, at + messageBytes)
          socket.write(piece.length === messageBytes ? fullHeader : headerOf(piece.length))
          socket.write(piece)
        }
      }
      // A write that fails breaks the connection, which handleError is told of, often with the server's own reason.
      socket.write(nothing, (error) => error || done())
      socket.uncork()
    })
  }

  /** Resolves when the server has all rows and is ready again. */
  end(): Promise<void> {
    return this.#step((done) => {
      this.#onEnd = done
      socketOf(this.#client).write(copyDone)
    })
  }

  submit(connection: Connection): void {
    ;(connection as unknown as { query(sql: string): void }).query(this.#sql)
  }

  handleCopyInResponse(): void {
    this.#onReady()
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#onEnd()
  }

  handleError(error: unknown): void {
    this.#failure ??= error ?? new Error('the connection was lost')
    this.#reject(this.#failure)
  }

  async #step(run: (done: () => void) => void): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#reject = reject
    run(resolve)
    await promise
  }
}
