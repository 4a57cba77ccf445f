import { Command } from 'commander'
import { operatorStore } from '../aws/operator.ts'
import { failWith } from '../local/command-line.ts'
import { ask } from './prompt.ts'
import { runServerless } from './run-serverless.ts'
import { accessPath, settingsPath, stageOption } from './stage.ts'

const { stage, region, yes } = new Command('npm run remove --')
  .description(
    'Removes what was deployed for a stage. Airbyte and what it has moved stay, and so do the SSM parameters.',
  )
  .requiredOption('--stage <name>', 'such as dev', stageOption)
  .option('--region <name>', 'AWS region (default: that of your environment or profile)')
  .option('--yes', 'do not ask', false)
  .parse()
  .opts<{ stage: string; region?: string; yes: boolean }>()

try {
  const store = operatorStore(region)
  const where = await store.region()
  if (where === undefined || !(await store.hasCredentials())) {
    process.stderr.write('Nothing was removed: no AWS region or credentials (--region, AWS_PROFILE).\n')
    process.exitCode = 1
  } else if (yes || (await ask(`Removes stage ${stage} in ${where}. Type its name to go on: `)) === stage) {
    process.exitCode = await runServerless(['remove', '--stage', stage, '--region', where])
    process.stdout.write(`The parameters under ${settingsPath(stage)} and ${accessPath(stage)} are still there.\n`)
  } else {
    process.stderr.write('Nothing was removed.\n')
    process.exitCode = 1
  }
} catch (error) {
  failWith(error)
}
