interface Series {
  readonly dtype: unknown
  nullCount(): number
  cast(type: unknown): Series
  toArray(): ArrayLike<unknown> & Iterable<unknown>
}

/** The little of polars that is used here. */
export interface Polars {
  readonly Int64: unknown
  readonly Utf8: unknown
  readParquet(file: string): { getColumn(name: string): Series }
  scanCSV(file: string): { sinkParquet(file: string, options: object): unknown }
}

/** Undefined, with the reason on stderr, where it is not installed: some registries lack packages that its lock needs. */
export const loadPolars = async (): Promise<Polars | undefined> => {
  try {
    const name: string = 'nodejs-polars'
    const module = (await import(name)) as { default: Polars }
    return module.default
  } catch {
    console.error('skipped: polars is not installed (npm install --no-save nodejs-polars)')
    return undefined
  }
}
