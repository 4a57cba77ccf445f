import { IngestionError } from '../errors.ts'
import { listOf, type Resource, type Service, type ServiceFunction, type Statement } from './service.ts'

/** Gives every function a role of its own with what its `grants` name, and nothing that it does not use. */
export const grantRoles = (service: Service): void => {
  for (const [key, definition] of Object.entries(service.functions)) {
    const logicalId = `${key.charAt(0).toUpperCase()}${key.slice(1)}Role`
    service.resources.Resources[logicalId] = roleOf(key, definition, service)
    definition.role = logicalId
    // Nobody waits for the answer of such a call: what fails after Lambda's own retries is kept.
    if (isAsynchronous(definition)) definition.destinations = { onFailure: { type: 'sqs', arn: deadLettersArn } }
  }
}

/** Reaches a private Airbyte: every function runs in the given subnets. */
export const enterVpc = (service: Service): void => {
  const subnetIds = listOf(service.custom.access.vpcSubnetIds)
  const securityGroupIds = listOf(service.custom.access.vpcSecurityGroupIds)
  if (subnetIds.length === 0 && securityGroupIds.length === 0) return
  if (subnetIds.length === 0 || securityGroupIds.length === 0)
    throw new IngestionError('not_configured', 'vpcSubnetIds and vpcSecurityGroupIds are needed together.')
  service.provider.vpc = { subnetIds, securityGroupIds }
}

const roleOf = (key: string, definition: ServiceFunction, service: Service): Resource => {
  const granted = (definition.grants ?? []).flatMap((name) => {
    const statements = service.custom.grants[name]
    if (!statements)
      throw new IngestionError('not_configured', `functions.${key}.grants: custom.grants has no ${name}.`)
    return statements
  })
  const statements = [
    ...logStatements(definition.name),
    ...(service.provider.vpc ? networkStatements : []),
    ...(isAsynchronous(definition) ? [deadLetterStatement] : []),
    ...granted,
  ]
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      Policies: [{ PolicyName: key, PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
    },
  }
}

const logStatements = (functionName: string): readonly Statement[] => [
  {
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: {
      'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${functionName}:*`,
    },
  },
  // X-Ray knows no resources.
  { Effect: 'Allow', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: '*' },
]

/** Lambda makes and removes the interfaces with the function's role, before any of them has a name to allow. */
const networkStatements: readonly Statement[] = [
  {
    Effect: 'Allow',
    Action: [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    Resource: '*',
  },
]

const deadLettersArn = { 'Fn::GetAtt': ['DeadLetters', 'Arn'] }

const deadLetterStatement: Statement = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: deadLettersArn }

const isAsynchronous = ({ events = [] }: ServiceFunction): boolean => events.some((event) => !('httpApi' in event))
