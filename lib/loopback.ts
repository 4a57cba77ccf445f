const names = ['127.0.0.1', 'localhost', '::1', '[::1]']

/** Whether a host name is this machine's own. */
export const isLoopback = (host: string): boolean => names.includes(host.toLowerCase())

/**
 * Why a request to a server on 127.0.0.1 is not this machine's own: a page in a browser can reach the port under a name
 * of its own (DNS rebinding), which Host tells, or from another site, which Origin tells. Undefined for all others.
 */
export const foreignCaller = (headers: {
  host?: string | undefined
  origin?: string | undefined
}): string | undefined => {
  const { host, origin } = headers
  if (!isLocalAddress(`http://${host ?? ''}`)) return `The host ${shown(host)} is not this machine: use 127.0.0.1.`
  if (origin !== undefined && !isLocalAddress(origin)) return `Pages of ${shown(origin)} may not call this machine.`
  return undefined
}

const isLocalAddress = (url: string): boolean => URL.canParse(url) && isLoopback(new URL(url).hostname)

const shown = (text = ''): string => JSON.stringify(text.slice(0, 100))
