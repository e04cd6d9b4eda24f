import { HTTPException } from 'hono/http-exception'
import type { Context } from 'hono'
import { problem } from '../problem.ts'
import type { Watched } from '../watch/watched.ts'
import { etagOf } from './migrations.ts'

/**
 * What is asked of a migration holds for how it stood when that was decided.
 * @param must it has to be said, as what is asked cannot be taken back @throws HTTPException 412, 428
 */
export function requireVersion(c: Context, { version, name }: Watched, must: boolean): void {
  const given = c.req.header('if-match')
  const hint = `GET /api/v1/migrations/${name} gives its ETag; send it as If-Match.`
  if (given === undefined) {
    if (!must) return
    throw new HTTPException(428, {
      res: problem(
        c,
        428,
        'version',
        'This cannot be taken back: say with If-Match how the migration stood when you decided.',
        hint,
      ),
    })
  }
  const tags = given.split(',').map(tag => tag.trim().replace(/^W\//, ''))
  if (tags.includes('*') || tags.includes(etagOf(version))) return
  throw new HTTPException(412, {
    res: problem(c, 412, 'version', `Migration ${name} was steered, begun or ended meanwhile.`, hint),
  })
}
