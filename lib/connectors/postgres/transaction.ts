/** Limits that a server has for everybody: they must not end a long sync that the user asked for. Not all are known to old servers. */
const limits = ['statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout']

const names = limits.map((name) => `'${name}'`).join(', ')
const lifted = `SELECT set_config(name, '0', true) FROM unnest(ARRAY[${names}]) AS name WHERE current_setting(name, true) <> '0'`

/** How long a statement waits for a table that is locked. */
export const lockTimeout = '60s'

/**
 * Begins a transaction of `kind` in which the settings hold, and no limit but one: of waiting for a table that is locked.
 * Set for the session they would be lost behind a connection pooler, or stay there for the programs that share it.
 */
export const begin = (kind: string, settings: Readonly<Record<string, string>>): string =>
  [
    `BEGIN ${kind}`,
    ...Object.entries({ ...settings, lock_timeout: lockTimeout }).map(
      ([name, value]) => `SET LOCAL ${name} = '${value}'`,
    ),
    lifted,
  ].join('; ')
