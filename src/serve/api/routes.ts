import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { RouteConfig, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { Role } from '../../model/role.ts'
import { needs } from '../guard/guard.ts'
import type { ServeEnv } from '../guard/guard.ts'
import { problem } from '../problem.ts'
import { problemSchema } from './schemas.ts'

/** Routes of the API: what is not as its schema says is answered with a problem. */
export function apiRoutes(): OpenAPIHono<ServeEnv> {
  return new OpenAPIHono<ServeEnv>({
    defaultHook: (result, c) => {
      if (result.success) return
      const faults = result.error.issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`)
      return problem(c, 400, 'usage', faults.join('\n'), 'GET /openapi.json tells what is taken.')
    },
  })
}

/** A body of JSON, as answers have it. */
export function json<T extends z.ZodType>(
  schema: T,
  description: string,
): { description: string; content: { 'application/json': { schema: T } } } {
  return { description, content: { 'application/json': { schema } } }
}

const refusals = {
  400: 'The request is not understood.',
  401: 'No token, or one that is not known.',
  403: 'The role does not allow it.',
  404: 'There is no such migration.',
} as const

const problemContent = { 'application/problem+json': { schema: problemSchema } }

export function refusal(description: string): { description: string; content: typeof problemContent } {
  return { description, content: problemContent }
}

/** A route for those who have the role, with the answers that every route may give. */
export function routeFor<const R extends RouteConfig>(
  role: Role,
  route: R,
): R & { readonly middleware: MiddlewareHandler<ServeEnv>; getRoutingPath(): string } {
  // The answers that every route may give are not in its type: no handler gives them itself.
  const responses = {
    ...Object.fromEntries(Object.entries(refusals).map(([status, description]) => [status, refusal(description)])),
    ...route.responses,
  }
  const made: unknown = createRoute({
    security: [{ token: [] }],
    ...route,
    middleware: needs(role),
    description: [route.description, `Role: ${role}.`].filter(Boolean).join(' '),
    responses,
  })
  return made as ReturnType<typeof routeFor<R>>
}
