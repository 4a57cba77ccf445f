import type { SSMClient } from '@aws-sdk/client-ssm'

/** Parameters of SSM that hold secrets. */
export interface Secrets {
  /** What their names begin with; ends in a slash. */
  readonly prefix: string
  /** Values by name, decrypted; a name without a parameter is missing. Not kept. */
  read(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}

/** GetParameters' own limit. */
const namesAtOnce = 10

let client: SSMClient | undefined

export const secrets = (prefix: string): Secrets => ({
  prefix,
  read: async (names, signal) => {
    const { GetParametersCommand, SSMClient } = await import('./ssm-sdk.ts')
    client ??= new SSMClient({ maxAttempts: 2 })
    const found = new Map<string, string>()
    for (let start = 0; start < names.length; start += namesAtOnce) {
      const { Parameters = [] } = await client.send(
        new GetParametersCommand({ Names: names.slice(start, start + namesAtOnce), WithDecryption: true }),
        { abortSignal: signal },
      )
      for (const { Name, Value } of Parameters) if (Name !== undefined && Value !== undefined) found.set(Name, Value)
    }
    return found
  },
})
