import { signal } from '@preact/signals'
import type { Problem } from './types.ts'

const tokenKey = 'shardferry-token'

/** Kept for the tab only: what is stored longer outlives the person who typed it. */
export const token = signal(sessionStorage.getItem(tokenKey) ?? '')
/** The server asks who this is. */
export const locked = signal(false)

export function useToken(value: string): void {
  token.value = value
  locked.value = false
  if (value === '') sessionStorage.removeItem(tokenKey)
  else sessionStorage.setItem(tokenKey, value)
}

/** What the server says is wrong, with what to do about it. */
export class Refused extends Error {
  readonly status: number
  readonly hint: string | undefined

  constructor(status: number, message: string, hint?: string) {
    super(message)
    this.status = status
    this.hint = hint
  }
}

export async function get<T>(path: string, abort?: AbortSignal): Promise<T> {
  return (await answer('GET', path, undefined, {}, abort)) as T
}

/** @param version of what was seen, where it must not have changed since */
export async function post<T>(path: string, body: object, version?: number): Promise<T> {
  return (await answer('POST', path, body, version === undefined ? {} : { 'if-match': `"${version}"` })) as T
}

async function answer(
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
  abort?: AbortSignal,
): Promise<unknown> {
  const response = await ask(path, {
    method,
    headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
    ...(abort ? { signal: abort } : {}),
  })
  return response.status === 204 ? undefined : await response.json()
}

/** @throws Refused, also where nobody answers */
export async function ask(path: string, request: RequestInit): Promise<Response> {
  const headers = new Headers(request.headers)
  if (token.value !== '') headers.set('authorization', `Bearer ${token.value}`)
  const response = await fetch(`/api/v1${path}`, { ...request, headers, credentials: 'omit' }).catch((cause: unknown) => {
    if (request.signal?.aborted) throw cause
    throw new Refused(0, 'The server does not answer.', 'It may be stopped, or the network is away. This page tries again.')
  })
  if (response.status === 401) locked.value = true
  if (response.ok) return response
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>
  throw new Refused(response.status, problem.detail ?? `The server answers ${response.status}.`, problem.hint)
}
