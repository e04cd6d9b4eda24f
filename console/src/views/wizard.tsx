import { useState } from 'preact/hooks'
import { post } from '../api.ts'
import { hrefOf } from '../place.ts'
import type { Finding, KnownConnection, Summary } from '../types.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { useLoaded } from '../ui/load.ts'
import { Badge, Failure } from '../ui/parts.tsx'
import { PlanDiff } from './plan.tsx'

interface Side {
  readonly known: string
  readonly url: string
  readonly username: string
  readonly password: string
  readonly ca: string
}

const nowhere: Side = { known: '', url: '', username: '', password: '', ca: '' }

interface Checked {
  readonly worst: Finding['severity']
  readonly findings: readonly Finding[]
  readonly plan: Plan
}

/** Two clusters, what to move, a look at what would be done, and the start. */
export function Wizard() {
  const [source, setSource] = useState(nowhere)
  const [target, setTarget] = useState(nowhere)
  const [indices, setIndices] = useState('*')
  const [follow, setFollow] = useState(true)
  const [name, setName] = useState('')
  const [checked, setChecked] = useState<Checked>()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const asked = {
    ...(name === '' ? {} : { name }),
    source: sideAsked(source),
    target: sideAsked(target),
    settings: {
      indices: indices
        .split(',')
        .map(one => one.trim())
        .filter(Boolean),
      follow,
    },
  }
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await act()
    } catch (thrown) {
      setError(thrown)
    } finally {
      setBusy(false)
    }
  }
  const check = (): Promise<void> => attempt(async () => setChecked(await post<Checked>('/checks', asked)))
  const start = (): Promise<void> =>
    attempt(async () => {
      const made = await post<Summary>('/migrations', asked)
      location.hash = hrefOf({ page: 'migration', name: made.name, tab: 'overview' })
    })
  const ready = [source, target].every(({ known, url }) => known !== '' || url !== '')
  return (
    <>
      <h1>New migration</h1>
      <form
        onSubmit={event => {
          event.preventDefault()
          void check()
        }}
      >
        <div class="sides">
          <Cluster title="Source" side={source} onChange={setSource} />
          <span aria-hidden="true">→</span>
          <Cluster title="Target" side={target} onChange={setTarget} />
        </div>
        <fieldset>
          <legend>What</legend>
          <label class="stacked">
            Indices: names and patterns, separated by commas; -pattern leaves out
            <input value={indices} onInput={event => setIndices(event.currentTarget.value)} />
          </label>
          <label class="stacked">
            Name of the migration (made of both addresses if left empty)
            <input value={name} pattern="[A-Za-z0-9][A-Za-z0-9._-]*" onInput={event => setName(event.currentTarget.value)} />
          </label>
          <label>
            <input type="checkbox" checked={follow} onChange={event => setFollow(event.currentTarget.checked)} />
            follow the source afterwards, until a cutover
          </label>
        </fieldset>
        <div class="actions">
          <button type="submit" class="primary" disabled={busy || !ready}>
            {busy ? 'Looking …' : 'Check and plan'}
          </button>
          <a class="button" href={hrefOf({ page: 'list' })}>
            Not now
          </a>
        </div>
      </form>
      {error !== undefined && <Failure error={error} />}
      {checked && (
        <>
          <h2>Findings</h2>
          <ul class="plainlist">
            {checked.findings
              .filter(({ severity }) => severity !== 'ok')
              .map(({ check: which, about, severity, message, remedy }) => (
                <li key={`${which} ${about} ${message}`}>
                  <Badge tone={severity === 'error' ? 'bad' : severity === 'info' ? 'quiet' : 'warn'}>{severity}</Badge> {message}
                  {remedy && <p class="quiet">{remedy}</p>}
                </li>
              ))}
          </ul>
          {checked.findings.every(({ severity }) => severity === 'ok') && <p class="good">Nothing stands in the way.</p>}
          <h2>Plan</h2>
          <PlanDiff plan={checked.plan} />
          <div class="actions">
            <button type="button" class="primary" disabled={busy || checked.worst === 'error'} onClick={() => void start()}>
              Start
            </button>
          </div>
        </>
      )}
    </>
  )
}

function Cluster({
  title,
  side,
  onChange,
}: {
  readonly title: string
  readonly side: Side
  readonly onChange: (side: Side) => void
}) {
  const { value } = useLoaded<{ readonly connections: readonly KnownConnection[] }>('/connections')
  const known = value?.connections ?? []
  const field = (key: keyof Side, label: string, more: { readonly placeholder?: string; readonly hidden?: boolean } = {}) => {
    const shared = {
      value: side[key],
      autocomplete: 'off',
      spellcheck: false,
      ...(more.placeholder === undefined ? {} : { placeholder: more.placeholder }),
      onInput: (event: preact.TargetedEvent<HTMLInputElement>) => onChange({ ...side, [key]: event.currentTarget.value }),
    }
    return (
      <label class="stacked">
        {label}
        {more.hidden ? <input type="password" {...shared} /> : <input type="text" {...shared} />}
      </label>
    )
  }
  return (
    <fieldset>
      <legend>{title}</legend>
      {known.length > 0 && (
        <label class="stacked">
          Connection
          <select value={side.known} onChange={event => onChange({ ...side, known: event.currentTarget.value })}>
            <option value="">another</option>
            {known.map(one => (
              <option key={one.name} value={one.name}>
                {one.name} ({one.url.join(', ')})
              </option>
            ))}
          </select>
        </label>
      )}
      {side.known === '' && (
        <>
          {field('url', 'Address', { placeholder: `https://${title === 'Source' ? 'old' : 'new'}.example:9200` })}
          {field('username', 'User')}
          {field('password', 'Password', { hidden: true })}
          <label class="stacked">
            CA certificate, as PEM text, where no public CA signed
            <textarea rows={2} value={side.ca} onInput={event => onChange({ ...side, ca: event.currentTarget.value })} />
          </label>
        </>
      )}
    </fieldset>
  )
}

function sideAsked({ known, url, username, password, ca }: Side): string | object {
  if (known !== '') return known
  return {
    url: url.split(',').map(one => one.trim()),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(ca.trim() === '' ? {} : { ca }),
  }
}
