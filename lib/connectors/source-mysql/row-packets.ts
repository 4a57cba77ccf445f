import type { Duplex } from 'node:stream'
import type { Connection, PrepareStatementInfo } from 'mysql2'
import { reusedChunk } from '../reading-socket.ts'
import { type Wire, wireOf } from './wire.ts'

/** One row as the binary protocol has it: 0, bitmap of NULLs, values. Valid during the call only. */
export type OnRow = (bytes: Buffer, from: number, end: number) => void

export interface RowHandlers {
  /** Before the first row. */
  onColumns(wires: readonly Wire[]): void
  onRow: OnRow
  /** Asked after each chunk; true holds up the server until `resume`. */
  isFull(): boolean
}

/** What mysql2 keeps of a connection and its types do not name. */
interface DriverInternals {
  readonly stream: Duplex
  sequenceId: number
}

/** Three bytes of length, one of sequence number. */
const headerBytes = 4
/** A payload of so many bytes goes on in the next packet. */
const continuedBytes = 0xffffff
/** First byte of a row; the end and errors have others. */
const rowMark = 0

/**
 * Executes a prepared statement and hands over each row where it lies in the socket's own buffer. mysql2 is given all
 * packets that are no rows, and the socket back after the last: it goes on as if it had read the rows itself.
 */
export class RowPackets {
  readonly #driver: DriverInternals
  readonly #handlers: RowHandlers
  readonly #settled = Promise.withResolvers<void>()
  #driverHandlers: readonly ((chunk: Buffer) => void)[] = []
  /** False before the rows and after them. */
  #inRows = false
  #isMine = false
  #isSkipping = false
  /** A packet that the last chunk did not end: its buffer, and how much of it is there. */
  #partial: Buffer | undefined
  #filled = 0
  /** What `#partial` lies in, packet after packet. */
  #memory = Buffer.allocUnsafeSlow(1024)
  /** Fewer bytes than a packet's header. */
  #rest: Buffer | undefined
  /** Payloads of a row that goes on in the next packet. */
  #parts: Buffer[] = []

  constructor(connection: Connection, handlers: RowHandlers) {
    this.#driver = connection as unknown as DriverInternals
    this.#handlers = handlers
    this.#settled.promise.catch(() => {})
  }

  /** Resolves when the last row was handed over and the connection can do something else; rejects with the driver's error. */
  get done(): Promise<void> {
    return this.#settled.promise
  }

  /** To be called while the connection is idle. */
  start(statement: PrepareStatementInfo): void {
    const { stream } = this.#driver
    this.#driverHandlers = stream.listeners('data') as ((chunk: Buffer) => void)[]
    this.#isMine = true
    stream.removeAllListeners('data')
    stream.on('data', this.#onData)
    stream.on(reusedChunk, this.#onData)
    // The driver tells nobody when it has closed the connection itself.
    stream.once('close', this.#onClose)
    const command = statement.execute([], (error) => {
      if (error) this.#settled.reject(error)
      else this.#settled.resolve()
    })
    command.on('fields', (columns: unknown) => {
      try {
        this.#handlers.onColumns((columns as Parameters<typeof wireOf>[0][]).map(wireOf))
        this.#inRows = true
      } catch (error) {
        this.#fail(error)
      }
    })
    command.on('end', () => this.#handBack())
  }

  /** Reads on after `isFull` had stopped it. */
  resume(): void {
    if (this.#isMine) this.#driver.stream.resume()
  }

  /** Throws away the rows that are still to come. */
  skip(): void {
    this.#isSkipping = true
    this.resume()
  }

  #onClose = (): void => {
    this.#settled.reject(Object.assign(new Error('the connection was closed'), { code: 'PROTOCOL_CONNECTION_LOST' }))
  }

  #onData = (chunk: Buffer): void => {
    try {
      this.#read(chunk)
      if (this.#isMine && !this.#isSkipping && this.#handlers.isFull()) this.#driver.stream.pause()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#settled.reject(error)
    this.#driver.stream.destroy()
  }

  #handBack(): void {
    if (!this.#isMine) return
    const { stream } = this.#driver
    this.#isMine = false
    this.#inRows = false
    stream.removeListener('data', this.#onData)
    stream.removeListener(reusedChunk, this.#onData)
    stream.removeListener('close', this.#onClose)
    for (const handler of this.#driverHandlers) stream.on('data', handler)
    stream.resume()
  }

  #read(received: Buffer): void {
    const chunk = this.#rest ? Buffer.concat([this.#rest, received]) : received
    this.#rest = undefined
    let at = this.#partial ? this.#complete(this.#partial, chunk) : 0
    while (at < chunk.length) {
      if (chunk.length - at < headerBytes) {
        this.#rest = Buffer.from(chunk.subarray(at))
        return
      }
      const length = (chunk[at] as number) | ((chunk[at + 1] as number) << 8) | ((chunk[at + 2] as number) << 16)
      const end = at + headerBytes + length
      if (end > chunk.length) {
        this.#partial = this.#memoryFor(end - at)
        this.#filled = chunk.copy(this.#partial, 0, at)
        return
      }
      this.#packet(chunk, at, end)
      at = end
    }
  }

  /** A packet that another one continues is kept, all others are done with when the next one comes. */
  #memoryFor(bytes: number): Buffer {
    if (bytes === headerBytes + continuedBytes) return Buffer.allocUnsafeSlow(bytes)
    if (this.#memory.length < bytes) this.#memory = Buffer.allocUnsafeSlow(bytes + (bytes >> 2))
    return this.#memory.subarray(0, bytes)
  }

  /** Adds to the packet begun in an earlier chunk; returns where the chunk goes on. */
  #complete(partial: Buffer, chunk: Buffer): number {
    const copied = chunk.copy(partial, this.#filled)
    this.#filled += copied
    if (this.#filled === partial.length) {
      this.#partial = undefined
      this.#packet(partial, 0, partial.length)
    }
    return copied
  }

  #packet(bytes: Buffer, at: number, end: number): void {
    const payload = at + headerBytes
    if (end - payload === continuedBytes || this.#parts.length > 0) this.#continue(bytes, payload, end)
    else if (this.#inRows && bytes[payload] === rowMark) this.#row(bytes, payload, end)
    else this.#forward(bytes, at, end)
  }

  /** A row of 16 MB or more. */
  #continue(bytes: Buffer, payload: number, end: number): void {
    // What fills a whole packet lies in a buffer of its own; the last part lies in one that is used again.
    this.#parts.push(bytes.subarray(payload, end))
    if (end - payload === continuedBytes) return
    const row = Buffer.concat(this.#parts)
    this.#parts = []
    if (!this.#inRows || row[0] !== rowMark) throw new Error('a packet of 16 MB that is no row')
    this.#row(row, 0, row.length)
  }

  #row(bytes: Buffer, from: number, end: number): void {
    if (!this.#isSkipping) this.#handlers.onRow(bytes, from, end)
  }

  #forward(bytes: Buffer, at: number, end: number): void {
    // The driver counts packets, and has not seen the rows.
    this.#driver.sequenceId = bytes[at + 3] as number
    // It may keep what it is given, and the chunk may be one that is used again.
    const packet = Buffer.from(bytes.subarray(at, end))
    for (const handler of this.#driverHandlers) handler(packet)
  }
}
