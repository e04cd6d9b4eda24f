import { useEffect, useState } from 'preact/hooks'
import { formatDocs, formatDuration, formatPercent, fractionOf } from '../../../src/cli/view/numbers.ts'
import type { Progress } from '../../../src/model/progress.ts'
import type { Difference, Verification } from '../../../src/model/verification.ts'
import type { Live } from '../live.ts'
import { phases } from '../words.ts'
import { useLoaded } from '../ui/load.ts'
import { Badge, Bar, Empty, Failure, Loading } from '../ui/parts.tsx'

interface Compared {
  readonly running: boolean
  readonly progress: Progress | null
  readonly error: { readonly message: string; readonly hint: string | null } | null
  readonly report: Verification | null
}

const verdicts = {
  equal: ['equal', 'good'],
  'set-aside': ['equal but for documents set aside', 'warn'],
  differs: ['different', 'bad'],
} as const

/** Both sides next to each other, as the last comparison found them. */
export function VerificationView({ live }: { readonly live: Live }) {
  const [turn, setTurn] = useState(0)
  const { value, error, again } = useLoaded<Compared>(`${live.path}/verification`, turn)
  useEffect(() => {
    const timer = setInterval(() => setTurn(now => now + 1), value?.running ? 1_000 : 5_000)
    return () => clearInterval(timer)
  }, [value?.running])
  if (!value) return error ? <Failure error={error} again={again} /> : <Loading what="the verification" />
  const { running, progress, report } = value
  return (
    <section>
      {value.error && <Failure error={new Error(value.error.message)} />}
      {running && (
        <div class="state" role="status">
          <p>
            {phases[progress?.phase ?? ''] ?? 'Comparing'}: {formatDocs(progress?.total.counts.read ?? 0)} of{' '}
            {formatDocs(progress?.total.expectedDocs ?? 0)} documents
            {progress?.etaMs == null ? '' : `, ${formatDuration(progress.etaMs)} left`}
          </p>
          <Bar
            part={fractionOf(progress?.total.counts.read ?? 0, progress?.total.expectedDocs ?? 0)}
            tone="busy"
            label="Compared"
          />
        </div>
      )}
      {report ? (
        <Report report={report} path={live.path} />
      ) : (
        !running && <Empty>Both sides were not compared yet: choose Verify.</Empty>
      )}
    </section>
  )
}

function Report({ report, path }: { readonly report: Verification; readonly path: string }) {
  const [text, tone] = verdicts[report.verdict]
  return (
    <>
      <div class="title">
        <h2>Both sides are {text}</h2>
        <Badge tone={tone}>{report.level}</Badge>
      </div>
      <p class="quiet">
        {new Date(report.startedAt).toLocaleString()}, in {formatDuration(report.tookMs)}
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Indices compared">
        <table>
          <thead>
            <tr>
              <th scope="col">Index</th>
              <th scope="col" class="number">
                {report.source.product}
              </th>
              <th scope="col" class="number">
                {report.target.product}
              </th>
              <th scope="col">Digests</th>
              <th scope="col">Differences</th>
            </tr>
          </thead>
          <tbody>
            {report.indices.map(one => {
              const [verdict, feels] = verdicts[one.verdict]
              const differences = one.missing + one.stale + one.extra
              return (
                <tr key={one.index}>
                  <th scope="row">{one.index}</th>
                  <td class="number">{formatDocs(one.onSource.docs)}</td>
                  <td class="number">{formatDocs(one.onTarget.docs)}</td>
                  <td>
                    <code>{one.onSource.digest || '–'}</code> {one.onSource.digest === one.onTarget.digest ? '=' : '≠'}{' '}
                    <code>{one.onTarget.digest || '–'}</code>
                  </td>
                  <td>
                    {differences === 0 ? (
                      <Badge tone={feels}>{verdict}</Badge>
                    ) : (
                      `${formatDocs(one.missing)} missing, ${formatDocs(one.stale)} stale, ${formatDocs(one.extra)} extra (${formatPercent(fractionOf(differences, one.onSource.docs))})`
                    )}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {report.verdict !== 'equal' && <Differences path={path} />}
    </>
  )
}

function Differences({ path }: { readonly path: string }) {
  const { value } = useLoaded<{ readonly differences: readonly Difference[]; readonly next: number | null }>(
    `${path}/differences?limit=100`,
  )
  if (!value || value.differences.length === 0) return null
  return (
    <>
      <h3>Documents</h3>
      <ul class="plainlist">
        {value.differences.map(({ index, id, kind, routing }) => (
          <li key={`${index} ${id} ${routing}`}>
            <Badge tone={kind === 'extra' ? 'warn' : 'bad'}>{kind}</Badge> {index}/<code>{id}</code>
          </li>
        ))}
      </ul>
      {value.next !== null && <p class="quiet">There are more: they are all in the report.</p>}
    </>
  )
}
