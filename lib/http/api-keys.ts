import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'

/** What is kept of a key: enough to know it again, not enough to use it. */
export interface ApiKey {
  name: string
  /** `read` may GET; `write` may do all. */
  scope: 'read' | 'write'
  /** Hexadecimal. */
  salt: string
  /** SHA-256 of salt and key, hexadecimal. A key is 256 random bits, so a slow hash would add nothing. */
  hash: string
}

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))

const apiKeysSchema = z.array(
  z.strictObject({
    name: z.string().regex(/^[\w.-]{1,64}$/),
    scope: z.enum(['read', 'write']),
    salt: hex(16),
    hash: hex(32),
  }),
)

/** The stored text → keys. Throws when it is something else. */
export const parseApiKeys = (text: string): readonly ApiKey[] => apiKeysSchema.parse(JSON.parse(text))

/** A new key, and what to keep of it. */
export const makeApiKey = (name: string, scope: ApiKey['scope']): { key: string; kept: ApiKey } => {
  const key = randomBytes(32).toString('base64url')
  const salt = randomBytes(16).toString('hex')
  return { key, kept: { name, scope, salt, hash: hashOf(salt, key).toString('hex') } }
}

/** Which of the keys it is. Takes the same time for each of them and for none. */
export const findApiKey = (keys: readonly ApiKey[], presented: string): ApiKey | undefined => {
  let found: ApiKey | undefined
  for (const key of keys) if (timingSafeEqual(hashOf(key.salt, presented), Buffer.from(key.hash, 'hex'))) found = key
  return found
}

export const mayCall = ({ scope }: ApiKey, method: string): boolean => scope === 'write' || method === 'GET'

const hashOf = (salt: string, key: string): Buffer =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(key).digest()
