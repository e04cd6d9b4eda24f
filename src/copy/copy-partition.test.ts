import { expect, test } from 'vitest'
import { never, turn, virtualWorld } from '../flow/virtual-world.test-part.ts'
import { indexTask, partition } from '../journal/sample-entries.test-part.ts'
import type { Batch, Counts, Doc, Rejected, WriteResult } from '../model/documents.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Meter, Reader, SetAside, Writer } from '../model/ports.ts'
import { copyPartition } from './copy-partition.ts'

const task = indexTask('cities')
const part = partition('cities', 0, 99)

function docs(from: number, count: number): Doc[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${from + i}`,
    routing: undefined,
    version: 1n,
    source: Buffer.from('{}'),
  }))
}

interface Made {
  readonly batches?: readonly (readonly Doc[] | Error)[]
  readonly write?: (batch: Batch, turn: number) => Promise<WriteResult>
  readonly keep?: (rejected: readonly Rejected[]) => void
  readonly commit?: () => void
}

function allWritten(batch: Batch): Promise<WriteResult> {
  return Promise.resolve({ written: batch.docs.length, alreadyNewer: 0, rejected: [] })
}

/** A partition between a reader and a writer that do as they are told, and a record of what happened. */
function lane({ batches = [], write = allWritten, keep, commit }: Made) {
  const log: string[] = []
  let released = 0
  let writing = 0
  let mostWriting = 0
  let readerEnded = false
  let shown: Counts = { read: 0, written: 0, alreadyNewer: 0, setAside: 0, filtered: 0, bytes: 0 }
  const reader: Pick<Reader, 'read'> = {
    async *read() {
      try {
        for (const batch of batches) {
          if (batch instanceof Error) throw batch
          yield { docs: batch, bytes: 2 * batch.length, release: () => released++ }
        }
      } finally {
        readerEnded = true
      }
    },
  }
  let turnNumber = 0
  const writer: Writer = {
    write: async (_, batch) => {
      mostWriting = Math.max(mostWriting, ++writing)
      try {
        return await write(batch, turnNumber++)
      } finally {
        writing--
      }
    },
  }
  const setAside: SetAside = {
    begin: () => ({
      keep: rejected => {
        keep?.(rejected)
        if (rejected.length > 0) log.push(`keep ${rejected.map(one => one.doc.id).join()}`)
      },
      commit: () => {
        commit?.()
        log.push('commit')
      },
      discard: () => log.push('discard'),
    }),
  }
  const meter: Meter = {
    read: (_, docs, bytes) => (shown = { ...shown, read: shown.read + docs, bytes: shown.bytes + bytes }),
    wrote: (_, result) =>
      (shown = { ...shown, written: shown.written + result.written, setAside: shown.setAside + result.rejected.length }),
    retried: () => undefined,
    redone: (_, counts) => {
      log.push('redone')
      shown = {
        ...shown,
        read: shown.read - counts.read,
        written: shown.written - counts.written,
        setAside: shown.setAside - counts.setAside,
        bytes: shown.bytes - counts.bytes,
      }
    },
  }
  const world = virtualWorld()
  const parts = { reader: reader as Reader, writer, setAside, manifests: { begin: () => undefined }, meter, world }
  return {
    log,
    world,
    copy: (attempt = 1, signal = never) => copyPartition(task, part, attempt, parts, signal),
    seen: () => ({ released, writing, mostWriting, readerEnded, shown }),
  }
}

test('a partition is settled with an account of everything read, and its memory is given back', async () => {
  const write = async (batch: Batch): Promise<WriteResult> => ({
    written: batch.docs.length - 2,
    alreadyNewer: 1,
    rejected: [{ doc: batch.docs[0]!, status: 400, type: 't', reason: 'r' }],
  })
  const { copy, seen, log, world } = lane({ batches: [docs(0, 10), docs(10, 5), docs(15, 3)], write })
  expect(await copy(2)).toEqual({
    partition: part.id,
    index: 'cities',
    round: 0,
    attempts: 2,
    tookMs: 0,
    counts: { read: 18, written: 12, alreadyNewer: 3, setAside: 3, filtered: 0, bytes: 36 },
  })
  expect(seen()).toMatchObject({ released: 3, shown: { read: 18, written: 12, setAside: 3 } })
  expect(log).toEqual(['keep 0', 'keep 10', 'keep 15', 'commit'])
  expect(world.passed).toEqual([
    'page-read',
    'batch-written',
    'page-read',
    'batch-written',
    'page-read',
    'batch-written',
    'partition-written',
  ])
})

test('an empty partition is settled with an empty account', async () => {
  expect((await lane({}).copy()).counts).toMatchObject({ read: 0, written: 0 })
})

test('the next batch is read while others are written, and no more than two are written at once', async () => {
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const { copy, seen } = lane({
    batches: [docs(0, 1), docs(1, 1), docs(2, 1), docs(3, 1)],
    write: async (batch, turn) => {
      await gates[turn]!.promise
      return allWritten(batch)
    },
  })
  const settled = copy()
  await turn()
  expect(seen()).toMatchObject({ writing: 2, shown: { read: 3 } })
  for (const gate of gates) gate.resolve()
  await settled
  expect(seen()).toMatchObject({ mostWriting: 2, released: 4 })
})

test('an account that does not balance is never settled', async () => {
  const { copy, log } = lane({
    batches: [docs(0, 10)],
    write: batch => Promise.resolve({ written: batch.docs.length - 1, alreadyNewer: 0, rejected: [] }),
  })
  await expect(copy()).rejects.toMatchObject({ code: 'account-unbalanced', message: expect.stringContaining(part.id) as string })
  expect(log).toEqual(['discard', 'redone'])
})

test('a failure of the writer discards what was set aside, takes the counts back, and ends the reader', async () => {
  const failure = new ShardferryError('unavailable', 'gone', { recovery: 'redo' })
  const write = async (batch: Batch, turn: number): Promise<WriteResult> => {
    if (turn === 1) throw failure
    return { written: 9, alreadyNewer: 0, rejected: [{ doc: batch.docs[0]!, status: 400, type: 't', reason: 'r' }] }
  }
  const { copy, seen, log } = lane({ batches: [docs(0, 10), docs(10, 10), docs(20, 10), docs(30, 10), docs(40, 10)], write })
  await expect(copy()).rejects.toBe(failure)
  expect(log.slice(-2)).toEqual(['discard', 'redone'])
  expect(seen()).toMatchObject({ readerEnded: true, writing: 0, shown: { read: 0, written: 0, setAside: 0, bytes: 0 } })
})

test('a failure of the reader waits for the writes under way, and is thrown after them', async () => {
  const failure = new ShardferryError('cursor-lost', 'lost', { recovery: 'redo' })
  const gate = Promise.withResolvers<void>()
  const { copy, seen, log } = lane({
    batches: [docs(0, 10), failure],
    write: async batch => {
      await gate.promise
      return allWritten(batch)
    },
  })
  const settled = copy()
  settled.catch(() => undefined)
  await turn()
  expect([seen().writing, log]).toEqual([1, []])
  gate.resolve()
  await expect(settled).rejects.toBe(failure)
  expect(seen()).toMatchObject({ writing: 0, released: 1, shown: { read: 0, written: 0 } })
  expect(log).toEqual(['discard', 'redone'])
})

test('a batch whose write fails is given back too', async () => {
  let begun = 0
  const { copy, seen } = lane({
    batches: [docs(0, 1), docs(1, 1), docs(2, 1)],
    write: async () => {
      begun++
      await turn()
      throw new ShardferryError('overloaded', 'full')
    },
  })
  await expect(copy()).rejects.toMatchObject({ code: 'overloaded' })
  expect([begun, seen().released]).toEqual([2, 2])
})

test.each(['keep', 'commit'] as const)(
  'where set-aside documents cannot be kept (%s), the partition is not settled',
  async where => {
    const failure = new ShardferryError('state-unwritable', 'disk full')
    const { copy, log, seen } = lane({
      batches: [docs(0, 1)],
      write: batch =>
        Promise.resolve({
          written: 0,
          alreadyNewer: 0,
          rejected: [{ doc: batch.docs[0]!, status: 400, type: 't', reason: 'r' }],
        }),
      [where]: () => {
        throw failure
      },
    })
    await expect(copy()).rejects.toBe(failure)
    expect(log.slice(-2)).toEqual(['discard', 'redone'])
    expect(seen().shown.read).toBe(0)
  },
)
