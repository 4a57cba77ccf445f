import * as z from 'zod'
import { parseWith } from '../config-schema.ts'
import { type ServerConfig, serverFields, tlsOf, tlsShape } from '../postgres/config.ts'

export interface PostgresConfig extends ServerConfig {
  /** Empty = all but the system's. */
  readonly schemas: readonly string[]
  /** How far behind the last cursor value an incremental read begins; 0 = at it. Dates and timestamps only. */
  readonly lookbackSeconds: number
}

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

const method = (field: string, value: string, allowed: string, instead: string) =>
  z.object({ [field]: z.string() }).superRefine((given, context) => {
    if (given[field]?.toLowerCase() === allowed.toLowerCase()) return
    context.addIssue({ code: 'custom', path: [field], message: `is "${given[field]}": ${instead}, give "${value}"` })
  })

const shape = z
  .object({
    ...serverFields,
    schemas: z.array(z.string()).default(['public']),
    jdbc_url_params: z
      .string()
      .nullish()
      .transform((value) => value ?? ''),
    entra_service_principal_auth: z.boolean().default(false),
    ssl_mode: tlsShape.optional(),
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
    tls: tlsOf(given.ssl_mode, 'prefer'),
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
