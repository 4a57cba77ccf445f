import { generate } from 'selfsigned'

/** PEM texts. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

const made = async (name: string, options: Parameters<typeof generate>[1]): Promise<Certified> => {
  const pems = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...options,
  })
  return { certificate: pems.cert, key: pems.private }
}

export const makeAuthority = (name: string): Promise<Certified> =>
  made(name, {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })

/** A certificate for a host name, or a user's; `more` may encrypt its key or set its dates. */
export const issue = (authority: Certified, name: string, more: Parameters<typeof generate>[1] = {}) =>
  made(name, {
    ca: { cert: authority.certificate, key: authority.key },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
    ...more,
  })
