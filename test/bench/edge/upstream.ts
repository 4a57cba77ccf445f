import { startAirbyte } from '../../support/airbyte/stand-in.ts'

const airbyte = await startAirbyte()
process.send?.(airbyte.url)
