/** A TLS server with a certificate of one's choice that passes everything on to a cluster. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import { run } from '../../lab/command.ts'
import { LabError } from '../../lab/errors.ts'
import type { SecuredSite } from './site.ts'

export interface FrontOptions {
  /** Whose CA signs the certificate. */
  readonly signedBy: SecuredSite
  /** Days that it is valid; below zero it has expired. */
  readonly days: number
  /** Send the CA along, as many servers do. */
  readonly sendCa?: boolean
}

/** The port on 127.0.0.1; the server is gone when the test ends. */
export async function tlsFront(behind: SecuredSite, { signedBy, days, sendCa = false }: FrontOptions): Promise<number> {
  const cert = await nodeCertificate(signedBy, days)
  const key = readFileSync(join(dirname(signedBy.caPath), 'node.key'), 'utf8')
  const ca = readFileSync(signedBy.caPath, 'utf8')
  const url = new URL(behind.urls)
  const server = createServer({ cert: sendCa ? cert + ca : cert, key }, near => {
    const far = connect({ host: url.hostname, port: Number(url.port), ca: readFileSync(behind.caPath) })
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A certificate for the key of a cluster's nodes, signed by its CA, that is valid for so many days; below zero it has expired. */
export async function nodeCertificate({ caPath }: SecuredSite, days: number): Promise<string> {
  const sign = `x509 -req -sha256 -days ${days} -in node.csr -CA ca.pem -CAkey ca.key -set_serial 77`
  return await run('openssl', [...sign.split(' '), '-extfile', 'openssl.cnf', '-extensions', 'node'], {
    cwd: dirname(caPath),
    missing: new LabError('This test needs openssl.'),
  })
}
