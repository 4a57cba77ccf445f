import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

/** The members of `ssl_mode` that hold PEM texts; empty = not given. */
export interface Certificates {
  readonly ca_certificate?: string | undefined
  readonly client_certificate?: string | undefined
  readonly client_key?: string | undefined
  readonly client_key_password?: string | undefined
}

interface CertificateFault {
  readonly field: keyof Certificates
  /** Completes the field's name; never holds what was given. */
  readonly message: string
}

/** What is wrong with the texts themselves, before any server sees them. */
export const certificateFaults = (given: Certificates): readonly CertificateFault[] => {
  const faults: CertificateFault[] = []
  const certificateOf = (field: 'ca_certificate' | 'client_certificate'): X509Certificate | undefined => {
    const text = given[field]
    if (!text) return undefined
    try {
      return new X509Certificate(text)
    } catch {
      faults.push({ field, message: 'is no certificate: give its PEM text, from -----BEGIN CERTIFICATE----- on' })
      return undefined
    }
  }
  certificateOf('ca_certificate')
  const certificate = certificateOf('client_certificate')
  const key = keyOf(given)
  if (key && 'field' in key) faults.push(key)
  if (given.client_certificate && !given.client_key)
    faults.push({ field: 'client_key', message: 'is missing: it belongs to client_certificate' })
  if (given.client_key && !given.client_certificate)
    faults.push({ field: 'client_certificate', message: 'is missing: it belongs to client_key' })
  if (certificate && key && !('field' in key) && !certificate.checkPrivateKey(key))
    faults.push({ field: 'client_key', message: 'is not the key of client_certificate' })
  return faults
}

const keyOf = ({
  client_key: key,
  client_key_password: passphrase,
}: Certificates): KeyObject | CertificateFault | undefined => {
  if (!key) return undefined
  try {
    return createPrivateKey({ key, ...(passphrase ? { passphrase } : {}) })
  } catch {
    if (!key.includes('ENCRYPTED'))
      return { field: 'client_key', message: 'is no private key: give its PEM text, from -----BEGIN … KEY----- on' }
    const problem = passphrase ? 'does not open client_key' : 'is missing: client_key is encrypted'
    return { field: 'client_key_password', message: `${problem}; correct it` }
  }
}
