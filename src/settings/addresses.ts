/** An address as a ConnectionSettings wants it, or what is wrong with it. A problem never repeats the text: it may hold a password. */
type ParsedAddress = { readonly address: string } | { readonly problem: string; readonly hint?: string }

const defaultPort = 9200

/** `https://es.example/search/` becomes `https://es.example:9200/search`. */
function parseAddress(text: string): ParsedAddress {
  if (text.includes('@'))
    return {
      problem: 'must not hold a user name or password',
      hint: 'Give the user with source.username or --source-username (target likewise) and the password as env:NAME, file:PATH or prompt. In an address it would be visible in `ps`, in the file and in logs.',
    }
  const scheme = /^(https?):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (!scheme) return { problem: 'must start with http:// or https://' }
  if (!URL.canParse(text)) return { problem: `must be an address such as ${scheme}://search.example:9200` }
  const url = new URL(text)
  if (url.search || url.hash) return { problem: 'must not hold a ? or #' }
  // URL drops a port that is the scheme's own, so the port is read from the text.
  const port = /^[^/]*:(\d+)$/.exec(text.slice(scheme.length + 3).split('/')[0] ?? '')?.[1] ?? String(defaultPort)
  if (Number(port) === 0) return { problem: 'must hold a port from 1 to 65535' }
  return { address: `${scheme}://${url.hostname}:${Number(port)}${url.pathname.replace(/\/+$/, '')}` }
}

/** All nodes of one cluster: one scheme, each address once. */
export function parseAddresses(
  texts: readonly string[],
): { readonly addresses: readonly string[] } | { problem: string; hint?: string } {
  const addresses: string[] = []
  for (const text of texts) {
    const parsed = parseAddress(text)
    if ('problem' in parsed)
      return texts.length === 1
        ? parsed
        : { ...parsed, problem: `(address ${texts.indexOf(text) + 1} of ${texts.length}) ${parsed.problem}` }
    if (!addresses.includes(parsed.address)) addresses.push(parsed.address)
  }
  if (new Set(addresses.map(address => address.split(':')[0])).size > 1)
    return { problem: 'must be all http:// or all https://: they are nodes of one cluster' }
  return { addresses }
}

/** `http://es.old:9200/a` to `https://es.new:9200` becomes `es.old-9200-a-to-es.new-9200`. */
export function defaultName(source: string, target: string): string {
  return `${fileSafe(source)}-to-${fileSafe(target)}`
}

function fileSafe(address: string): string {
  return address
    .replace(/^https?:\/\//, '')
    .replaceAll(/[^A-Za-z0-9._]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 58)
}

export function isLoopback(address: string): boolean {
  return /^https?:\/\/(localhost|127\.[\d.]+|\[::1\])[:/]/.test(address)
}
