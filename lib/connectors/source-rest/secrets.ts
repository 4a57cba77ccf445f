/** What is secret in the value of a header: all of it, and what stands in it after a word such as Bearer. */
export const headerSecrets = (value: string): readonly string[] => {
  const [, scheme = '', rest] = /^(\S+)\s+(.+)$/.exec(value) ?? []
  if (rest === undefined) return [value]
  const plain = /^basic$/i.test(scheme) ? Buffer.from(rest, 'base64').toString() : ''
  return [value, rest, plain, plain.slice(plain.indexOf(':') + 1)]
}

/** What is secret in the query of a URL, by the names of its parameters. */
export const querySecrets = ({ searchParams }: URL): readonly string[] =>
  [...searchParams].filter(([name]) => /key|token|secret|pass|auth|sig/i.test(name)).map(([, value]) => value)

/** Secrets as they are, and as they stand in a URL, a form and JSON. The longest first: another may be a part of it. */
export const spellingsOf = (secrets: readonly string[]): readonly string[] =>
  [...new Set(secrets.flatMap(spellings))].sort((a, b) => b.length - a.length)

/** Texts of three characters would be found everywhere. */
const spellings = (secret: string): readonly string[] => {
  if (secret.length <= 3) return []
  const text = secret.toWellFormed()
  const inUrl = encodeURIComponent(text).replaceAll("'", '%27')
  return [text, inUrl, new URLSearchParams({ '': text }).toString().slice(1), JSON.stringify(text).slice(1, -1)]
}

export const masked = ({ secrets }: { readonly secrets: readonly string[] }, text: string): string =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret, '**********'), text)
