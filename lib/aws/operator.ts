import { GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'

/** Parameter Store with the rights of the person at the keyboard; never part of a deployed function. */
export interface OperatorStore {
  /** Undefined when the SDK finds none. */
  region(): Promise<string | undefined>
  /** Whether the SDK finds credentials; says nothing about what they may do. */
  hasCredentials(): Promise<boolean>
  /** As `ReadParameters`. */
  read(path: string): Promise<ReadonlyMap<string, string>>
  write(name: string, value: string, isSecret: boolean): Promise<void>
}

const timeoutMs = 15_000

export const operatorStore = (region: string | undefined): OperatorStore => {
  const client = new SSMClient({ maxAttempts: 2, ...(region === undefined ? {} : { region }) })
  const abortSignal = () => AbortSignal.timeout(timeoutMs)
  return {
    region: () => client.config.region().catch(() => undefined),

    hasCredentials: () =>
      client.config.credentials().then(
        () => true,
        () => false,
      ),

    read: async (path) => {
      const found = new Map<string, string>()
      let next: string | undefined
      do {
        const command = new GetParametersByPathCommand({
          Path: path,
          WithDecryption: true,
          ...(next === undefined ? {} : { NextToken: next }),
        })
        const page = await client.send(command, { abortSignal: abortSignal() })
        for (const { Name = '', Value = '' } of page.Parameters ?? [])
          found.set(Name.slice(Name.lastIndexOf('/') + 1), Value)
        next = page.NextToken
      } while (next)
      return found
    },

    write: async (Name, Value, isSecret) => {
      const command = new PutParameterCommand({
        Name,
        Value,
        Type: isSecret ? 'SecureString' : 'String',
        Overwrite: true,
      })
      await client.send(command, { abortSignal: abortSignal() })
    },
  }
}
