import type { AwsActions } from './aws-endpoint.ts'

interface Parameter {
  Name: string
  Type: 'String' | 'StringList' | 'SecureString'
  Value: string
  Version: number
  /** Seconds since 1970. */
  LastModifiedDate: number
  ARN: string
  DataType: 'text'
}

const types: readonly unknown[] = ['String', 'StringList', 'SecureString']
/** As in AWS, so that a caller that forgets to page is found out here. */
const pageSize = 10

/** Parameter Store in memory: what the functions read, and what a user may put with the AWS CLI. */
export const ssmActions = (initial: Readonly<Record<string, string>> = {}): AwsActions => {
  const parameters = new Map<string, Parameter>()
  const put = (name: string, value: string, type: Parameter['Type']) => {
    const version = (parameters.get(name)?.Version ?? 0) + 1
    const arn = `arn:aws:ssm:us-east-1:000000000000:parameter${name.startsWith('/') ? '' : '/'}${name}`
    parameters.set(name, {
      Name: name,
      Type: type,
      Value: value,
      Version: version,
      LastModifiedDate: Date.now() / 1000,
      ARN: arn,
      DataType: 'text',
    })
    return version
  }
  for (const [name, value] of Object.entries(initial)) put(name, value, 'SecureString')

  return {
    'AmazonSSM.PutParameter': (input) => {
      const { Name, Value, Type = 'String', Overwrite } = input
      if (typeof Name !== 'string' || typeof Value !== 'string' || Name === '' || Value === '')
        return { fault: 'ValidationException', message: 'Name and Value are required.' }
      if (!types.includes(Type)) return { fault: 'UnsupportedParameterType', message: `No such type: ${String(Type)}` }
      if (parameters.has(Name) && Overwrite !== true)
        return {
          fault: 'ParameterAlreadyExists',
          message: 'The parameter already exists. Set Overwrite to replace it.',
        }
      return { Version: put(Name, Value, Type as Parameter['Type']), Tier: 'Standard' }
    },
    'AmazonSSM.GetParameter': (input) => {
      const parameter = parameters.get(String(input.Name))
      if (!parameter) return { fault: 'ParameterNotFound', message: `Parameter ${String(input.Name)} not found.` }
      return { Parameter: shown(parameter, input.WithDecryption) }
    },
    'AmazonSSM.GetParameters': (input) => {
      const names = Array.isArray(input.Names) ? input.Names.map(String) : []
      return {
        Parameters: names.flatMap((name) => {
          const parameter = parameters.get(name)
          return parameter ? [shown(parameter, input.WithDecryption)] : []
        }),
        InvalidParameters: names.filter((name) => !parameters.has(name)),
      }
    },
    'AmazonSSM.GetParametersByPath': (input) => {
      const path = String(input.Path)
      if (!path.startsWith('/'))
        return { fault: 'ValidationException', message: 'The parameter path must begin with a slash.' }
      const folder = path.endsWith('/') ? path : `${path}/`
      const found = [...parameters.values()]
        .filter(({ Name }) => Name.startsWith(folder))
        .filter(({ Name }) => input.Recursive === true || !Name.slice(folder.length).includes('/'))
        .sort((a, b) => a.Name.localeCompare(b.Name))
      const start = Number(input.NextToken ?? 0)
      const end = start + Math.min(Number(input.MaxResults ?? pageSize), pageSize)
      return {
        Parameters: found.slice(start, end).map((parameter) => shown(parameter, input.WithDecryption)),
        ...(end < found.length ? { NextToken: String(end) } : {}),
      }
    },
  }
}

/** A SecureString that nobody asked to decrypt reads as something else, as in AWS. */
const shown = (parameter: Parameter, withDecryption: unknown): Parameter =>
  parameter.Type === 'SecureString' && withDecryption !== true ? { ...parameter, Value: 'AQICAHencrypted' } : parameter
