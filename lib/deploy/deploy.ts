import { Command } from 'commander'
import { operatorStore } from '../aws/operator.ts'
import { failWith } from '../local/command-line.ts'
import { missing } from './preflight.ts'
import { runServerless } from './run-serverless.ts'
import { stageOption } from './stage.ts'
import { stageParameter } from './stage-parameter.ts'

interface Options {
  stage: string
  region?: string
  authorizer: string
  jwtIssuer?: string
  jwtAudience?: string
  docs?: string
  corsOrigins?: string
  vpcSubnetIds?: string
  vpcSecurityGroupIds?: string
  alarmEmail?: string
  param?: Readonly<Record<string, string>>
}

const { stage, region, param, ...named } = new Command('npm run deploy --')
  .description('Deploys a stage to AWS, after checking that nothing is missing.')
  .requiredOption('--stage <name>', 'such as dev', stageOption)
  .option('--region <name>', 'AWS region (default: that of your environment or profile)')
  .option('--authorizer <kind>', 'who may call: iam, jwt or api-key', 'iam')
  .option('--jwt-issuer <url>', 'with --authorizer jwt')
  .option('--jwt-audience <list>', 'with --authorizer jwt; comma-separated')
  .option('--docs <access>', 'open: /docs and /openapi.json without the authorizer')
  .option('--cors-origins <list>', 'origins of browsers that may call; comma-separated')
  .option('--vpc-subnet-ids <list>', 'to reach a private Airbyte; comma-separated')
  .option('--vpc-security-group-ids <list>', 'with --vpc-subnet-ids')
  .option('--alarm-email <address>', 'is told of alarms')
  .option('--param <name=value>', 'another stage parameter of serverless.yml; may be repeated', stageParameter)
  .parse()
  .opts<Options>()
const parameters = { ...named, ...param }

try {
  const store = operatorStore(region)
  const faults = await missing({ stage, ...parameters }, store)
  if (faults.length > 0) {
    process.stderr.write(
      `Nothing was deployed. Missing for stage ${stage}:\n${faults.map((fault) => `- ${fault}\n`).join('')}`,
    )
    process.exitCode = 1
  } else {
    const given = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`)
    process.exitCode = await runServerless([
      'deploy',
      '--stage',
      stage,
      '--region',
      (await store.region()) ?? '',
      ...given,
    ])
  }
} catch (error) {
  failWith(error)
}
