/** Takes one line for a human. Never handed secrets. */
export type Log = (line: string) => void
