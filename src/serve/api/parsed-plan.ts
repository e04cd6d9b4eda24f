import { parsePlan } from '../../plan/plan-file.ts'
import type { AskedMigration } from '../runs/settings-of.ts'
import type { z } from '@hono/zod-openapi'
import type { askedSchema } from './asked.ts'

/** @throws ShardferryError `plan-invalid` */
export function askedOf({ name, source, target, settings, plan }: z.infer<typeof askedSchema>): AskedMigration {
  return {
    source,
    target,
    settings: { ...settings, ...(name === undefined ? {} : { name }) },
    ...(plan === undefined ? {} : { plan: parsePlan(JSON.stringify(plan, undefined, 1), 'plan') }),
  }
}
