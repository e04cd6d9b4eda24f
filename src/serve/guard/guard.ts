/**
 * What stands before every route. No credential is ambient: a page of another origin can send a request, but neither the
 * Authorization header nor, where no token is needed, a request that is let in; and a name that is not ours is not answered to,
 * so that a foreign page cannot become one of our origin by its DNS.
 */
import { getConnInfo } from '@hono/node-server/conninfo'
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import type { TLSSocket } from 'node:tls'
import { mayActAs } from '../../model/role.ts'
import type { Role } from '../../model/role.ts'
import { problem } from '../problem.ts'
import type { Doorkeeper, Who } from './who.ts'

export interface ServeEnv {
  Bindings: HttpBindings
  Variables: { who: Who }
}

/** Answered to anybody: they tell nothing. */
const open = new Set(['/healthz', '/readyz', '/openapi.json', '/'])

export interface GuardParts {
  readonly doorkeeper: Doorkeeper
  /** Host names, without ports, in lower case. */
  readonly hosts: ReadonlySet<string>
  readonly onRefused: (why: string, address: string) => void
}

export function guard({ doorkeeper, hosts, onRefused }: GuardParts): MiddlewareHandler<ServeEnv> {
  return async (c, next) => {
    const host = hostOf(c)
    if (!hosts.has(host))
      return problem(c, 421, 'host', `This server does not answer to the name ${JSON.stringify(host)}.`, hostHint)
    if (isForeign(c)) return problem(c, 403, 'origin', 'This request comes from a page of another origin.')
    if (open.has(c.req.path) || c.req.path.startsWith('/console/')) return await next()
    const address = addressOf(c)
    const answer = doorkeeper.ask({ authorization: c.req.header('authorization'), certificate: certificateOf(c), address })
    if ('who' in answer) {
      c.set('who', answer.who)
      return await next()
    }
    onRefused(answer.refused, address)
    if (answer.refused === 'too-many') {
      c.header('retry-after', String(Math.ceil((answer.afterMs ?? 0) / 1000)))
      return problem(c, 429, 'unauthorized', 'Too many wrong tokens came from this address.', 'Wait a minute.')
    }
    c.header('www-authenticate', 'Bearer')
    const detail = answer.refused === 'missing' ? 'No token was sent.' : 'That token is not known.'
    return problem(c, 401, 'unauthorized', detail, 'Send it as a header: Authorization: Bearer TOKEN')
  }
}

const hostHint = 'Names are given with --serve-hosts, or serve.hosts in shardferry.yaml.'

/** Lets those through who may act so. */
export function needs(role: Role): MiddlewareHandler<ServeEnv> {
  return async (c, next) => {
    const { who } = c.var
    if (mayActAs(who.role, role)) return await next()
    return problem(c, 403, 'forbidden', `This takes the role ${role}; ${who.name} has the role ${who.role}.`)
  }
}

function hostOf(c: Context): string {
  const host = c.req.header('host') ?? ''
  return host.replace(/:\d+$/, '').toLowerCase()
}

/** Browsers tell where a request comes from; other clients tell nothing of it. */
function isForeign(c: Context): boolean {
  const site = c.req.header('sec-fetch-site')
  // To go to our page from another one is no request of that page.
  const goesHere = c.req.method === 'GET' && c.req.header('sec-fetch-mode') === 'navigate'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !goesHere) return true
  const origin = c.req.header('origin')
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== c.req.header('host')
}

function addressOf(c: Context<ServeEnv>): string {
  return incomingOf(c) ? (getConnInfo(c).remote.address ?? '') : ''
}

/** Undefined where a test asks the application itself. */
function incomingOf(c: Context<ServeEnv>): HttpBindings['incoming'] | undefined {
  return (c.env as Partial<HttpBindings> | undefined)?.incoming
}

function certificateOf(c: Context<ServeEnv>): string | undefined {
  const socket = incomingOf(c)?.socket as TLSSocket | undefined
  if (socket?.authorized !== true) return undefined
  const name = socket.getPeerCertificate().subject?.CN
  return Array.isArray(name) ? name[0] : name
}
