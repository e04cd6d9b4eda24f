import { formatDocs, plural } from '../../../src/cli/view/numbers.ts'
import type { Live } from '../live.ts'
import type { SetAside } from '../types.ts'
import { useLoaded } from '../ui/load.ts'
import { Empty, Failure, Loading } from '../ui/parts.tsx'

/** Documents that the target refused, by reason: most of them have one in common. */
export function SetAsideView({ live }: { readonly live: Live }) {
  const count = live.progress.value?.total.counts.setAside ?? live.migration.value?.setAside ?? 0
  const { value, error, again } = useLoaded<SetAside>(`${live.path}/set-aside?limit=200`, count)
  if (!value) return error ? <Failure error={error} again={again} /> : <Loading what="documents" />
  if (value.reasons.length === 0) return <Empty>The target took every document.</Empty>
  return (
    <section>
      <p>
        They are kept with their bytes. Correct the mapping of the target, then write them again:{' '}
        <code>shardferry rejected retry {live.name}</code>
      </p>
      {value.reasons.map(({ index, type, reason, documents }) => (
        <details key={`${index} ${type} ${reason}`}>
          <summary>
            <strong>{plural(documents, 'document', 'documents')}</strong> of {index}: {type}
            <span class="quiet">{reason}</span>
          </summary>
          {value.documents
            .filter(one => one.index === index && one.type === type && one.reason === reason)
            .slice(0, 5)
            .map(({ id, source }) => (
              <figure key={id}>
                <figcaption>{id}</figcaption>
                <pre tabIndex={0}>{source ?? 'Its bytes are no text.'}</pre>
              </figure>
            ))}
        </details>
      ))}
      {value.next !== null && <p class="quiet">Samples are of the first {formatDocs(value.documents.length)} documents.</p>}
    </section>
  )
}
