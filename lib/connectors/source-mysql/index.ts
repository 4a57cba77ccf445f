import type { Source } from '../connector.ts'
import { check } from './check.ts'
import { type MysqlConfig, parseConfig } from './config.ts'
import { discover } from './discover.ts'
import { open } from './read.ts'
import { connectionSpecification } from './spec.ts'
import { warnings } from './warnings.ts'

/** MySQL 5.7 and later, MariaDB 10.5 and later. */
export const sourceMysql: Source<MysqlConfig> = {
  kind: 'source',
  name: 'source-mysql',
  definitionId: '435bb9a5-7887-4809-aa58-28c27df0d7ad',
  title: 'MySQL',
  documentationUrl: 'https://docs.airbyte.com/integrations/sources/mysql',
  connectionSpecification,
  parseConfig,
  check,
  warnings,
  discover,
  open,
}
