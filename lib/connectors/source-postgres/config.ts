import * as z from 'zod'
import { parseWith } from '../config-schema.ts'

export type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface TlsConfig {
  readonly mode: TlsMode
  readonly ca: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  readonly keyPassword: string | undefined
}

export interface PostgresConfig {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  /** Empty = all but the system's. */
  readonly schemas: readonly string[]
  readonly tls: TlsConfig
  readonly connectTimeoutMs: number
  /** How far behind the last cursor value an incremental read begins; 0 = at it. Dates and timestamps only. */
  readonly lookbackSeconds: number
}

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
/** They tune the JDBC driver and change no value that is read. */
const harmlessParameters = [
  'applicationname',
  'adaptivefetch',
  'autosave',
  'binarytransfer',
  'defaultrowfetchsize',
  'loggerlevel',
  'logintimeout',
  'preferquerymode',
  'preparethreshold',
  'readonly',
  'rewritebatchedinserts',
  'sockettimeout',
  'tcpkeepalive',
]

const text = (what: string) => z.string({ error: `is missing: ${what}` }).min(1, `is empty: ${what}`)
const method = (field: string, value: string, allowed: string, instead: string) =>
  z.object({ [field]: z.string() }).superRefine((given, context) => {
    if (given[field]?.toLowerCase() === allowed.toLowerCase()) return
    context.addIssue({ code: 'custom', path: [field], message: `is "${given[field]}": ${instead}, give "${value}"` })
  })

const tls = z.object({
  mode: z.enum(modes, { error: (issue) => `is "${issue.input}": use one of ${modes.join(', ')}` }).default('prefer'),
  ca_certificate: z.string().optional(),
  client_certificate: z.string().optional(),
  client_key: z.string().optional(),
  client_key_password: z.string().optional(),
})

const shape = z
  .object({
    host: text('give the name or address of the server'),
    port: z.coerce
      .number({ error: 'is not a number' })
      .int('is not a whole number')
      .min(1, 'is below 1')
      .max(65_535, 'is above 65535')
      .default(5432),
    database: text('give the name of the database'),
    username: text('give the role to log in as'),
    password: z.string().default(''),
    schemas: z.array(z.string()).default(['public']),
    jdbc_url_params: z
      .string()
      .nullish()
      .transform((value) => value ?? ''),
    entra_service_principal_auth: z.boolean().default(false),
    ssl_mode: tls.default({ mode: 'prefer' }),
    replication_method: method(
      'method',
      'Standard',
      'Standard',
      'the embedded engine reads changes by a cursor column only',
    ).optional(),
    lookback_window_seconds: z.coerce
      .number({ error: 'is not a number' })
      .int('is not a whole number')
      .min(0, 'is below 0')
      .default(0),
    tunnel_method: method(
      'tunnel_method',
      'NO_TUNNEL',
      'NO_TUNNEL',
      'the embedded engine cannot open an SSH tunnel',
    ).optional(),
  })
  .superRefine((given, context) => {
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (given.entra_service_principal_auth) {
      fault(['entra_service_principal_auth'], 'is true: the embedded engine logs in with a password only')
    }
    if (given.ssl_mode.mode.startsWith('verify') && !given.ssl_mode.ca_certificate) {
      fault(['ssl_mode', 'ca_certificate'], `is missing: ${given.ssl_mode.mode} verifies the server against it`)
    }
    for (const [name] of jdbcParameters(given.jdbc_url_params)) {
      const known = name.toLowerCase() === 'connecttimeout' || harmlessParameters.includes(name.toLowerCase())
      if (!known) fault(['jdbc_url_params'], `has "${name}", which the embedded engine cannot follow: remove it`)
    }
  })

export const parseConfig = (json: unknown): PostgresConfig => {
  const given = parseWith(shape, json, 'Postgres source')
  const timeout = jdbcParameters(given.jdbc_url_params).find(([name]) => name.toLowerCase() === 'connecttimeout')
  return {
    host: given.host,
    port: given.port,
    database: given.database,
    username: given.username,
    password: given.password,
    schemas: given.schemas,
    tls: {
      mode: given.ssl_mode.mode,
      ca: given.ssl_mode.ca_certificate,
      certificate: given.ssl_mode.client_certificate,
      key: given.ssl_mode.client_key,
      keyPassword: given.ssl_mode.client_key_password,
    },
    lookbackSeconds: given.lookback_window_seconds,
    connectTimeoutMs: Number(timeout?.[1]) > 0 ? Number(timeout?.[1]) * 1000 : 10_000,
  }
}

const jdbcParameters = (text: string): [string, string][] =>
  text
    .split('&')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.trim().split('=')
      return [name, value.join('=')]
    })
