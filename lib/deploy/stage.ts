import { InvalidArgumentError } from 'commander'

/** A commander parser: a stage that is deployed. */
export const stageOption = (text: string): string => {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(text))
    throw new InvalidArgumentError('Expected up to 20 lower-case letters, digits and hyphens, such as dev.')
  if (text === 'local') throw new InvalidArgumentError('Stage local is for npm start only.')
  return text
}

export const settingsPath = (stage: string) => `/airbyte-ingestion/${stage}/`
export const accessPath = (stage: string) => `/airbyte-ingestion-access/${stage}/`
export const keysParameter = (stage: string) => `${accessPath(stage)}api-keys`
