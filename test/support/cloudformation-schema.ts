import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec'

export interface Resource {
  Type: string
  DependsOn?: string | string[]
  Properties?: Record<string, unknown>
}

type Type =
  | { type: 'string' | 'integer' | 'number' | 'boolean' | 'date-time' | 'json' | 'null' | 'tag' }
  | { type: 'array' | 'map'; element: Type }
  | { type: 'ref'; reference: { $ref: string } }
  | { type: 'union'; types: Type[] }

type Members = Readonly<Record<string, { type: Type; required?: boolean }>>

/** What CloudFormation's own resource specification has against a template: unknown types and members, missing ones, wrong kinds of value. */
export const schemaFaults = async (resources: Readonly<Record<string, Resource>>): Promise<string[]> => {
  const database = await loadAwsServiceSpec()
  const faults: string[] = []

  const members = (value: object, known: Members, at: string): void => {
    for (const [name, { required }] of Object.entries(known))
      if (required && !(name in value)) faults.push(`${at}.${name} is required`)
    for (const [name, member] of Object.entries(value)) {
      const definition = known[name]
      if (definition) check(member, definition.type, `${at}.${name}`)
      else faults.push(`${at}.${name} is not known`)
    }
  }

  const check = (value: unknown, type: Type, at: string): void => {
    if (isIntrinsic(value) || type.type === 'json') return
    switch (type.type) {
      case 'array':
        if (!Array.isArray(value)) faults.push(`${at} is no list`)
        else for (const [index, element] of value.entries()) check(element, type.element, `${at}[${index}]`)
        return
      case 'map':
        for (const [key, element] of Object.entries(value as object)) check(element, type.element, `${at}.${key}`)
        return
      case 'ref':
        members(value as object, database.get('typeDefinition', type.reference.$ref).properties as Members, at)
        return
      case 'union':
        return
      case 'integer':
      case 'number':
        if (!Number.isFinite(Number(value))) faults.push(`${at} is no number`)
        return
      case 'boolean':
        if (!['true', 'false'].includes(String(value))) faults.push(`${at} is neither true nor false`)
        return
      default:
        if (typeof value === 'object') faults.push(`${at} is no text`)
    }
  }

  for (const [id, { Type, Properties = {} }] of Object.entries(resources)) {
    const [definition] = database.lookup('resource', 'cloudFormationType', 'equals', Type)
    if (definition) members(Properties, definition.properties as Members, id)
    else faults.push(`${id} is of the unknown type ${Type}`)
  }
  return faults
}

/** `Ref` and `Fn::…`, whose values CloudFormation makes. */
const isIntrinsic = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  const keys = Object.keys(value)
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0]?.startsWith('Fn::') === true)
}
