import { type Failure, mend } from './failure.ts'

/** A server that TLS was spoken with, and the names of its database's modes. */
export interface TlsServer {
  readonly address: string
  readonly host: string
  readonly mode: string
  /** The mode that trusts any certificate, and the one that trusts the authority's for any host. */
  readonly unverified: string
  readonly anyHost: string
}

/** What the user can do about an error of the TLS handshake; undefined for any other. Drivers keep Node's text, not always its code. */
export const tlsFailure = (error: unknown, server: TlsServer): Failure | undefined => {
  const { code = '', message = '', cert } = (error ?? {}) as { code?: string; message?: string; cert?: Certificate }
  const { address, host, mode, unverified, anyHost } = server
  const chosen = `ssl_mode is "${mode}"`
  if (/self.signed certificate|unable to verify|unable to get (local )?issuer/i.test(message))
    return mend(
      '/ssl_mode/ca_certificate',
      `${chosen}: the certificate of ${address} does not come from ca_certificate; give the certificate of the authority that signed it, or use "${unverified}"`,
    )
  if (/does not match certificate's altnames|is not in the cert's/.test(message))
    return mend(
      '/host',
      `${chosen} and host is "${host}": the certificate of ${address} is for ${cert?.subjectaltname ?? 'another name'}; give a name that it has, or use "${anyHost}"`,
    )
  if (/certificate (has expired|is not yet valid)/i.test(message))
    return mend(
      '/ssl_mode/mode',
      `${chosen}: the certificate of ${address} is out of date (${message}); renew it there, or use "${unverified}"`,
    )
  const alert = /alert (unknown ca|bad certificate|certificate [a-z]+|access denied)|certificate required/i.exec(
    message,
  )
  if (alert)
    return mend(
      '/ssl_mode/client_certificate',
      `${chosen}: ${address} does not accept the client certificate (${alert[0]}); give client_certificate and client_key of an authority that it trusts`,
    )
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|ERR_OSSL|HANDSHAKE_SSL/.test(code))
    return mend(
      '/ssl_mode',
      `${chosen}: the TLS handshake with ${address} failed (${message || code}); check both sides`,
    )
  return undefined
}

interface Certificate {
  readonly subjectaltname?: string
}
