import { task } from '../../lib/http/task.ts'
import type { Operation } from '../../lib/ingestion/operation/operation.ts'
import { runOperation } from '../../lib/ingestion/operation/run-operation.ts'

export const handler = task('operation', async (operation: Operation, { connect, signal }) =>
  runOperation(await connect(), operation, signal),
)
