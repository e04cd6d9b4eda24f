import { setTimeout as sleep } from 'node:timers/promises'

const everyMs = 100
const giveUpAfterMs = 90_000

/** Asks again and again until there is an answer. The time limit only ends a test that would hang. @throws Error that says what was waited for */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const endMs = Date.now() + giveUpAfterMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > endMs) throw new Error(`Waited ${giveUpAfterMs / 1000} s in vain: ${what}`)
    await sleep(everyMs)
  }
}
