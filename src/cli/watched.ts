import { steadyNow } from '../flow/steady-clock.ts'
import { asShardferryError } from '../model/errors.ts'
import type { Progress } from '../model/progress.ts'
import { paced } from '../operate/paced.ts'
import { chooseView } from './view/choose-view.ts'

const drawEveryMs = 200

/** Runs something under a live view of how it stands. */
export async function watched<T>(
  tally: { snapshot(): Progress },
  json: boolean,
  run: (broken: AbortSignal) => Promise<T>,
): Promise<T> {
  const view = chooseView({ stream: process.stdout, json, term: process.env['TERM'], now: steadyNow })
  const broken = new AbortController()
  view.start()
  const draw = paced(() => view.draw(tally.snapshot()), steadyNow)
  const timer = setInterval(() => {
    try {
      draw()
    } catch (thrown) {
      broken.abort(asShardferryError(thrown))
    }
  }, drawEveryMs)
  try {
    const result = await run(broken.signal)
    view.draw(tally.snapshot())
    return result
  } finally {
    clearInterval(timer)
    view.stop()
  }
}
