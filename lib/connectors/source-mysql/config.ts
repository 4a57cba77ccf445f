import { isIP } from 'node:net'
import * as z from 'zod'
import { certificateFaults } from '../certificates.ts'
import { parseWith } from '../config-schema.ts'

export const tlsModes = ['preferred', 'required', 'verify_ca', 'verify_identity'] as const
export type TlsMode = (typeof tlsModes)[number]

export interface Tls {
  readonly mode: TlsMode
  /** PEM texts; undefined when not given. */
  readonly ca: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  readonly keyPassword: string | undefined
}

export interface MysqlConfig {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  readonly tls: Tls
  /** How far behind the last cursor value an incremental read begins; 0 = at it. Dates and times only. */
  readonly lookbackSeconds: number
}

const nonEmpty = (what: string) => z.string({ error: `is missing: ${what}` }).min(1, `is empty: ${what}`)
const pem = z.string().optional()

const tls = z
  .object({
    mode: z.string({ error: `is missing: one of ${tlsModes.join(', ')}` }).transform((value, context): TlsMode => {
      const found = tlsModes.find((mode) => mode === value.toLowerCase().replaceAll('-', '_'))
      if (found) return found
      context.addIssue({ code: 'custom', message: `is "${value}": use one of ${tlsModes.join(', ')}` })
      return z.NEVER
    }),
    ca_certificate: pem,
    client_certificate: pem,
    client_key: pem,
    client_key_password: pem,
  })
  .superRefine((value, context) => {
    const fault = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (value.mode.startsWith('verify_') && !value.ca_certificate) {
      fault('ca_certificate', `is missing: ssl_mode "${value.mode}" checks the server against it`)
    }
    for (const { field, message } of certificateFaults(value)) fault(field, message)
  })

const shape = z
  .object({
    host: nonEmpty('give the address of the server').refine((host) => !/[\s/@]/.test(host), {
      error: 'must be a host name or address alone, without scheme, user or path',
    }),
    port: z.coerce
      .number('must be a number')
      .int('must be a whole number')
      .min(1, 'must be 1 to 65535')
      .max(65535, 'must be 1 to 65535')
      .default(3306),
    database: nonEmpty('give the database to read'),
    username: nonEmpty('give the user to log in as'),
    password: z.string('must be text').default(''),
    ssl_mode: tls.default({
      mode: 'preferred',
      ca_certificate: undefined,
      client_certificate: undefined,
      client_key: undefined,
      client_key_password: undefined,
    }),
    jdbc_url_params: z.string().max(0, 'is set: the embedded engine does not use JDBC; remove it').optional(),
    tunnel_method: z
      .object({ tunnel_method: z.string() })
      .refine((tunnel) => tunnel.tunnel_method === 'NO_TUNNEL', {
        error:
          'asks for an SSH tunnel: the embedded engine connects directly; open the tunnel outside and give its address',
      })
      .optional(),
    replication_method: z
      .union([z.string(), z.object({ method: z.string() }).transform(({ method }) => method)])
      .refine((method) => method.toUpperCase() === 'STANDARD', {
        error: 'is not STANDARD: the embedded engine does not read the binary log (CDC); use STANDARD with a cursor',
      })
      .optional(),
    lookback_window_seconds: z.coerce
      .number('must be a number')
      .int('must be a whole number')
      .min(0, 'must be 0 or more')
      .default(0),
  })
  .superRefine((given, context) => {
    if (given.ssl_mode.mode !== 'verify_identity' || isIP(given.host) === 0) return
    // The driver would compare the certificate with the name "localhost".
    const message = `is "verify_identity", and host is the address ${given.host}: give the host's name, or use "verify_ca"`
    context.addIssue({ code: 'custom', path: ['ssl_mode', 'mode'], message })
  })

/** See Connector.parseConfig. */
export const parseConfig = (json: unknown): MysqlConfig => {
  const given = parseWith(shape, json, 'MySQL source')
  const { host, port, database, username, password, ssl_mode } = given
  return {
    host,
    port,
    database,
    username,
    password,
    tls: {
      mode: ssl_mode.mode,
      ca: ssl_mode.ca_certificate || undefined,
      certificate: ssl_mode.client_certificate || undefined,
      key: ssl_mode.client_key || undefined,
      keyPassword: ssl_mode.client_key_password || undefined,
    },
    lookbackSeconds: given.lookback_window_seconds,
  }
}
