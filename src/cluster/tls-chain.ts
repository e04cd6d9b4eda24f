import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { Side, TlsSettings } from '../model/connection.ts'
import { pinError, plainFingerprint } from './tls.ts'
import { wireFailure } from './wire-error.ts'

/** One certificate as people compare it. */
export interface ChainCertificate {
  /** `O=lab, CN=node` */
  readonly subject: string
  readonly issuer: string
  readonly validFrom: Date
  readonly validTo: Date
  /** SHA-256, lower-case hex without colons. */
  readonly fingerprint: string
  readonly selfSigned: boolean
  /** The hosts it is made for, such as `DNS:localhost, IP Address:127.0.0.1`; '' where it names none. */
  readonly names: string
  readonly pem: string
}

export interface Handshake {
  /** The server's own certificate first; its issuers as far as the server sends them or they are trusted here. */
  readonly chain: readonly ChainCertificate[]
  /** Node's word for why it is not trusted, such as `CERT_HAS_EXPIRED`; undefined where it is. */
  readonly problem: string | undefined
}

/**
 * Shakes hands as a connection would and says what came of it, whoever signed the certificate. Nothing is sent to the server.
 * @throws ShardferryError where there is no handshake: `unreachable`, `unknown-host`, `wrong-protocol`, `unavailable`, `stopped`
 */
export function handshake(side: Side, address: string, tls: TlsSettings, signal: AbortSignal): Promise<Handshake> {
  const url = new URL(address)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(url.port || 443),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
      rejectUnauthorized: false,
    })
    const fail = (thrown: unknown): void => {
      socket.destroy()
      reject(wireFailure(thrown, side, address, tls.cert !== undefined, signal).error)
    }
    const stop = (): void => fail(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    socket.once('close', () => signal.removeEventListener('abort', stop))
    socket.setTimeout(10_000, () => fail(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      const problem = problemOf(side, socket, tls, host)
      resolve({ chain: chainOf(socket), problem })
      socket.destroy()
    })
    if (signal.aborted) stop()
  })
}

function problemOf(side: Side, socket: TLSSocket, tls: TlsSettings, host: string): string | undefined {
  if (tls.fingerprint !== undefined)
    return pinError(side, plainFingerprint(tls.fingerprint), socket, host) ? 'FINGERPRINT_NOT_IN_CHAIN' : undefined
  if (socket.authorized) return undefined
  // Node's types say Error; it is the code where there is one.
  const error: unknown = socket.authorizationError
  return error instanceof Error ? error.message : String(error)
}

function chainOf(socket: TLSSocket): ChainCertificate[] {
  const chain: ChainCertificate[] = []
  let current: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (current?.raw) {
    chain.push(readCertificate(new X509Certificate(current.raw)))
    current = current.issuerCertificate === current ? undefined : current.issuerCertificate
  }
  return chain
}

/** The certificates of a PEM text. */
export function certificatesIn(pem: string): ChainCertificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  return blocks.map(block => readCertificate(new X509Certificate(block)))
}

function readCertificate(certificate: X509Certificate): ChainCertificate {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
    fingerprint: plainFingerprint(certificate.fingerprint256),
    selfSigned: certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey),
    names: certificate.subjectAltName ?? '',
    pem: certificate.toString(),
  }
}

function oneLine(name: string): string {
  return name.split('\n').join(', ')
}
