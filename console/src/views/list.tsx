import { useEffect, useState } from 'preact/hooks'
import { formatDocs, formatDuration, formatPercent, formatRate, fractionOf } from '../../../src/cli/view/numbers.ts'
import { hrefOf } from '../place.ts'
import type { Summary } from '../types.ts'
import { clusterText, states } from '../words.ts'
import { useLoaded } from '../ui/load.ts'
import { Bar, Empty, Failure, Loading, StateBadge } from '../ui/parts.tsx'

const everyMs = 2_000

/** Which migrations there are, and whether they are well. Those that need somebody come first. */
export function List() {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setTurn(now => now + 1), everyMs)
    return () => clearInterval(timer)
  }, [])
  const { value, error, again } = useLoaded<{ migrations: readonly Summary[] }>('/migrations?limit=1000', turn)
  if (!value) return error ? <Failure error={error} again={again} /> : <Loading what="migrations" />
  return (
    <>
      <div class="title">
        <h1>Migrations</h1>
        <a class="button" href={hrefOf({ page: 'new' })}>
          New migration
        </a>
      </div>
      {error !== undefined && <Failure error={error} />}
      {value.migrations.length === 0 ? (
        <Empty>
          <p>There is no migration yet.</p>
          <p>
            Begin one here, or on the command line with the same state folder: <code>shardferry run --follow</code>
          </p>
        </Empty>
      ) : (
        <ul class="cards">
          {value.migrations
            .toSorted((a, b) => urgency(a) - urgency(b) || a.name.localeCompare(b.name))
            .map(one => (
              <li key={one.name}>
                <Card {...one} />
              </li>
            ))}
        </ul>
      )}
    </>
  )
}

const order = ['bad', 'warn', 'busy', 'good', 'quiet']
function urgency({ state }: Summary): number {
  return order.indexOf(states[state][1])
}

function Card(one: Summary) {
  const { name, state, source, target, read, expectedDocs, docsPerSecond, etaMs, setAside, lag, throttleReason, error } = one
  const fraction = fractionOf(read, expectedDocs)
  const moves = state === 'running' || state === 'following'
  return (
    <a class="card" href={hrefOf({ page: 'migration', name, tab: 'overview' })}>
      <div class="title">
        <h2>{name}</h2>
        <StateBadge state={state} />
      </div>
      <p class="quiet">
        {clusterText(source)} → {clusterText(target)}, {one.indices === 1 ? '1 index' : `${formatDocs(one.indices)} indices`}
      </p>
      <Bar part={fraction} tone={states[state][1]} label={`Progress of ${name}`} />
      <p class="line">
        <span>
          {formatDocs(read)} of {formatDocs(expectedDocs)} documents, {formatPercent(fraction)}
        </span>
        {moves && docsPerSecond > 0 && <span>{formatRate(docsPerSecond)}</span>}
        {moves && etaMs !== null && <span>{formatDuration(etaMs)} left</span>}
        {lag !== null && <span>lag {lag.operations === 0 ? 'none' : `${formatDocs(lag.operations)} operations`}</span>}
        {setAside > 0 && <span class="warn">{formatDocs(setAside)} set aside</span>}
      </p>
      {throttleReason !== '' && <p class="warn">Slowed: {throttleReason}</p>}
      {error && <p class="bad">{error.message}</p>}
    </a>
  )
}
