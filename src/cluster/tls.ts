import { createHash, X509Certificate } from 'node:crypto'
import { checkServerIdentity, connect } from 'node:tls'
import type { ConnectionOptions, DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'
import { ShardferryError } from '../model/errors.ts'
import type { Side, TlsSettings } from '../model/connection.ts'

/** undici's connector with this connection's CA, client certificate or pinned fingerprint. Nothing is sent before the server is trusted. */
export function connector(side: Side, tls: TlsSettings, timeoutMs: number): buildConnector.connector {
  const pinned = tls.fingerprint === undefined ? undefined : plainFingerprint(tls.fingerprint)
  const plain = buildConnector({
    timeout: Math.min(timeoutMs, 10_000),
    allowH2: false,
    // A session that is taken up again shows no certificates to compare with.
    ...(pinned === undefined ? {} : { maxCachedSessions: 0 }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
    rejectUnauthorized: tls.verify && pinned === undefined,
  })
  if (pinned === undefined || !tls.verify) return plain
  return (options, callback) =>
    plain(options, (...result) => {
      const [error, socket] = result
      if (error) return callback(error, null)
      if (options.protocol !== 'https:') return callback(null, socket)
      const refused = pinError(side, pinned, socket as TLSSocket, options.hostname)
      if (!refused) return callback(null, socket)
      socket.destroy()
      return callback(refused, null)
    })
}

/** `AB:CD…` or `abcd…` as lower-case hex. */
export function plainFingerprint(text: string): string {
  return text.replaceAll(':', '').toLowerCase()
}

/**
 * The chain must lead, each certificate signed by the next, to one with the pinned fingerprint. A pinned leaf stands for
 * itself; a pinned CA must have signed a certificate that names the host.
 */
export function pinError(side: Side, pinned: string, socket: TLSSocket, host: string): ShardferryError | undefined {
  const leaf = socket.getPeerCertificate(true)
  const seen: string[] = []
  let current: DetailedPeerCertificate | undefined = leaf
  let below: X509Certificate | undefined
  while (current?.raw) {
    const certificate = new X509Certificate(current.raw)
    if (below && !(below.checkIssued(certificate) && below.verify(certificate.publicKey))) break
    const fingerprint = createHash('sha256').update(current.raw).digest('hex')
    seen.push(fingerprint)
    if (fingerprint === pinned) {
      const named = current === leaf ? undefined : checkServerIdentity(host, leaf)
      if (!named) return undefined
      return new ShardferryError(
        'tls-untrusted',
        `The ${side}'s certificate is signed by the pinned CA, but made for another host name: ${named.message}`,
        {
          hint: `Use a host name that the certificate names, or pin the certificate itself: ${seen[0] ?? ''}`,
        },
      )
    }
    below = certificate
    current = current.issuerCertificate === current ? undefined : current.issuerCertificate
  }
  return new ShardferryError(
    'tls-untrusted',
    `The ${side}'s certificate chain has no certificate with the given SHA-256 fingerprint; it has: ${seen.join(', ')}.`,
    {
      hint: `Compare with the CA on the cluster:\nopenssl x509 -fingerprint -sha256 -noout -in ca.pem\nA server that does not send its CA can only be pinned by its own certificate, or trusted with --${side}-ca.`,
    },
  )
}

/**
 * What a server says once it has seen our certificate, or missed it. With TLS 1.3 that comes after the handshake, when a
 * request is under way already, and is lost with it. Undefined where nothing is said within a second.
 */
export function certificateVerdict(address: URL, tls: TlsSettings): Promise<unknown> {
  return new Promise(resolve => {
    const socket = connect({
      host: address.hostname,
      port: Number(address.port || 443),
      rejectUnauthorized: false,
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
    })
    const done = (verdict: unknown): void => {
      socket.destroy()
      resolve(verdict)
    }
    socket.setTimeout(1_000, () => done(undefined))
    socket.on('error', done)
    socket.on('end', () => done(undefined))
  })
}

/** Whether a TLS handshake is answered at an address, whoever signed the certificate: tells an https port from an http one. */
export function speaksTls(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const options: ConnectionOptions = { host, port, rejectUnauthorized: false }
    const socket = connect(options, () => done(true))
    const done = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(5_000, () => done(false))
    socket.on('error', () => done(false))
  })
}
