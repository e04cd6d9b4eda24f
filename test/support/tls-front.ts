/** A TLS server with a certificate of one's choice that passes everything on to a cluster. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
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
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-front-'))
  const theirs = dirname(signedBy.caPath)
  const config = join(theirs, 'openssl.cnf')
  const openssl = (words: string, ...more: string[]): Promise<string> =>
    run('openssl', [...words.split(' '), ...more], { cwd: folder, missing: new LabError('This test needs openssl.') })
  await openssl(`req -config ${config} -newkey rsa:2048 -nodes -sha256 -keyout front.key -subj /O=lab/CN=front -out front.csr`)
  const authority = `-CA ${theirs}/ca.pem -CAkey ${theirs}/ca.key -set_serial 77`
  await openssl(
    `x509 -req -sha256 -days ${days} -in front.csr ${authority} -out front.pem`,
    '-extfile',
    config,
    '-extensions',
    'node',
  )
  const ca = readFileSync(signedBy.caPath, 'utf8')
  const [cert, key] = [readFileSync(join(folder, 'front.pem'), 'utf8'), readFileSync(join(folder, 'front.key'), 'utf8')]
  rmSync(folder, { recursive: true })

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
