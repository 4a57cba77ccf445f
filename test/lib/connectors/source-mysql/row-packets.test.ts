import { EventEmitter } from 'node:events'
import type { Connection, PrepareStatementInfo } from 'mysql2'
import { describe, expect, it } from 'vitest'
import { reusedChunk } from '../../../../lib/connectors/reading-socket.ts'
import { type RowHandlers, RowPackets } from '../../../../lib/connectors/source-mysql/row-packets.ts'

const end = Buffer.from('fe00000200', 'hex')
const failure = Buffer.from('ff1504', 'hex')
const rows = ['00', '0011', `00${'22'.repeat(300)}`, '00fe', '00ff', `00${'33'.repeat(70_000)}`]

/** The packets of a result: column count, one column, end of columns, rows, and how it ends. */
const resultOf = (last: Buffer): Buffer => {
  const payloads = [
    Buffer.from([1]),
    Buffer.from('03646566', 'hex'),
    end,
    ...rows.map((row) => Buffer.from(row, 'hex')),
  ]
  const packets = [...payloads, last].map((payload, sequence) => {
    const header = Buffer.alloc(4)
    header.writeUIntLE(payload.length, 0, 3)
    header[3] = sequence
    return Buffer.concat([header, payload])
  })
  return Buffer.concat(packets)
}

/** A driver on a socket that gets its bytes in pieces of `chunkBytes`, all in one buffer. */
const received = async (
  last: Buffer,
  chunkBytes: number,
  { onColumns = () => {}, after = Buffer.alloc(0) }: { onColumns?: RowHandlers['onColumns']; after?: Buffer } = {},
) => {
  const stream = Object.assign(new EventEmitter(), { pause() {}, resume() {}, destroy: () => stream.emit('close') })
  const driver = { stream, sequenceId: 0 }
  const command = new EventEmitter()
  const forwarded: string[] = []
  const sequence: number[] = []
  let settle: (error: Error | null) => void = () => {}
  stream.on('data', (packet: Buffer) => {
    forwarded.push(packet.toString('hex', 4))
    sequence.push(driver.sequenceId)
    if (forwarded.length === 2) command.emit('fields', [{ columnType: 253, flags: 0, decimals: 0 }])
    if (forwarded.length < 4) return
    command.emit('end')
    settle(packet[4] === 0xff ? new Error('refused') : null)
  })
  const statement = {
    execute(_: unknown, callback: typeof settle) {
      settle = callback
      return command
    },
  }
  const found: string[] = []
  const packets = new RowPackets(driver as unknown as Connection, {
    onColumns,
    onRow: (bytes, from, to) => found.push(bytes.toString('hex', from, to)),
    isFull: () => false,
  })
  packets.start(statement as unknown as PrepareStatementInfo)
  const bytes = Buffer.concat([resultOf(last), after])
  const buffer = Buffer.alloc(chunkBytes)
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const length = bytes.copy(buffer, 0, at, at + chunkBytes)
    stream.emit(reusedChunk, buffer.subarray(0, length))
    buffer.fill(0xee)
  }
  const outcome = await packets.done.then(
    () => 'done',
    (error: Error) => error.message,
  )
  const listeners = [stream.listenerCount(reusedChunk), stream.listenerCount('data'), stream.listenerCount('close')]
  return { found, forwarded, sequence, outcome, listeners }
}

describe('packets of a result', () => {
  it.each([1, 2, 3, 4, 5, 7, 11, 64, 1024, 65_536, 1 << 20])('in chunks of %i bytes', async (chunkBytes) => {
    const head = ['01', '03646566', end.toString('hex')]
    const last = 3 + rows.length
    const common = { found: rows, sequence: [0, 1, 2, last], listeners: [0, 1, 0] }
    expect(await received(end, chunkBytes)).toEqual({
      ...common,
      forwarded: [...head, end.toString('hex')],
      outcome: 'done',
    })
    expect(await received(failure, chunkBytes)).toEqual({
      ...common,
      forwarded: [...head, failure.toString('hex')],
      outcome: 'refused',
    })
  })

  it("what a server says after the end, in the same chunk, is the driver's", async () => {
    const farewell = Buffer.from('02000000ff0f', 'hex')
    const { forwarded, outcome } = await received(end, 1 << 20, { after: farewell })
    expect([forwarded.at(-1), outcome]).toEqual(['ff0f', 'done'])
  })

  it('columns that cannot be read end it with their fault', async () => {
    const refuse: RowHandlers['onColumns'] = (wires) => {
      expect(wires).toEqual([{ type: 253, isUnsigned: false, decimals: 0 }])
      throw new Error('not so')
    }
    expect(await received(end, 1024, { onColumns: refuse })).toMatchObject({ found: [], outcome: 'not so' })
  })
})
