import * as z from 'zod'
import { parseWith } from '../config-schema.ts'
import { type ServerConfig, serverFields, tlsOf, tlsShape } from '../postgres/config.ts'

const connectTimeoutMs = 10_000

export interface PostgresConfig extends ServerConfig {
  /** For streams without a namespace. */
  readonly schema: string
  readonly dropCascade: boolean
  readonly metadataColumns: boolean
}

const shape = z.object({
  ...serverFields,
  schema: z.string().min(1, 'is empty: give a schema, such as "public"').default('public'),
  ssl: z.boolean().default(false),
  ssl_mode: tlsShape.optional(),
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
  const { host, port, database, schema, username, password } = given
  return {
    ...{ host, port, database, schema, username, password },
    tls: tlsOf(given.ssl_mode, given.ssl ? 'require' : 'prefer'),
    connectTimeoutMs,
    dropCascade: given.drop_cascade,
    metadataColumns: given.metadata_columns,
  }
}
