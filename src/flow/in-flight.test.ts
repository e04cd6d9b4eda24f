import { expect, test } from 'vitest'
import { InFlight } from './in-flight.ts'
import { turn } from './virtual-world.test-part.ts'

/** A task that ends when it is told to. */
function held(): { task: () => Promise<void>; end: () => void; fail: (why: Error) => void; started: () => boolean } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let started = false
  const task = (): Promise<void> => {
    started = true
    return promise
  }
  return { task, end: resolve, fail: reject, started: () => started }
}

test('no more tasks run at once than the limit, and the next one starts when one ends', async () => {
  const writes = new InFlight(2)
  const tasks = [held(), held(), held()]
  const [first, second, third] = tasks.map(({ task }) => writes.start(task))
  await Promise.all([first, second])
  await turn()
  expect(tasks.map(({ started }) => started())).toEqual([true, true, false])
  tasks[1]!.end()
  await third
  expect(tasks[2]!.started()).toBe(true)
  tasks[0]!.end()
  tasks[2]!.end()
  await writes.drain()
})

test('drain waits for all, also for those that started while it waited', async () => {
  const writes = new InFlight(2)
  const [first, second] = [held(), held()]
  await writes.start(first.task)
  let drained = false
  const drain = writes.drain().then(() => (drained = true))
  await writes.start(second.task)
  first.end()
  await turn()
  expect(drained).toBe(false)
  second.end()
  await drain
})

test('after a failure nothing further starts, and the failure is thrown when the others have ended', async () => {
  const writes = new InFlight(2)
  const [failing, slow, late] = [held(), held(), held()]
  await writes.start(failing.task)
  await writes.start(slow.task)
  const refused = writes.start(late.task)
  let thrown: unknown
  refused.catch((reason: unknown) => (thrown = reason))
  failing.fail(new Error('first'))
  await turn()
  expect(thrown).toBeUndefined()
  slow.fail(new Error('second'))
  await expect(refused).rejects.toThrow('first')
  expect(late.started()).toBe(false)
  await expect(writes.drain()).rejects.toThrow('first')
})

test('a task that throws before its first wait fails like any other', async () => {
  const writes = new InFlight(1)
  await writes.start(async () => {
    throw new Error('at once')
  })
  await expect(writes.drain()).rejects.toThrow('at once')
})
