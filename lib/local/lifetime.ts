interface Closable {
  close(): Promise<unknown>
}

/** Parts that may start at the same time and stop in waves, the first wave first. */
export interface Lifetime {
  /** Makes `close` wait until the part has started, and then close it in its wave. */
  starting<Part extends Closable>(wave: 'users' | 'used' | 'ground', part: Promise<Part>): Promise<Part>
  /** Closes every part that started, whatever became of the others. May be called again. */
  close(): Promise<void>
}

export const createLifetime = (): Lifetime => {
  const waves = {
    users: [] as Promise<Closable>[],
    used: [] as Promise<Closable>[],
    ground: [] as Promise<Closable>[],
  }
  const closeAll = async () => {
    for (const wave of Object.values(waves)) {
      const started = await Promise.allSettled(wave)
      await Promise.allSettled(started.map((part) => (part.status === 'fulfilled' ? part.value.close() : undefined)))
    }
  }
  let closed: Promise<void> | undefined
  return {
    starting: (wave, part) => {
      // Whoever awaits the part hears of its failure; this keeps it from being reported as unhandled before that.
      part.catch(() => undefined)
      waves[wave].push(part)
      return part
    },
    close: () => (closed ??= closeAll()),
  }
}
