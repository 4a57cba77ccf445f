/** Double-quoted identifier; a quote inside is doubled (PostgreSQL manual, 4.1.1). */
export const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`

/** String constant; the session has standard_conforming_strings on, so that only quotes matter (4.1.2.1). */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
