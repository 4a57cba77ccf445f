import * as z from 'zod'
import { certificateFaults } from '../certificates.ts'

const tlsModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type TlsMode = (typeof tlsModes)[number]

export interface TlsConfig {
  readonly mode: TlsMode
  /** PEM texts; undefined when not given. */
  readonly ca: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  readonly keyPassword: string | undefined
}

/** A database and who logs in to it. */
export interface ServerConfig {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  readonly tls: TlsConfig
  readonly connectTimeoutMs: number
}

const text = (what: string) => z.string({ error: `is missing: ${what}` }).min(1, `is empty: ${what}`)
const pem = z.string().optional()

/** Fields that the configurations of both connectors have, under Airbyte's names. */
export const serverFields = {
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
}

/** `ssl_mode`, whose mode the connectors complete. */
export const tlsShape = z
  .object({
    mode: z.enum(tlsModes, { error: (issue) => `is "${issue.input}": use one of ${tlsModes.join(', ')}` }).optional(),
    ca_certificate: pem,
    client_certificate: pem,
    client_key: pem,
    client_key_password: pem,
  })
  .superRefine((given, context) => {
    const fault = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    for (const { field, message } of certificateFaults(given)) fault(field, message)
    if (given.mode?.startsWith('verify') && !given.ca_certificate)
      fault('ca_certificate', `is missing: ${given.mode} verifies the server against it`)
  })

/** `mode` counts where `given` says none. */
export const tlsOf = (given: z.infer<typeof tlsShape> | undefined, mode: TlsMode): TlsConfig => ({
  mode: given?.mode ?? mode,
  ca: given?.ca_certificate || undefined,
  certificate: given?.client_certificate || undefined,
  key: given?.client_key || undefined,
  keyPassword: given?.client_key_password || undefined,
})
