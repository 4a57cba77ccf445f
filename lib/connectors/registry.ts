import type { Destination, Source } from './connector.ts'

/** Every source that the embedded engine offers. */
export const sources: readonly Source[] = []

/** Every destination that the embedded engine offers. */
export const destinations: readonly Destination[] = []
