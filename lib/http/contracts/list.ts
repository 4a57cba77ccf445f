import * as z from 'zod'

/** A whole number in a query, from 1 on. */
export const upTo = (most: number) => z.coerce.number(`must be a whole number from 1 to ${most}`).int().min(1).max(most)

/** Query of every list. */
export const pageQuery = {
  limit: upTo(100).optional(),
  cursor: z.string().min(1).max(4096).optional().describe('Of the page before, as it was answered'),
}

export const nameFilter = z.string().min(1).max(256).optional().describe('Part of the name')
export const workspaceFilter = z.string().max(64).optional().describe("Instead of this service's own workspace")

/** `true` or `false` in a query, false when it is missing. */
export const flag = z
  .enum(['true', 'false'])
  .optional()
  .transform((value) => value === 'true')

export const ifExists = z.enum(['fail', 'return']).optional()

export const idPath = z.object({ id: z.string().max(64) })

/** Answer of every list. */
export const pageOfItems = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    cursor: z.string().optional().describe('Of the next page; absent on the last'),
  })

/** Answer while a long operation goes on; `Location` names the same path. */
export const pending = z.strictObject({ status: z.literal('running'), operation: z.string() })
