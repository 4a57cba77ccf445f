import { setTimeout as delay } from 'node:timers/promises'

/** Asks every 20 ms until there is an answer; throws when there is none in time. */
export const eventually = async <Value>(
  ask: () => Promise<Value | undefined> | Value | undefined,
  withinMs = 120_000,
): Promise<Value> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    const value = await ask()
    if (value !== undefined) return value
    if (performance.now() > deadline) throw new Error(`nothing within ${withinMs} ms`)
    await delay(20)
  }
}
