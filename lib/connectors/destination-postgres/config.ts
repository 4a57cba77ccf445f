import * as z from 'zod'
import { parseWith } from '../config-schema.ts'

export const tlsModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type TlsMode = (typeof tlsModes)[number]

export interface TlsConfig {
  readonly mode: TlsMode
  /** PEM texts; undefined when not given. */
  readonly ca: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  readonly keyPassword: string | undefined
}

export interface PostgresConfig {
  readonly host: string
  readonly port: number
  readonly database: string
  /** For streams without a namespace. */
  readonly schema: string
  readonly username: string
  readonly password: string
  readonly tls: TlsConfig
  readonly dropCascade: boolean
  readonly metadataColumns: boolean
}

const text = (what: string) => z.string({ error: `is missing: ${what}` }).min(1, `is empty: ${what}`)
const pem = z.string().optional()

const tls = z
  .object({
    mode: z.enum(tlsModes, { error: (issue) => `is "${issue.input}": use one of ${tlsModes.join(', ')}` }),
    ca_certificate: pem,
    client_certificate: pem,
    client_key: pem,
    client_key_password: pem,
  })
  .superRefine((given, context) => {
    const fault = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (given.mode.startsWith('verify') && !given.ca_certificate) {
      fault('ca_certificate', `is missing: ${given.mode} verifies the server against it`)
    }
    if (given.client_certificate && !given.client_key)
      fault('client_key', 'is missing: it belongs to client_certificate')
    if (given.client_key && !given.client_certificate)
      fault('client_certificate', 'is missing: it belongs to client_key')
  })

const shape = z.object({
  host: text('give the name or address of the server'),
  port: z.coerce
    .number({ error: 'is not a number' })
    .int('is not a whole number')
    .min(1, 'is below 1')
    .max(65_535, 'is above 65535')
    .default(5432),
  database: text('give the name of the database'),
  schema: z.string().min(1, 'is empty: give a schema, such as "public"').default('public'),
  username: text('give the role to log in as'),
  password: z.string().default(''),
  ssl: z.boolean().default(false),
  ssl_mode: tls.optional(),
  jdbc_url_params: z.string().max(0, 'is set: the embedded engine does not use JDBC; remove it').nullish(),
  disable_type_dedupe: z
    .literal(false, { error: 'is true: the embedded engine writes typed tables only; set it to false' })
    .default(false),
  drop_cascade: z.boolean().default(false),
  metadata_columns: z.boolean().default(true),
  tunnel_method: z
    .object({
      tunnel_method: z.literal('NO_TUNNEL', {
        error: (issue) => `is "${issue.input}": the embedded engine connects directly, give "NO_TUNNEL"`,
      }),
    })
    .optional(),
})

/** See Connector.parseConfig. */
export const parseConfig = (json: unknown): PostgresConfig => {
  const given = parseWith(shape, json, 'Postgres destination')
  const { host, port, database, schema, username, password, ssl_mode: tlsGiven } = given
  return {
    ...{ host, port, database, schema, username, password },
    tls: {
      mode: tlsGiven?.mode ?? (given.ssl ? 'require' : 'prefer'),
      ca: tlsGiven?.ca_certificate || undefined,
      certificate: tlsGiven?.client_certificate || undefined,
      key: tlsGiven?.client_key || undefined,
      keyPassword: tlsGiven?.client_key_password || undefined,
    },
    dropCascade: given.drop_cascade,
    metadataColumns: given.metadata_columns,
  }
}
