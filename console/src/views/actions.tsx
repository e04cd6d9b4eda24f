import { useState } from 'preact/hooks'
import { post } from '../api.ts'
import type { Live } from '../live.ts'
import type { Done, Summary } from '../types.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Failure } from '../ui/parts.tsx'

type What = 'pause' | 'resume' | 'throttle' | 'verify' | 'cutover' | 'moved' | 'rollback' | 'complete' | 'cancel' | 'start'

interface Action {
  readonly what: What
  readonly title: string
  /** What it means, before it is done. */
  readonly means: string
  readonly when: (one: Summary) => boolean
  /** It is done only after its name is typed. */
  readonly typed?: boolean
  readonly danger?: boolean
}

const moves = ({ state }: Summary): boolean => state === 'running' || state === 'following'
const ended = ({ state }: Summary): boolean =>
  ['stopped', 'failed', 'interrupted', 'cancelled', 'done', 'set-aside', 'differs'].includes(state)

const actions: readonly Action[] = [
  { what: 'pause', title: 'Pause', means: 'It rests after what is under way.', when: moves },
  { what: 'resume', title: 'Resume', means: 'It goes on.', when: ({ state }) => state === 'paused' },
  {
    what: 'start',
    title: 'Run again',
    means: 'It goes on from where it ended, and catches up with what was written since.',
    when: ended,
  },
  {
    what: 'verify',
    title: 'Verify',
    means: 'Both sides are compared document by document, also while it goes on.',
    when: ({ state }) => state !== 'planned',
  },
  {
    what: 'cutover',
    title: 'Cut over',
    means: 'Applications are moved to the target. The source takes no writes from here on.',
    when: ({ state }) => state === 'following',
    typed: true,
  },
  {
    what: 'moved',
    title: 'All have moved',
    means: 'Every application uses the other side: what they write is carried back from now on.',
    when: ({ state }) => state === 'cut-over',
    typed: true,
  },
  {
    what: 'rollback',
    title: 'Roll back',
    means: 'Applications go back to the source, with what they wrote to the target. Before a cutover, what was made is removed.',
    when: ({ state }) => state !== 'completed' && state !== 'planned',
    typed: true,
    danger: true,
  },
  {
    what: 'complete',
    title: 'Complete',
    means: 'Everything it made or changed is taken back: tuned settings, users, roles, keys, blocks. What was copied stays.',
    when: one => ended(one) || one.state === 'cut-over',
    typed: true,
  },
  {
    what: 'cancel',
    title: 'Cancel',
    means: 'It stops, and the settings it tuned are given back.',
    when: one => moves(one) || one.state === 'paused',
    danger: true,
  },
]

/** What can be done with a migration as it stands; each is shown before it is done. */
export function Actions({ live }: { readonly live: Live }) {
  const [chosen, setChosen] = useState<Action>()
  const migration = live.migration.value!
  return (
    <div class="actions" role="group" aria-label="Steer">
      {actions
        .filter(({ when }) => when(migration))
        .map(action => (
          <button key={action.what} type="button" class={action.danger ? 'danger' : ''} onClick={() => setChosen(action)}>
            {action.title}
          </button>
        ))}
      {(moves(migration) || migration.state === 'paused') && <Width live={live} />}
      {chosen && <Confirm action={chosen} live={live} onClose={() => setChosen(undefined)} />}
    </div>
  )
}

/** Bulk requests at once: the one throttle that a person turns while watching. */
function Width({ live }: { readonly live: Live }) {
  const progress = live.progress.value
  const most = Math.max(16, progress?.maxWidth ?? 0)
  const [width, setWidth] = useState<number>()
  const [error, setError] = useState<unknown>()
  const ask = (value: number): void => {
    post(`${live.path}/throttle`, { width: value }).then(() => setError(undefined), setError)
  }
  return (
    <label class="width">
      Width
      <input
        type="range"
        min={1}
        max={most}
        value={width ?? progress?.maxWidth ?? 1}
        onInput={event => setWidth(Number(event.currentTarget.value))}
        onChange={event => ask(Number(event.currentTarget.value))}
      />
      <output>{width ?? progress?.maxWidth ?? '–'}</output>
      {error !== undefined && <Failure error={error} />}
    </label>
  )
}

const accepts: Partial<Readonly<Record<What, readonly (readonly [key: string, text: string])[]>>> = {
  cutover: [
    ['acceptUnverified', 'without a verification that found both sides equal'],
    ['acceptSetAside', 'without the documents that are set aside'],
    ['acceptYellow', "without the target's replicas"],
    ['takeAliases', 'take aliases from other indices of the target'],
  ],
  rollback: [['acceptDifferences', 'although the sides may differ']],
}

function Confirm({ action, live, onClose }: { readonly action: Action; readonly live: Live; readonly onClose: () => void }) {
  const { what, title, means, typed = false, danger = false } = action
  const [accepted, setAccepted] = useState<Readonly<Record<string, boolean>>>({})
  const [shown, setShown] = useState<Done>()
  const [error, setError] = useState<unknown>()
  const [name, setName] = useState('')
  const [busy, setBusy] = useState(false)
  const migration = live.migration.value!
  const ask = async (dryRun: boolean): Promise<void> => {
    setBusy(true)
    try {
      const done = await post<Done>(
        `${live.path}/${what}`,
        { ...accepted, dryRun },
        dryRun || !typed ? undefined : migration.version,
      )
      setError(undefined)
      if (dryRun) return setShown(done)
      void live.refresh()
      onClose()
    } catch (thrown) {
      setError(thrown)
    } finally {
      setBusy(false)
    }
  }
  const options = accepts[what] ?? []
  return (
    <Dialog title={`${title}: ${migration.name}`} onClose={onClose}>
      <p>{means}</p>
      {options.length > 0 && (
        <fieldset>
          <legend>Go ahead</legend>
          {options.map(([key, text]) => (
            <label key={key}>
              <input
                type="checkbox"
                checked={accepted[key] ?? false}
                onChange={event => setAccepted({ ...accepted, [key]: event.currentTarget.checked })}
              />
              {text}
            </label>
          ))}
        </fieldset>
      )}
      {error !== undefined && <Failure error={error} />}
      {shown && (
        <>
          {shown.steps.length > 0 && (
            <>
              <h3>What would be done</h3>
              <ol>
                {shown.steps.map(step => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            </>
          )}
          {shown.steps.length === 0 && shown.conditions.length === 0 && <p>It can be done.</p>}
          {shown.conditions.length > 0 && (
            <>
              <h3>Conditions</h3>
              <ul class="plainlist">
                {shown.conditions.map(({ what: condition, holds, seen, remedy }) => (
                  <li key={condition} class={holds ? 'good' : 'bad'}>
                    {holds ? '✓' : '✗'} <strong>{condition}</strong>: {seen}
                    {!holds && remedy && <p class="quiet">{remedy}</p>}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
      {typed && (
        <label class="stacked">
          Type <strong>{migration.name}</strong> to go ahead
          <input value={name} autocomplete="off" spellcheck={false} onInput={event => setName(event.currentTarget.value)} />
        </label>
      )}
      <footer>
        <button type="button" disabled={busy} onClick={() => void ask(true)}>
          Dry run
        </button>
        <button
          type="button"
          class={danger ? 'danger' : 'primary'}
          disabled={busy || (typed && name !== migration.name)}
          onClick={() => void ask(false)}
        >
          {title}
        </button>
      </footer>
    </Dialog>
  )
}
