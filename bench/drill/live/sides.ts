/** Both sides of a live round against the truth and against each other. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Round } from '../fault.ts'
import { judge, settleDoubts } from '../judge.ts'
import type { Judged, Place } from '../judge.ts'
import type { Written } from '../writers.ts'
import type { Applications } from './applications.ts'

/** What is followed: the truth is kept of `name`, which may be an alias. */
export type Followed = Pick<Written, 'name' | 'index'>

/** Until both sides are equal, at rest; deletes come last. */
const longestMs = 90_000

export class Sides {
  readonly #round: Round
  readonly #applications: Applications
  readonly #followed: readonly Followed[]
  readonly #found: Judged[] = []
  /** What was amiss, and when. */
  readonly examples: string[] = []

  constructor(round: Round, applications: Applications, followed: readonly Followed[]) {
    this.#round = round
    this.#applications = applications
    this.#followed = followed
  }

  /** Of all that was kept. */
  sum(what: 'lost' | 'duplicated' | 'wrong'): number {
    return this.#found.reduce((total, one) => total + one[what], 0)
  }

  get documents(): number {
    return this.#found.at(-1)?.documents ?? 0
  }

  async now(when: string): Promise<void> {
    this.#keep(when, await this.#judge())
  }

  /** Waits until what was written last is on both sides; what is not after a long while never comes. */
  async atRest(when: string): Promise<void> {
    for (const untilMs = performance.now() + longestMs; ;) {
      const judged = await this.#judge()
      if (judged.examples.length === 0 || performance.now() > untilMs) return this.#keep(when, judged)
      await sleep(1_000)
    }
  }

  /** Nobody may find a block that stays. */
  async requireFree(): Promise<void> {
    for (const { cluster, index } of this.#followed.flatMap(one => this.#placesOf(one))) {
      const { body } = await cluster.send('GET', `/${index}/_settings/index.blocks.*?flat_settings=true`)
      if (/"index\.blocks\.[a-z_]+" ?: ?"true"/.test(body.toString('utf8')))
        this.examples.push(`${index} of ${cluster.site.name} stays blocked`)
    }
  }

  #keep(when: string, judged: Judged): void {
    this.#found.push(judged)
    this.examples.push(...judged.examples.map(words => `${when}: ${words}`))
  }

  async #judge(): Promise<Judged> {
    const { truth } = this.#round
    const found: Judged[] = []
    for (const one of this.#followed) {
      await settleDoubts(this.#applications.cluster, truth, one.name)
      const [here, there] = this.#placesOf(one)
      found.push(await judge(truth.of(one.name), here, there), await judge(truth.of(one.name), there, here))
    }
    const sum = (what: Exclude<keyof Judged, 'examples'>): number => found.reduce((total, one) => total + one[what], 0)
    return {
      documents: sum('documents') / 2,
      lost: sum('lost'),
      duplicated: sum('duplicated'),
      wrong: sum('wrong'),
      sourceLost: 0,
      // What the one judge says of the original, the other says of what it judges.
      examples: found.flatMap(({ examples }) => examples.filter(words => !words.startsWith('sourceLost'))),
    }
  }

  #placesOf({ name, index = name }: Followed): readonly [Place, Place] {
    const { source, target, copyOf } = this.#round
    return [
      { cluster: source, index },
      { cluster: target, index: copyOf(index) },
    ]
  }
}
