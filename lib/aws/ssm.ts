import type { SSMClient } from '@aws-sdk/client-ssm'

/** Every parameter directly under `path` (which ends in a slash), decrypted, by its name's last part. */
export type ReadParameters = (path: string) => Promise<ReadonlyMap<string, string>>

let client: SSMClient | undefined

export const readParameters: ReadParameters = async (path) => {
  // Loaded on first use: with AIRBYTE_BASE_URL set it never is.
  const { GetParametersByPathCommand, SSMClient } = await import('./ssm-sdk.ts')
  client ??= new SSMClient({ maxAttempts: 2 })
  const found = new Map<string, string>()
  let next: string | undefined
  do {
    const page = await client.send(
      new GetParametersByPathCommand({ Path: path, WithDecryption: true, ...(next ? { NextToken: next } : {}) }),
      { abortSignal: AbortSignal.timeout(5_000) },
    )
    for (const { Name, Value } of page.Parameters ?? [])
      if (Name !== undefined && Value !== undefined) found.set(Name.slice(Name.lastIndexOf('/') + 1), Value)
    next = page.NextToken
  } while (next)
  return found
}
