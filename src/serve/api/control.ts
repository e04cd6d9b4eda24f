/** Steering. Each asks the run that is under way by its journal, whoever runs it, as the command line does. */
import { z } from '@hono/zod-openapi'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { fold } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import type { Ask } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { JsonObject } from '../../model/plan.ts'
import { requireAskable } from '../../operate/ask.ts'
import { plannedCutover, plannedRollback, refused, requireCutoverPossible, underWay } from '../../operate/change.ts'
import type { PlannedChange } from '../../operate/change.ts'
import { connectBoth } from '../../operate/clusters.ts'
import { completeMigration, removeMigration, whatCompleteUndoes, whatRemovalUndoes } from '../../operate/take-back.ts'
import type { ServeEnv } from '../guard/guard.ts'
import type { Comparisons } from '../runs/comparisons.ts'
import type { Runs } from '../runs/runs.ts'
import type { Migrations } from '../watch/migrations.ts'
import type { Watched } from '../watch/watched.ts'
import { askedSchema, comparisonSchema, cutoverSchema, paceSchema, rollbackSchema } from './asked.ts'
import { auditedBy } from './audited.ts'
import { etagOf } from './migrations.ts'
import { askedOf } from './parsed-plan.ts'
import { apiRoutes, json, refusal, routeFor } from './routes.ts'
import { nameParam, summarySchema } from './schemas.ts'
import { summaryOf } from './shown.ts'
import { requireVersion } from './version.ts'

export interface ControlParts {
  readonly migrations: Migrations
  readonly runs: Runs
  readonly comparisons: Comparisons
}

const dryRun = z.boolean().default(false).openapi({ description: 'Only tell what would be done.' })

const doneSchema = z
  .object({
    action: z.string(),
    dryRun: z.boolean(),
    steps: z.array(z.string()).readonly().openapi({ description: 'What is done, or would be.' }),
    conditions: z
      .array(z.object({ what: z.string(), holds: z.boolean(), seen: z.string(), remedy: z.string().optional() }))
      .readonly()
      .openapi({ description: 'Of a cutover or a rollback: it is made where all of them hold.' }),
    migration: summarySchema,
  })
  .openapi('Done')

type Told = Partial<Pick<z.infer<typeof doneSchema>, 'steps' | 'conditions'>>

export function controlRoutes(parts: ControlParts): OpenAPIHono<ServeEnv> {
  const { migrations, runs, comparisons } = parts
  const route = <B extends z.ZodObject>(action: string, summary: string, body: B) =>
    routeFor('operator', {
      method: 'post',
      path: `/migrations/{name}/${action}`,
      tags: ['control'],
      summary,
      request: {
        params: z.object({ name: nameParam }),
        headers: z.object({ 'if-match': z.string().max(1000).optional() }),
        // Required, so that defaults count also where nothing is sent.
        body: { required: true, content: { 'application/json': { schema: body } } },
      },
      responses: {
        202: json(doneSchema, 'It is asked for; or, with dryRun, it would be.'),
        409: refusal('Not as the migration stands.'),
        412: refusal('The migration was steered, begun or ended meanwhile.'),
        422: refusal('A condition does not hold.'),
        424: refusal('A cluster stands in the way.'),
        428: refusal('If-Match is needed, as this cannot be taken back.'),
      },
    })
  const done = (c: Context<ServeEnv>, action: string, { name }: Watched, dry: boolean, told: Told = {}) => {
    const watched = migrations.named(name)
    c.header('etag', etagOf(watched.version))
    const { steps = [], conditions = [] } = told
    return c.json({ action, dryRun: dry, steps, conditions, migration: summaryOf(watched, runs.here(name)) }, 202)
  }
  /** Puts a wish into the journal, and who had it. */
  const askRun = (c: Context<ServeEnv>, { name, journal }: Watched, ask: Ask, dry: boolean): void => {
    requireAskable(journal, name, ask)
    if (dry) return
    const { what, ...how } = ask
    journal.append(auditedBy(c.var.who, what, how as unknown as JsonObject))
    journal.append({ type: 'asked', ask })
  }
  const found = (c: Context<ServeEnv>, must: boolean): Watched => {
    const watched = migrations.named(c.req.param('name') ?? '')
    requireVersion(c, watched, must)
    return watched
  }
  /** @throws ShardferryError `cutover-refused` where a condition does not hold */
  const change = async (c: Context<ServeEnv>, watched: Watched, planned: PlannedChange, dry: boolean): Promise<Told> => {
    const conditions = await planned.conditions(c.req.raw.signal)
    const failing = conditions.filter(({ holds }) => !holds)
    if (!dry && failing.length > 0) throw refused(planned.what, failing)
    askRun(c, watched, planned.ask, dry)
    return { steps: planned.steps, conditions }
  }

  return apiRoutes()
    .openapi(
      route(
        'pause',
        'Let it rest; what is under way is finished first.',
        z.strictObject({ dryRun, reason: z.string().max(500).default('paused by hand') }),
      ),
      c => {
        const { dryRun, reason } = c.req.valid('json')
        const watched = found(c, false)
        askRun(c, watched, { what: 'pause', reason }, dryRun)
        return done(c, 'pause', watched, dryRun)
      },
    )
    .openapi(route('resume', 'Let it go on.', z.strictObject({ dryRun })), c => {
      const { dryRun } = c.req.valid('json')
      const watched = found(c, false)
      askRun(c, watched, { what: 'resume' }, dryRun)
      return done(c, 'resume', watched, dryRun)
    })
    .openapi(
      route('throttle', 'Change how fast it writes and when. What is not given stays.', paceSchema.extend({ dryRun })),
      c => {
        const { dryRun, ...pace } = c.req.valid('json')
        const watched = found(c, false)
        const given = Object.fromEntries(Object.entries(pace).filter(([, value]) => value !== undefined))
        if (Object.keys(given).length === 0) throw new ShardferryError('usage', 'Say what to change, such as width.')
        askRun(c, watched, { what: 'throttle', ...given }, dryRun)
        return done(c, 'throttle', watched, dryRun)
      },
    )
    .openapi(route('cancel', 'Stop it, and give tuned settings back.', z.strictObject({ dryRun })), c => {
      const { dryRun } = c.req.valid('json')
      const watched = found(c, false)
      askRun(c, watched, { what: 'cancel' }, dryRun)
      return done(c, 'cancel', watched, dryRun)
    })
    .openapi(
      route(
        'start',
        'Run it on from where it ended. How the clusters are reached is to be told where it was started elsewhere.',
        askedSchema.pick({ settings: true }).extend({
          dryRun,
          source: askedSchema.shape.source.optional(),
          target: askedSchema.shape.target.optional(),
        }),
      ),
      async c => {
        const { dryRun, source, target, settings } = c.req.valid('json')
        const watched = found(c, false)
        const asked = source !== undefined && target !== undefined ? askedOf({ source, target, settings }) : undefined
        await runs.start(watched, asked, { entries: [auditedBy(c.var.who, 'start')], dryRun }, c.req.raw.signal)
        return done(c, 'start', watched, dryRun)
      },
    )
    .openapi(
      route(
        'verify',
        'Compare both clusters; with repair, mend what differs. The verification tells how it goes.',
        comparisonSchema.extend({ dryRun }),
      ),
      async c => {
        const { dryRun, ...asked } = c.req.valid('json')
        const watched = found(c, false)
        const settings = await runs.settingsFor(watched, c.req.raw.signal)
        if (asked.repair || !dryRun) {
          watched.journal.append(auditedBy(c.var.who, 'verify', { ...asked, dryRun }))
          comparisons.begin(watched, settings, { ...asked, dryRun })
        }
        return done(c, 'verify', watched, dryRun)
      },
    )
    .openapi(
      route('cutover', 'Move applications to the target, by the run that follows the source.', cutoverSchema.extend({ dryRun })),
      async c => {
        const { dryRun, ...conditions } = c.req.valid('json')
        const watched = found(c, !c.req.valid('json').dryRun)
        const { journal, name } = watched
        const stands = { journal, name, state: fold(journal.entries()) }
        requireCutoverPossible(stands)
        const { signal } = c.req.raw
        const settings = await runs.settingsFor(watched, signal)
        await using clusters = await connectBoth(settings, signal)
        const told = await change(c, watched, plannedCutover(stands, { settings, clusters }, conditions), dryRun)
        return done(c, 'cutover', watched, dryRun, told)
      },
    )
    .openapi(
      route(
        'moved',
        'Applications have moved: carry what they write over to the side that they have left.',
        z.strictObject({
          dryRun,
          switches: z
            .int()
            .min(1)
            .optional()
            .openapi({ description: 'Which change of direction they have followed; the last one where it is not said.' }),
        }),
      ),
      c => {
        const { dryRun, switches } = c.req.valid('json')
        const watched = found(c, false)
        const { switches: last } = watched.state
        if (last === 0)
          throw new ShardferryError('state-other', `Migration ${watched.name} was not cut over.`, {
            hint: 'There is nothing to carry back before a cutover. See how it stands: GET /api/v1/migrations/NAME',
          })
        if (switches !== undefined && switches !== last)
          throw new ShardferryError('state-other', 'Applications were moved on meanwhile, by another cutover or rollback.', {
            hint: 'Once they have followed that one, ask again with the number of switches that the migration tells now.',
          })
        askRun(c, watched, { what: 'moved', switches: last }, dryRun)
        return done(c, 'moved', watched, dryRun)
      },
    )
    .openapi(
      route(
        'rollback',
        'Move applications back to the source; before a cutover, remove what was made on the target.',
        rollbackSchema.extend({ dryRun }),
      ),
      async c => {
        const { dryRun, ...conditions } = c.req.valid('json')
        const watched = found(c, !dryRun)
        const { journal, name, folder, state } = watched
        switch (state.cutover.phase) {
          case 'done':
            return done(
              c,
              'rollback',
              watched,
              dryRun,
              await change(c, watched, plannedRollback({ journal, name, state }, conditions), dryRun),
            )
          case 'none': {
            requireNotComplete(watched)
            const steps = whatRemovalUndoes(folder, state).map(({ what }) => what)
            if (dryRun) return done(c, 'rollback', watched, dryRun, { steps })
            const settings = await runs.settingsFor(watched, c.req.raw.signal)
            journal.append(auditedBy(c.var.who, 'rollback'))
            await apart(watched, parts => removeMigration({ ...parts, settings }, AbortSignal.timeout(longestMs)))
            return done(c, 'rollback', watched, dryRun, { steps })
          }
          case 'asked':
          case 'begun':
          case 'rollback-asked':
          case 'rollback-begun':
            throw underWay(name)
        }
      },
    )
    .openapi(
      route('complete', 'Take back everything it made or changed besides what was copied.', z.strictObject({ dryRun })),
      async c => {
        const { dryRun } = c.req.valid('json')
        const watched = found(c, !dryRun)
        const { journal, folder, state } = watched
        const steps = whatCompleteUndoes(folder, state).steps.map(({ what }) => what)
        if (dryRun) return done(c, 'complete', watched, dryRun, { steps })
        const settings = await runs.settingsFor(watched, c.req.raw.signal)
        journal.append(auditedBy(c.var.who, 'complete'))
        await apart(watched, parts => completeMigration({ ...parts, settings }, [], AbortSignal.timeout(longestMs)))
        return done(c, 'complete', watched, dryRun, { steps })
      },
    )
}

/** A cluster that does not answer is given up long before. */
const longestMs = 10 * 60_000

/** Holds the migration only for as long as this takes. */
async function apart(
  { folder }: Watched,
  act: (parts: { readonly journal: SqliteJournal; readonly folder: string; readonly onUndone: () => void }) => Promise<void>,
): Promise<void> {
  using journal = SqliteJournal.open(folder)
  await act({ journal, folder, onUndone: () => undefined })
}

function requireNotComplete({ name, state }: Watched): void {
  if (state.outcome?.kind !== 'completed') return
  throw new ShardferryError('state-other', `Migration ${name} is complete: nothing follows the target back any more.`, {
    hint: 'Move the indices back as a migration of their own.',
  })
}
