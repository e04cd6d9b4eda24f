import { expect, test } from 'vitest'
import { send } from '../../../test/contract/connect-to.ts'
import { ask, askBack, both, followsAs, journaled, moved, unblocked, use } from '../../../test/support/changes.ts'
import { fakeMigration } from '../../../test/support/fake-migration.ts'
import { ShardferryError } from '../../model/errors.ts'
import { runMigration } from '../run-migration.ts'

test('documents that the target has refused stay on the source, and keep neither a rollback nor the next cutover from being made', async () => {
  const properties = { n: { type: 'long' }, text: { type: 'text' } }
  const f = await fakeMigration({ ...both, task: { ...both.task, mappings: { dynamic: 'strict', properties } } })
  await send(f.source.url, 'PUT', '/cities/_doc/odd', { unmapped: 1 })
  const stop = new AbortController()
  const m = f.process()
  const running = runMigration(m, stop.signal).catch((thrown: unknown) => thrown)
  await followsAs(f, 'first')
  ask(f, { acceptSetAside: true })
  await journaled(f, 'cut-over')
  moved(f)
  await unblocked(f, 'source')
  await use(f, 'target', 'two')
  askBack(f)
  await journaled(f, 'rolled-back')
  expect(f.documents('source').get('odd')).toBe('{"unmapped":1}')
  expect(m.memory.state.verified.get('cities')).toMatchObject({ equal: true })
  moved(f)
  await unblocked(f, 'target')
  await use(f, 'source', 'three')
  ask(f, { acceptSetAside: true })
  await journaled(f, 'cut-over', 2)
  expect(m.memory.state.report).toMatchObject({ verdict: 'set-aside' })
  const { odd: _, ...rest } = Object.fromEntries(f.documents('source'))
  expect(Object.fromEntries(f.documents('target'))).toEqual(rest)
  stop.abort(new ShardferryError('stopped', 'Stopped.'))
  expect(await running).toMatchObject({ code: 'stopped' })
})
