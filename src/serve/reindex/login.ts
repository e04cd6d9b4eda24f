import type { Auth } from '../../model/connection.ts'
import { Secret } from '../../model/secret.ts'
import type { RemoteRule } from './remotes.ts'
import type { RemoteLogin } from './request.ts'

/** What a job logs in with on both sides: kept in a file of its own, for its owner's eyes only, until the job has ended. */
export interface JobLogin {
  /** `Authorization` of the request: the job writes with the rights of whoever asked for it, and no others. */
  readonly target?: string
  readonly remote: RemoteLogin
}

/** Undefined for a scheme that is not known. */
export function authOf(authorization: string | undefined): Auth | undefined {
  if (authorization === undefined) return { kind: 'none' }
  const [, scheme = '', value = ''] = /^(\S+)\s+(.+)$/.exec(authorization.trim()) ?? []
  switch (scheme.toLowerCase()) {
    case 'basic': {
      const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(value, 'base64').toString('utf8')) ?? []
      if (username === undefined || password === undefined) return undefined
      return { kind: 'basic', username, password: new Secret(password) }
    }
    case 'apikey':
      return { kind: 'api-key', key: new Secret(value) }
    case 'bearer':
      return { kind: 'bearer', token: new Secret(value) }
    default:
      return undefined
  }
}

/** The request's own login goes before that of the rule that lets it be read from. */
export function remoteAuth({ username, password }: RemoteLogin, rule: RemoteRule): Auth {
  if (username === undefined) return rule.auth ?? { kind: 'none' }
  return { kind: 'basic', username, password: new Secret(password ?? '') }
}
