import { ShardferryError } from '../model/errors.ts'
import type { Side } from '../model/connection.ts'

/** What a failure on the wire means. `sent`: the request may have arrived, so the server may have acted on it. */
export interface WireFailure {
  readonly error: ShardferryError
  readonly sent: boolean
}

/** Classifies the error of a socket, of TLS or of undici; secrets are never part of those. */
export function wireFailure(
  thrown: unknown,
  side: Side,
  address: string,
  /** Whether a client certificate was shown. */
  certified: boolean,
  signal: AbortSignal,
): WireFailure {
  if (thrown instanceof ShardferryError) return { error: thrown, sent: true }
  if (signal.aborted) return { error: new ShardferryError('stopped', 'Stopped.', { cause: thrown }), sent: true }
  const code = codeOf(thrown)
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  const at = `The ${side} at ${address}`
  const make = (
    ...[errorCode, message, hint, recovery]: [ShardferryError['code'], string, string, 'retry' | 'fatal']
  ): ShardferryError => new ShardferryError(errorCode, message, { hint, recovery, cause: thrown })

  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      sent: false,
      error: make(
        'unknown-host',
        `${at}: the host name does not resolve (${code}).`,
        'Check the spelling of the address and the DNS of this machine.',
        'retry',
      ),
    }
  }
  if (unreachableCodes.has(code)) {
    return {
      sent: false,
      error: make(
        'unreachable',
        `${at} cannot be reached (${code}).`,
        'Check host and port, that the node runs, and that no firewall stands between; for example: curl -k ' + address,
        'retry',
      ),
    }
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_WRONG_VERSION') || code.startsWith('ERR_SSL_PACKET_LENGTH')) {
    return {
      sent: false,
      error: make(
        'wrong-protocol',
        `${at} does not speak TLS on that port.`,
        `Write http:// instead of https:// for the ${side}, or give the port that speaks TLS.`,
        'fatal',
      ),
    }
  }
  // The parser's errors carry no code of their own; any other of them is a broken answer, which may pass.
  if (reason.includes('Expected HTTP/')) {
    return {
      sent: true,
      error: make(
        'wrong-protocol',
        `${at} does not answer with HTTP.`,
        `Check scheme and port of the ${side}; 9300 is the transport port, 9200 the HTTP port.`,
        'fatal',
      ),
    }
  }
  const alert = certificateAlert.exec(code)?.[1]
  if (alert) {
    const wanted = alert === 'CERTIFICATE_REQUIRED' || !certified
    return {
      sent: false,
      error: make(
        'unauthorized',
        wanted
          ? `${at} wants a client certificate.`
          : `${at} does not accept the client certificate (${alert.toLowerCase().replaceAll('_', ' ')}).`,
        `Give one that a CA of the ${side} has signed: --${side}-cert and --${side}-key. Or check the port: between nodes (9300) every cluster wants one, for HTTP (9200) few do.`,
        'fatal',
      ),
    }
  }
  if (tlsCodes.test(code) || tlsCodes.test(reason)) {
    return {
      sent: false,
      error: make(
        'tls-untrusted',
        `${at} shows a certificate that is not trusted: ${tlsReason(code, reason)}.`,
        tlsHint(side, code),
        'fatal',
      ),
    }
  }
  return {
    sent: true,
    error: make(
      'unavailable',
      `${at} broke the connection or fell silent (${code || reason}).`,
      'Look at the health and the log of that cluster; then run the same command again.',
      'retry',
    ),
  }
}

function codeOf(thrown: unknown): string {
  const error = thrown as { code?: unknown; cause?: { code?: unknown }; errors?: { code?: unknown }[] }
  for (const code of [error.code, error.cause?.code, error.errors?.[0]?.code]) if (typeof code === 'string') return code
  return ''
}

const unreachableCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTDOWN',
])
const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS|ERR_SSL|ERR_OSSL/

/** What a server says of the certificate it was shown, or missed (RFC 8446, 6.2), in OpenSSL's words. */
const certificateAlert =
  /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|UNKNOWN_CA)$/

function tlsReason(code: string, reason: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'it has expired'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'it is made for another host name'
  if (/SELF_SIGNED|UNABLE_TO/.test(code)) return `no trusted CA signed it (${code})`
  return code ? `${reason.replace(/\.$/, '')} (${code})` : reason
}

function tlsHint(side: Side, code: string): string {
  if (code === 'CERT_HAS_EXPIRED')
    return 'Renew the certificate of that node; shardferry check shows the chain, with the days on which it expires, and how it is renewed.'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Use a host name that the certificate names, or have the certificate made for this one.'
  if (code.includes('HANDSHAKE_FAILURE'))
    return `The server may want a client certificate: give --${side}-cert and --${side}-key.`
  return `Give the CA of the ${side} with --${side}-ca FILE, or its SHA-256 fingerprint with --${side}-fingerprint.`
}
