import fc from 'fast-check'
import { answered, answerOf, swallowing } from '../../test/support/answers.ts'
import { seeded } from '../../test/proxy/random.ts'
import type { Random } from '../../test/proxy/random.ts'
import { bulkAnswer, judgeBulk } from './bulk.ts'
import { mutate } from './mutate.ts'
import { judgeMarkedPage, judgePage, mark } from './page.ts'
import type { Judgement } from './page.ts'

export const targets = {
  'search answers': {
    answers: fc.array(answered, { maxLength: 4 }).map(docs => answerOf(docs)),
    judge: judgePage,
  },
  'marked answers': {
    answers: fc.array(swallowing, { maxLength: 4 }).map(docs => answerOf(docs, mark)),
    judge: judgeMarkedPage,
  },
  'bulk answers': { answers: bulkAnswer, judge: judgeBulk },
} as const

export type FuzzTarget = keyof typeof targets

export type Counted = Record<Judgement | 'inputs', number>

/** Inputs made of one answer, besides the answer itself. */
const mutationsPerAnswer = 200
const answersPerBatch = 50

/**
 * Judges so many inputs: answers that fast-check makes, and each of them changed again and again.
 * @throws Error with seed and input of the first that goes wrong
 */
export function fuzz(target: FuzzTarget, seed: number, inputs: number): Counted {
  const counted: Counted = { inputs: 0, same: 0, damaged: 0, refused: 0 }
  const { answers, judge } = targets[target]
  const random = seeded(seed, 0)
  for (let batch = 0; counted.inputs < inputs; batch++) {
    for (const answer of fc.sample(answers, { seed: seed + batch, numRuns: answersPerBatch })) {
      const bytes = Buffer.from(answer, 'utf8')
      count(bytes, judge, random, counted, seed)
      for (let i = 0; i < mutationsPerAnswer && counted.inputs < inputs; i++)
        count(mutate(bytes, random), judge, random, counted, seed)
    }
  }
  return counted
}

function count(
  bytes: Uint8Array,
  judge: (bytes: Uint8Array, random: Random) => Judgement,
  random: Random,
  counted: Counted,
  seed: number,
): void {
  try {
    counted[judge(bytes, random)]++
    counted.inputs++
  } catch (cause) {
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    const input = JSON.stringify(Buffer.from(bytes).toString('latin1'))
    throw new Error(`Input ${counted.inputs} of seed ${seed} (Latin-1): ${input}\n${why}`, { cause })
  }
}
