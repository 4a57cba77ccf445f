import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { ClientConfig } from 'pg'
import type { ServerConfig } from './config.ts'

/** What the driver is told; false = no TLS. */
export type Tls = Exclude<ClientConfig['ssl'], undefined>

/** Ways to connect in the TLS mode of the configuration, to be tried in this order. */
export const tlsAttempts = ({ tls, host }: ServerConfig): readonly Tls[] => {
  const certificates = {
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.certificate ? { cert: tls.certificate } : {}),
    ...(tls.key ? { key: tls.key } : {}),
    ...(tls.keyPassword ? { passphrase: tls.keyPassword } : {}),
  }
  const unverified = { ...certificates, rejectUnauthorized: false }
  switch (tls.mode) {
    case 'disable':
      return [false]
    case 'allow':
      return [false, unverified]
    case 'prefer':
      return [unverified, false]
    case 'require':
      return [unverified]
    case 'verify-ca':
      return [{ ...certificates, rejectUnauthorized: true, checkServerIdentity: () => undefined }]
    case 'verify-full':
      return [{ ...certificates, rejectUnauthorized: true, checkServerIdentity: isFor(host) }]
  }
}

/** Only a refusal of (or to) encryption is worth the second way; a wrong password is not. */
export const isTlsRefusal = (error: unknown): boolean => {
  const { code, message } = error as { code?: string; message?: string }
  return (
    /does not support SSL|no pg_hba.conf entry|establishing an SSL connection/.test(message ?? '') || code === '28000'
  )
}

/** Node itself, given a host that is an address, would compare the certificate with the name "localhost". */
const isFor = (host: string) => (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate)
