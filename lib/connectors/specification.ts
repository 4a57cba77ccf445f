/** A way to encrypt, as one of the choices of `ssl_mode` in a connection specification. */
export const tlsChoice = (mode: string, description: string) => choiceOf(mode, description, [], {})

/** One that verifies the server: `ca_certificate` is required. */
export const verifyingTlsChoice = (mode: string, description: string) =>
  choiceOf(mode, description, ['ca_certificate'], {
    ca_certificate: certificate('CA certificate (PEM)', 1),
    client_certificate: certificate('Client certificate (PEM)', 2),
    client_key: certificate('Client key (PEM)', 3),
    client_key_password: certificate('Password of the client key', 4),
  })

/** Airbyte's `tunnel_method`, of which one choice is left. */
export const noTunnel = (order: number) => ({
  title: 'SSH tunnel',
  description: 'The embedded engine connects directly; only NO_TUNNEL works.',
  type: 'object',
  order,
  oneOf: [
    {
      title: 'No tunnel',
      type: 'object',
      required: ['tunnel_method'],
      properties: { tunnel_method: { type: 'string', enum: ['NO_TUNNEL'], default: 'NO_TUNNEL' } },
    },
  ],
})

const choiceOf = (mode: string, description: string, required: readonly string[], properties: object) => ({
  title: mode,
  description,
  type: 'object',
  required: ['mode', ...required],
  additionalProperties: true,
  properties: { mode: { type: 'string', enum: [mode], default: mode }, ...properties },
})

const certificate = (title: string, order: number) => ({
  title,
  type: 'string',
  airbyte_secret: true,
  multiline: true,
  order,
})
