import { tlsChoice, verifyingTlsChoice } from '../specification.ts'

/** The choices of `ssl_mode`, libpq's sslmode in Airbyte's words. */
export const tlsChoices = [
  tlsChoice('disable', 'Never encrypted.'),
  tlsChoice('allow', 'Encrypted only when the server insists.'),
  tlsChoice('prefer', 'Encrypted when the server can.'),
  tlsChoice('require', 'Encrypted or not at all; the certificate is not checked.'),
  verifyingTlsChoice('verify-ca', 'Encrypted, and the certificate must come from the given authority.'),
  verifyingTlsChoice('verify-full', 'As verify-ca, and the certificate must be for this host.'),
]
