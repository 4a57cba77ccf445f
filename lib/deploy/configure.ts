import { Command } from 'commander'
import { operatorStore } from '../aws/operator.ts'
import { readConfig } from '../config.ts'
import { IngestionError } from '../errors.ts'
import { settingsOf } from '../http/airbyte-settings.ts'
import { type ApiKey, makeApiKey, parseApiKeys } from '../http/api-keys.ts'
import { health } from '../ingestion/health.ts'
import { failWith } from '../local/command-line.ts'
import { servicesFor } from '../services.ts'
import { ask, askSecret } from './prompt.ts'
import { accessPath, keysParameter, settingsPath, stageOption } from './stage.ts'

interface Options {
  stage: string
  region?: string
  airbyteUrl?: string
  workspaceId?: string
  clientId?: string
  username?: string
  token: boolean
  addKey?: string
  scope: string
  removeKey?: string
  yes: boolean
}

interface Change {
  name: string
  value: string
  isSecret: boolean
  /** Instead of the value. */
  shown?: string
}

const options = new Command('npm run configure --')
  .description('Writes the SSM parameters of a stage. Secrets are asked for, or read from stdin: never arguments.')
  .requiredOption('--stage <name>', 'such as dev', stageOption)
  .option('--region <name>', 'AWS region (default: that of your environment or profile)')
  .option('--airbyte-url <url>', "Airbyte's address")
  .option('--workspace-id <id>', 'when Airbyte has several workspaces')
  .option('--client-id <id>', 'an Airbyte application; asks for its client secret')
  .option('--username <name>', 'Basic authentication; asks for the password')
  .option('--token', 'a bearer token; asks for it', false)
  .option('--add-key <name>', 'a new API key for callers, shown once')
  .option('--scope <scope>', 'of the new key: write, or read for GET only', 'write')
  .option('--remove-key <name>', 'an API key that is not to work any more')
  .option('--yes', 'write without asking', false)
  .parse()
  .opts<Options>()

const { stage } = options
const store = operatorStore(options.region)

const run = async (): Promise<void> => {
  const region = await store.region()
  if (region === undefined || !(await store.hasCredentials()))
    throw new IngestionError('not_configured', 'No AWS region or credentials: set AWS_PROFILE, or pass --region.')
  const known = await store.read(settingsPath(stage))
  const settings = await settingsChanges()
  const { changes: keys, newKey } = await keyChanges()
  const changes = [...settings, ...keys]
  if (changes.length === 0)
    throw new IngestionError('not_configured', 'Nothing to write: see npm run configure -- --help.')
  const after = new Map([
    ...known,
    ...settings.map(({ name, value }) => [name.split('/').at(-1) ?? '', value] as const),
  ])
  const airbyte = settings.length > 0 ? settingsOf({ ...readConfig(), stage, airbyte: nobody }, after) : undefined

  process.stderr.write(`Writes in ${region}:\n`)
  for (const { name, value, isSecret, shown } of changes)
    process.stderr.write(`  ${name} = ${shown ?? value}${isSecret ? '  (SecureString)' : ''}\n`)
  if (!options.yes && process.stdin.isTTY !== true)
    throw new IngestionError('not_configured', 'Nothing was written: pass --yes where nobody can be asked.')
  if (!options.yes && (await ask('Go on? (y/n) ')) !== 'y')
    throw new IngestionError('not_configured', 'Nothing was written.')
  for (const { name, value, isSecret } of changes) await store.write(name, value, isSecret)
  process.stderr.write('Written.\n')
  if (newKey !== undefined) process.stdout.write(`${newKey}\n`)
  if (airbyte) {
    const { airbyte: found } = await health(
      servicesFor(airbyte, readConfig(), async () => airbyte),
      AbortSignal.timeout(20_000),
    )
    process.stderr.write(`Airbyte ${found.version ?? ''} answers; workspace ${found.workspaceId}.\n`)
  }
}

const nobody = { baseUrl: undefined, workspaceId: undefined, auth: undefined }

const settingsChanges = async (): Promise<Change[]> => {
  const path = settingsPath(stage)
  const changes: Change[] = []
  if (options.airbyteUrl) changes.push({ name: `${path}base-url`, value: options.airbyteUrl, isSecret: false })
  if (options.workspaceId) changes.push({ name: `${path}workspace-id`, value: options.workspaceId, isSecret: false })
  const auth = await askedAuth()
  if (auth)
    changes.push({
      name: `${path}auth`,
      value: JSON.stringify(auth),
      isSecret: true,
      shown: JSON.stringify(masked(auth)),
    })
  return changes
}

const askedAuth = async (): Promise<Record<string, string> | undefined> => {
  const { clientId, username, token } = options
  if ([clientId, username, token || undefined].filter((one) => one !== undefined).length > 1)
    throw new IngestionError('not_configured', 'Choose one of --client-id, --username and --token.')
  if (clientId !== undefined)
    return { mode: 'client_credentials', clientId, clientSecret: await askSecret('Client secret: ') }
  if (username !== undefined) return { mode: 'basic', username, password: await askSecret('Password: ') }
  return token ? { mode: 'bearer', token: await askSecret('Token: ') } : undefined
}

const masked = (auth: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(auth).map(([key, value]) => [
      key,
      ['clientSecret', 'password', 'token'].includes(key) ? '**********' : value,
    ]),
  )

const keyChanges = async (): Promise<{ changes: Change[]; newKey?: string }> => {
  const { addKey, removeKey, scope } = options
  if (addKey === undefined && removeKey === undefined) return { changes: [] }
  if (scope !== 'read' && scope !== 'write') throw new IngestionError('not_configured', '--scope is read or write.')
  const text = (await store.read(accessPath(stage))).get('api-keys')
  let keys: readonly ApiKey[] = text === undefined ? [] : parseApiKeys(text)
  for (const name of [removeKey].filter((one) => one !== undefined)) {
    if (!keys.some((key) => key.name === name)) throw new IngestionError('not_found', `There is no API key ${name}.`)
    keys = keys.filter((key) => key.name !== name)
  }
  const made = addKey === undefined ? undefined : makeApiKey(addKey, scope)
  if (made) {
    if (keys.some((key) => key.name === addKey))
      throw new IngestionError('conflict', `There is an API key ${addKey}: add one of another name, then remove it.`)
    keys = parseApiKeys(JSON.stringify([...keys, made.kept]))
  }
  const shown = `${keys.length} keys: ${keys.map((key) => `${key.name} (${key.scope})`).join(', ') || 'none'}`
  const changes = [{ name: keysParameter(stage), value: JSON.stringify(keys), isSecret: true, shown }]
  return made ? { changes, newKey: made.key } : { changes }
}

try {
  await run()
} catch (error) {
  failWith(error)
}
