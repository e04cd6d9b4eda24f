import { certificatesIn, handshake } from '../cluster/tls-chain.ts'
import type { ChainCertificate, Handshake } from '../cluster/tls-chain.ts'
import type { ConnectionSettings, Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import { onBothSides } from './check.ts'
import type { Check, CheckContext, Found } from './check.ts'

const soonMs = 30 * 86_400_000

/** The certificates that each address shows, whether they are trusted, and until when. */
export const certificates: Check = {
  id: 'certificates',
  title: 'certificates of both clusters',
  code: 'tls-untrusted',
  run: async (context, signal) =>
    await onBothSides('certificates', context, async ({ side }) => {
      const settings = context.connections[side]
      const secure = settings.addresses.filter(address => address.startsWith('https:'))
      const shown = await Promise.all(
        secure.map(async address => ({ address, ...(await handshake(side, address, settings.tls, signal)) })),
      )
      // Nodes of one cluster mostly share one certificate.
      const chains = Map.groupBy(shown, ({ chain, problem }) => `${problem} ${chain.map(one => one.fingerprint).join(' ')}`)
      const found: Found[] = []
      for (const group of chains.values()) {
        const [one] = group
        if (one) found.push(await describe(context, side, group.map(({ address }) => address).join(', '), one, signal))
      }
      return found
    }),
}

async function describe(
  context: CheckContext,
  side: Side,
  addresses: string,
  { chain, problem }: Handshake,
  signal: AbortSignal,
): Promise<Found> {
  const now = (context.now ?? Date.now)()
  const { tls } = context.connections[side]
  const told = (severity: Found['severity'], message: string, remedy?: string): Found => ({
    about: side,
    severity,
    message: `${addresses}: ${message}\n${chainText(chain)}`,
    ...(remedy === undefined ? {} : { remedy }),
  })
  if (problem !== undefined && tls.verify) {
    const refused = await refusalOf(context, side, chain, problem, now, signal)
    return told('error', refused.message, refused.remedy)
  }
  const ends = chain.filter(({ validTo }) => validTo.getTime() - now < soonMs)
  const [first] = ends
  if (first) {
    const over = first.validTo.getTime() < now
    const message = `the certificate of ${first.subject} ${over ? 'has expired' : `expires in ${days(first, now)} days`}.`
    return told('warning', message, renewal(context.connections[side]))
  }
  if (!tls.verify)
    return told(
      'info',
      `not verified (--${side}-insecure). Compare the fingerprints, then pin one of them: --${side}-fingerprint ${chain.at(-1)?.fingerprint ?? ''}`,
    )
  const by =
    tls.fingerprint !== undefined ? 'the fingerprint given' : tls.ca !== undefined ? 'the CA given' : 'a CA of this system'
  return told('ok', `verified by ${by}.`)
}

/** In the form in which fingerprints are shown here. */
export const showFingerprint = 'openssl x509 -fingerprint -sha256 -noout -in ca.pem | tr -d : | tr A-F a-f'

/** What is wrong with a chain, and what to do, by Node's word for it. */
async function refusalOf(
  context: CheckContext,
  side: Side,
  chain: readonly ChainCertificate[],
  problem: string,
  now: number,
  signal: AbortSignal,
): Promise<{ readonly message: string; readonly remedy: string }> {
  const settings = context.connections[side]
  const over = chain.find(({ validTo }) => validTo.getTime() < now)
  if (problem === 'CERT_HAS_EXPIRED' && over)
    return { message: `the certificate of ${over.subject} has expired, on ${day(over.validTo)}.`, remedy: renewal(settings) }
  if (problem === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = chain[0]?.names || 'none'
    return {
      message: 'the certificate is trusted, but made for other host names.',
      remedy: `Use one of its names (${names}) in --${side}-url, or have it made anew with this name`,
    }
  }
  if (problem === 'FINGERPRINT_NOT_IN_CHAIN')
    return {
      message: `none of its certificates has the fingerprint given (--${side}-fingerprint).`,
      remedy: `Compare with the cluster's own CA file, on a node:\n${showFingerprint}\nIf one of the above is right: --${side}-fingerprint ${chain.at(-1)?.fingerprint ?? ''}`,
    }
  const given = settings.tls.ca === undefined ? [] : certificatesIn(settings.tls.ca)
  const why =
    given.length > 0
      ? `not signed by the CA given (--${side}-ca: ${given.map(({ subject }) => subject).join('; ')})`
      : 'not signed by a CA that this system trusts'
  return { message: `${why} [${problem}].`, remedy: await trustRemedy(context, side, chain, signal) }
}

async function trustRemedy(
  context: CheckContext,
  side: Side,
  chain: readonly ChainCertificate[],
  signal: AbortSignal,
): Promise<string> {
  const other = side === 'source' ? 'target' : 'source'
  const { ca } = context.connections[other].tls
  const [address] = context.connections[side].addresses
  if (ca !== undefined && address !== undefined) {
    const { problem } = await handshake(side, address, { ca, verify: true }, signal)
    if (problem === undefined)
      return `The CA given for the ${other} is the right one for the ${side}: give that file as --${side}-ca`
  }
  if (selfSigned(chain))
    return `Compare the fingerprint of the self-signed certificate with the cluster's own, on a node:\n${showFingerprint}\nThen keep it, by the same command with --save-ca ${side}-ca.pem, and use it from then on: --${side}-ca ${side}-ca.pem`
  return `The server does not send its CA (${chain.at(-1)?.issuer ?? 'unknown'}). Take it from a node, such as config/certs/http_ca.crt (Elasticsearch) or config/root-ca.pem (OpenSearch), and give it: --${side}-ca FILE. Or pin the server's own certificate, once the fingerprint is compared: --${side}-fingerprint ${chain[0]?.fingerprint ?? ''}`
}

function renewal({ side }: ConnectionSettings): string {
  return [
    `Renew it on the ${side}'s nodes, in the place of the old file: with bin/elasticsearch-certutil http (Elasticsearch), or with your own CA.`,
    'Elasticsearch takes up changed files by itself, within seconds. OpenSearch does where opensearch.yml has plugins.security.ssl.certificates_hot_reload.enabled: true;',
    'else restart each node, one after the other; where it has plugins.security.ssl_cert_reload_enabled: true, this call with the admin certificate does:',
  ]
    .join(' ')
    .concat('\nPUT /_plugins/_security/api/ssl/http/reloadcerts')
}

function selfSigned(chain: readonly ChainCertificate[]): ChainCertificate | undefined {
  return chain.find(one => one.selfSigned)
}

/** The self-signed certificate that a side shows and that is not trusted yet; undefined where there is none. */
export async function untrustedCa(
  { side, addresses, tls }: ConnectionSettings,
  signal: AbortSignal,
): Promise<ChainCertificate | undefined> {
  const address = addresses.find(one => one.startsWith('https:'))
  if (address === undefined) return undefined
  try {
    const { chain, problem } = await handshake(side, address, tls, signal)
    return problem === undefined ? undefined : selfSigned(chain)
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.code !== 'stopped') return undefined
    throw thrown
  }
}

function chainText(chain: readonly ChainCertificate[]): string {
  return chain
    .map(({ subject, issuer, selfSigned: own, validTo, fingerprint }) =>
      [
        `  ${subject}`,
        `    ${own ? 'self-signed' : `issued by ${issuer}`}, expires ${day(validTo)}`,
        `    SHA-256 ${fingerprint}`,
      ].join('\n'),
    )
    .join('\n')
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}

function days({ validTo }: ChainCertificate, now: number): number {
  return Math.floor((validTo.getTime() - now) / 86_400_000)
}
