import type { Source } from '../connector.ts'
import { check } from './check.ts'
import { parseConfig, type RestConfig } from './config.ts'
import { discover } from './discover.ts'
import { open } from './read.ts'
import { connectionSpecification } from './spec.ts'
import { warnings } from './warnings.ts'

/** The records behind one URL of an HTTP API that answers with JSON. Not in Airbyte's registry: the id is this project's own. */
export const sourceRest: Source<RestConfig> = {
  kind: 'source',
  name: 'source-rest',
  definitionId: '6f2c1d84-53b7-4e0a-9a4f-2c8e70b5d913',
  title: 'REST API',
  documentationUrl: 'https://docs.airbyte.com/integrations/',
  connectionSpecification,
  parseConfig,
  check,
  warnings,
  discover,
  open,
}
