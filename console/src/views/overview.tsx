import {
  formatByteRate,
  formatBytes,
  formatDocs,
  formatDuration,
  formatPercent,
  formatRate,
  formatShort,
  fractionOf,
  plural,
} from '../../../src/cli/view/numbers.ts'
import type { Live } from '../live.ts'
import { clusterText, phases, stepOf, way } from '../words.ts'
import { Plot } from '../ui/plot.tsx'
import { Bar, Empty, Fact } from '../ui/parts.tsx'

/** What a person looks at while it moves: how far, how fast, how far behind, and why no faster. */
export function Overview({ live }: { readonly live: Live }) {
  const migration = live.migration.value!
  const progress = live.progress.value
  const { error, report } = migration
  return (
    <>
      {error && (
        <div class="state bad" role="alert">
          <strong>{error.message}</strong>
          {error.hint && <p>{error.hint}</p>}
        </div>
      )}
      {migration.held && (
        <div class="state warn" role="status">
          <strong>The side that applications have left takes no writes.</strong>
          <p>When every application has moved, say so: what they write is carried over from then on.</p>
        </div>
      )}
      <div class="sides">
        <Side title="Source" cluster={migration.source} />
        <span aria-hidden="true">→</span>
        <Side title="Target" cluster={migration.target} />
      </div>
      {progress ? <Moving live={live} /> : <Empty>Nothing has been moved yet.</Empty>}
      {report && (
        <section>
          <h2>Account</h2>
          <p>
            {formatDocs(report.total.read)} read = {formatDocs(report.total.written)} written +{' '}
            {formatDocs(report.total.alreadyNewer)} already newer + {formatDocs(report.total.setAside)} set aside +{' '}
            {formatDocs(report.total.filtered)} filtered: {report.balanced ? 'it balances' : 'it does not balance'}.
          </p>
          {report.notes.length > 0 && (
            <ul>
              {report.notes.map(note => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          )}
        </section>
      )}
    </>
  )
}

function Side({ title, cluster }: { readonly title: string; readonly cluster: Parameters<typeof clusterText>[0] }) {
  return (
    <section class="side">
      <h2>{title}</h2>
      <p>{clusterText(cluster)}</p>
      <p class="quiet">
        {cluster?.clusterName} <br /> {cluster?.address}
      </p>
    </section>
  )
}

function Moving({ live }: { readonly live: Live }) {
  const progress = live.progress.value!
  const { total, phase } = progress
  const fraction = phase === 'done' ? 1 : fractionOf(total.counts.read, total.expectedDocs)
  const step = stepOf(phase)
  const follows = phase.startsWith('following')
  return (
    <>
      <ol class="way" aria-label="Phases">
        {way.map((one, at) => (
          <li key={one} class={at < step ? 'past' : at === step ? 'now' : ''} aria-current={at === step ? 'step' : undefined}>
            {at === step ? (phases[phase] ?? phase) : phases[one]}
          </li>
        ))}
      </ol>
      <Bar part={fraction} tone={progress.paused ? 'warn' : fraction === 1 ? 'good' : 'busy'} label="Documents copied" />
      {(progress.throttleReason !== '' || progress.paused) && (
        <p class="state warn" role="status">
          {progress.paused ? 'It rests' : `Slowed to ${progress.width} of ${plural(progress.maxWidth, 'request', 'requests')}`}:{' '}
          {progress.throttleReason || 'paused by hand'}
        </p>
      )}
      <dl class="facts">
        <Fact label="documents">
          {formatDocs(total.counts.read)}{' '}
          <small>
            of {formatDocs(total.expectedDocs)}, {formatPercent(fraction)}
          </small>
        </Fact>
        <Fact label="bytes">
          {formatBytes(total.counts.bytes)} <small>of {formatBytes(Math.max(total.expectedBytes, total.counts.bytes))}</small>
        </Fact>
        {follows ? (
          <Fact label="lag" tone={total.lag?.operations ? 'warn' : 'good'}>
            {total.lag === null
              ? '–'
              : total.lag.operations === 0
                ? 'none'
                : plural(total.lag.operations, 'operation', 'operations')}
          </Fact>
        ) : (
          <Fact label="time left">{progress.etaMs === null || progress.paused ? '–' : formatDuration(progress.etaMs)}</Fact>
        )}
        <Fact label="elapsed">{formatDuration(progress.elapsedMs)}</Fact>
        <Fact label="partitions">
          {formatDocs(progress.partitionsDone)} <small>of {formatDocs(progress.partitionsKnown)}</small>
        </Fact>
        <Fact label="set aside" {...(total.counts.setAside > 0 ? { tone: 'warn' as const } : {})}>
          {formatDocs(total.counts.setAside)}
        </Fact>
        <Fact label="retries">{formatDocs(progress.retries)}</Fact>
        <Fact label="width">
          {progress.width} <small>of {progress.maxWidth}</small>
        </Fact>
      </dl>
      <div class="plots">
        <Plot
          title="Documents"
          samples={live.samples.value}
          value={one => one.docsPerSecond}
          format={formatRate}
          tick={formatShort}
          colour="--accent"
        />
        <Plot
          title="Bytes"
          samples={live.samples.value}
          value={one => one.bytesPerSecond}
          format={formatByteRate}
          tick={formatBytes}
          colour="--good"
        />
        {follows && (
          <Plot
            title="Lag"
            samples={live.samples.value}
            value={one => one.lag}
            format={ops => `${formatDocs(ops)} ops`}
            tick={formatShort}
            colour="--warn"
          />
        )}
      </div>
    </>
  )
}
