import { useEffect, useState } from 'preact/hooks'
import { Live } from '../live.ts'
import { hrefOf, tabs } from '../place.ts'
import type { Tab } from '../place.ts'
import { Failure, Loading, StateBadge } from '../ui/parts.tsx'
import { Actions } from './actions.tsx'
import { Indices } from './indices.tsx'
import { Journal } from './journal.tsx'
import { Overview } from './overview.tsx'
import { Partitions } from './partitions.tsx'
import { PlanView } from './plan.tsx'
import { SetAsideView } from './set-aside.tsx'
import { VerificationView } from './verification.tsx'

const views: Readonly<Record<Tab, readonly [title: string, view: (props: { readonly live: Live }) => preact.ComponentChild]>> = {
  overview: ['Overview', Overview],
  partitions: ['Partitions', Partitions],
  indices: ['Indices', Indices],
  'set-aside': ['Set aside', SetAsideView],
  verification: ['Verification', VerificationView],
  plan: ['Plan', PlanView],
  journal: ['Journal', Journal],
}

export function MigrationView({ name, tab }: { readonly name: string; readonly tab: Tab }) {
  const [live, setLive] = useState<Live>()
  useEffect(() => {
    const opened = new Live(name)
    setLive(opened)
    return () => opened.close()
  }, [name])
  const migration = live?.migration.value
  if (!live || !migration) {
    const failure = live?.failure.value
    return failure ? <Failure error={failure} again={() => void live.refresh()} /> : <Loading what={name} />
  }
  const View = views[tab][1]
  return (
    <>
      {live.connection.value === 'lost' && (
        <div class="state warn" role="status">
          The connection to the server is lost. What is shown is as of the last answer; it is tried again.
        </div>
      )}
      <div class="title">
        <h1>{migration.name}</h1>
        <StateBadge state={migration.state} />
      </div>
      <Actions live={live} />
      <nav class="tabs" aria-label="Views of the migration">
        {tabs.map(one => (
          <a key={one} href={hrefOf({ page: 'migration', name, tab: one })} aria-current={one === tab ? 'page' : undefined}>
            {views[one][0]}
            {one === 'set-aside' && migration.setAside > 0 && <span class="count">{migration.setAside}</span>}
          </a>
        ))}
      </nav>
      <View live={live} />
    </>
  )
}
