import { constants, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** One column of a result, as its definition says. */
export interface ResultColumn {
  readonly name: string
  readonly type: number
  readonly charset?: number
  readonly flags?: number
  readonly decimals?: number
}

export interface Result {
  readonly columns: readonly ResultColumn[]
  /** Payloads: of a query in text, of a prepared statement in binary. */
  readonly rows: readonly Buffer[]
  /** Comes instead of the end of the rows. */
  readonly error?: Refusal
}

export interface Refusal {
  readonly errno: number
  readonly message: string
}

export type Answer = Result | Refusal | 'ok'

interface Options {
  readonly password: string
  /** PEM texts. With them each byte of an answer is a record of its own. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** What to say to a statement; 'ok' when nothing is to be told. */
  answer(sql: string): Answer | Promise<Answer>
}

export interface MysqlEight extends AsyncDisposable {
  readonly port: number
}

const threadId = 7
/** LONG_PASSWORD … PLUGIN_AUTH_LENENC_CLIENT_DATA, SESSION_TRACK, DEPRECATE_EOF, QUERY_ATTRIBUTES, as MySQL 8.4 offers them. */
const capabilities = 0xdfff_f7ff
const sslCapability = 0x800
const sessionChanged = 0x4000

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/**
 * A server that speaks the protocol as MySQL 8 does and MariaDB does not (MySQL Source Code Documentation, Client/Server
 * Protocol): caching_sha2_password in full, query attributes, session tracking. What it knows of SQL, the test tells it.
 */
export const startMysqlEight = async ({ password, tls, answer }: Options): Promise<MysqlEight> => {
  const sockets = new Set<Socket>()

  const serve = async (plain: Socket) => {
    let link = new PacketLink(plain)
    const salt = randomBytes(20).map((byte) => (byte % 127) + 1)
    link.send(greeting(salt, tls ? capabilities | sslCapability : capabilities), 0)
    const hello = await link.next()
    if (tls && hello.length === 32) {
      const { certificate: cert, key } = tls
      const secure = new TLSSocket(plain, { isServer: true, cert, key })
      secure.on('error', () => {})
      link = new PacketLink(secure, true)
      await link.next()
    }
    // As if nobody had logged in yet: the password itself is asked for.
    link.send(Buffer.from([1, 4]))
    let given = await link.next()
    if (!tls && given.equals(Buffer.from([2]))) {
      link.send(Buffer.concat([Buffer.from([1]), Buffer.from(publicKey)]))
      const mixed = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, await link.next())
      given = Buffer.from(mixed.map((byte, index) => byte ^ (salt[index % salt.length] as number)))
    }
    if (given.toString() !== `${password}\0`) return link.send(refusal({ errno: 1045, message: 'Access denied' }))
    link.send(changed('autocommit', 'ON'))
    let prepared = ''
    while (true) {
      const command = await link.next()
      link.restart()
      if (command[0] === 0x01) return plain.end()
      if (command[0] === 0x19) continue
      if (command[0] === 0x16) {
        prepared = command.toString('utf8', 1)
        const found = await answer(prepared)
        const columns = typeof found === 'object' && 'columns' in found ? found.columns : []
        const head = Buffer.from([0, 1, 0, 0, 0, columns.length, 0, 0, 0, 0, 0, 0])
        for (const packet of [head, ...columns.map(definition), end]) link.send(packet)
        continue
      }
      // No attributes, one set of them.
      const sql =
        command[0] === 0x17
          ? prepared
          : command.subarray(1, 3).equals(Buffer.from([0, 1]))
            ? command.toString('utf8', 3)
            : ''
      const said = await answer(sql)
      if (said === 'ok') link.send(changed('character_set_client', 'utf8mb4'))
      else if ('errno' in said) link.send(refusal(said))
      else {
        link.send(Buffer.from([said.columns.length]))
        for (const packet of [...said.columns.map(definition), end, ...said.rows]) link.send(packet)
        link.send(said.error ? refusal(said.error) : end)
      }
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket).catch(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Packets of one connection, each with its length and number before it. */
class PacketLink {
  readonly #socket: Socket
  readonly #byteByByte: boolean
  #sequence = 0
  #wake: () => void = () => {}

  constructor(socket: Socket, byteByByte = false) {
    this.#socket = socket
    this.#byteByByte = byteByByte
    socket.on('readable', () => this.#wake())
    socket.on('close', () => this.#wake())
  }

  async next(): Promise<Buffer> {
    const header = await this.#read(4)
    this.#sequence = (header[3] as number) + 1
    return await this.#read(header.readUIntLE(0, 3))
  }

  /** Takes no byte more: what follows may be the beginning of TLS. */
  async #read(bytes: number): Promise<Buffer> {
    while (true) {
      const found = this.#socket.read(bytes) as Buffer | null
      if (found?.length === bytes) return found
      if (this.#socket.destroyed || this.#socket.readableEnded) throw new Error('the client has gone')
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
  }

  /** The answer to a command begins. */
  restart(): void {
    this.#sequence = 1
  }

  send(payload: Buffer, sequence = this.#sequence): void {
    const header = Buffer.alloc(4)
    header.writeUIntLE(payload.length, 0, 3)
    header[3] = sequence
    this.#sequence = sequence + 1
    const packet = Buffer.concat([header, payload])
    if (this.#byteByByte) for (const byte of packet) this.#socket.write(Buffer.from([byte]))
    else this.#socket.write(packet)
  }
}

/** A text or bytes of up to 250 bytes, with the length before it. */
export const lengthAnd = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string)
  if (bytes.length > 250) throw new Error('too long for a length of one byte')
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

/** A row of a result in text. */
export const textRow = (values: readonly (string | null)[]): Buffer =>
  Buffer.concat(values.map((value) => (value === null ? Buffer.from([0xfb]) : lengthAnd(value))))

const end = Buffer.from([0xfe, 0, 0, 2, 0])

const greeting = (salt: Uint8Array, flags: number): Buffer => {
  const numbers = Buffer.alloc(4)
  numbers.writeUInt32LE(flags >>> 0)
  return Buffer.concat([
    ...[Buffer.from('\x0a8.4.3\0'), Buffer.from([threadId, 0, 0, 0]), salt.subarray(0, 8), Buffer.from([0])],
    ...[numbers.subarray(0, 2), Buffer.from([255, 2, 0]), numbers.subarray(2), Buffer.from([21]), Buffer.alloc(10)],
    ...[salt.subarray(8), Buffer.from('\0caching_sha2_password\0')],
  ])
}

/** An OK that tells that a variable of the session has changed. */
const changed = (name: string, value: string): Buffer => {
  const variable = Buffer.concat([lengthAnd(name), lengthAnd(value)])
  const tracked = Buffer.concat([Buffer.from([0]), lengthAnd(variable)])
  const status = 2 | sessionChanged
  return Buffer.concat([Buffer.from([0, 0, 0, status & 255, status >> 8, 0, 0]), lengthAnd(''), lengthAnd(tracked)])
}

const refusal = ({ errno, message }: Refusal): Buffer =>
  Buffer.concat([Buffer.from([0xff, errno & 255, errno >> 8]), Buffer.from(`#HY000${message}`)])

const definition = ({ name, type, charset = 255, flags = 0, decimals = 0 }: ResultColumn): Buffer => {
  const facts = Buffer.alloc(13)
  facts[0] = 12
  facts.writeUInt16LE(charset, 1)
  facts.writeUInt32LE(1024, 3)
  facts[7] = type
  facts.writeUInt16LE(flags, 8)
  facts[10] = decimals
  return Buffer.concat([...['def', 'shop', 't', 't', name, name].map(lengthAnd), facts])
}
