import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'
import { LabError } from './errors.ts'

interface TlsFiles {
  ca: string
  certificate: string
  key: string
}

export function tlsFiles(clusterFolder: string): TlsFiles {
  const folder = join(clusterFolder, 'tls')
  return { ca: join(folder, 'ca.pem'), certificate: join(folder, 'node.pem'), key: join(folder, 'node.key') }
}

/** The distinguished names of the certificates as the servers' settings spell them. */
export const nodeDn = 'CN=node,O=lab'
export const adminDn = 'CN=admin,O=lab'

/** The whole configuration of openssl, so that the machine's own has no say. */
const configuration = `[req]
distinguished_name = dn
prompt = no
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[node]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost,IP:127.0.0.1
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[admin]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`

/** Makes a CA for this cluster alone, a certificate that all its nodes share, and one for OpenSearch's security admin. */
export async function makeTls(clusterFolder: string, name: string): Promise<void> {
  const folder = join(clusterFolder, 'tls')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'openssl.cnf'), configuration)
  const newKey = (who: string, subject: string): string[] =>
    `req -config openssl.cnf -newkey rsa:2048 -nodes -sha256 -keyout ${who}.key -subj`.split(' ').concat(subject)
  await openssl(folder, [
    ...newKey('ca', `/O=lab/CN=lab CA of ${name}`),
    ...'-x509 -days 365 -extensions ca -out ca.pem'.split(' '),
  ])
  for (const who of ['node', 'admin']) {
    await openssl(folder, [...newKey(who, `/O=lab/CN=${who}`), '-out', `${who}.csr`])
    const sign = `x509 -req -sha256 -days 365 -in ${who}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ${who}.pem`
    await openssl(folder, [...sign.split(' '), '-extfile', 'openssl.cnf', '-extensions', who])
  }
  // Nodes send their CA along, as those do that set themselves up: then its fingerprint is enough to trust them.
  appendFileSync(join(folder, 'node.pem'), readFileSync(join(folder, 'ca.pem')))
}

async function openssl(cwd: string, args: string[]): Promise<void> {
  await run('openssl', args, {
    cwd,
    missing: new LabError(
      'A secure lab cluster needs openssl, and there is none on the PATH.',
      'Install it: apt-get install openssl (Debian/Ubuntu), brew install openssl (macOS).',
    ),
  })
}
