// What is used of the SDK, for an import on first use: one of the package itself would bundle every command of the service.
export { GetParametersByPathCommand, GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
