import type { Destination, Source } from './connector.ts'
import { destinationPostgres } from './destination-postgres/index.ts'
import { destinationS3 } from './destination-s3/index.ts'
import { sourceMysql } from './source-mysql/index.ts'
import { sourcePostgres } from './source-postgres/index.ts'
import { sourceRest } from './source-rest/index.ts'

/** Every source that the embedded engine offers. */
export const sources: readonly Source[] = [sourcePostgres, sourceMysql, sourceRest]

/** Every destination that the embedded engine offers. */
export const destinations: readonly Destination[] = [destinationS3, destinationPostgres]
