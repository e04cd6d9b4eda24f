import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mayMount, smallDisk } from '../../../test/support/small-disk.ts'
import type { SmallDisk } from '../../../test/support/small-disk.ts'
import { until } from '../../../test/support/until.ts'
import type { Fault, Round } from '../fault.ts'

const block = 'index.blocks.read_only_allow_delete'

export const floodStage: Fault = {
  name: 'target at flood stage',
  does: 'the block that a full disk brings stands on the indices of the target',
  begin: async ({ target, indices, copyOf }) => {
    await target.json('PUT', `/${indices.map(index => copyOf(index)).join(',')}/_settings?ignore_unavailable=true`, {
      [block]: true,
    })
  },
  end: async ({ target, seed }) => {
    await target.json('PUT', `/*-r${seed}/_settings?allow_no_indices=true`, { [block]: null })
  },
}

const disk = 'cluster.routing.allocation.disk'

type Watermarks = Readonly<Record<'low' | 'high' | 'flood_stage', string>>

/** No disk has so much room left. */
const beyondAnyDisk: Watermarks = { low: '900000gb', high: '899999gb', flood_stage: '899998gb' }
const belowAnyDisk: Watermarks = { low: '3mb', high: '2mb', flood_stage: '1mb' }

/** It looks every ten seconds. */
async function watch({ target }: Pick<Round, 'target'>, watermarks: Watermarks): Promise<void> {
  const settings = Object.entries(watermarks).map(([name, value]) => [`${disk}.watermark.${name}`, value])
  await target.json('PUT', '/_cluster/settings', {
    transient: {
      [`${disk}.threshold_enabled`]: true,
      'cluster.info.update.interval': '10s',
      ...Object.fromEntries(settings),
    },
  })
}

export const floodStageOfTheServer: Fault = {
  name: 'target at flood stage, by itself',
  slow: true,
  prepare: async round => {
    round.docsPerSecond = 100
  },
  does: 'the watermarks of the target are set so that its own look at the disk finds the flood stage, until they are set back',
  begin: async round => {
    await watch(round, beyondAnyDisk)
    await Promise.race([sleep(11_000), round.running.outcome])
  },
  end: async round => {
    const { target } = round
    await watch(round, belowAnyDisk)
    // It blocked every index, also those of its security; nobody else may lift that block.
    await until(`${target.site.name} to find room on its disks`, async () => {
      const blocked = await target.json<object>('GET', `/_all/_settings/${block}?expand_wildcards=all`)
      return Object.keys(blocked).length === 0 ? true : undefined
    })
    const names = ['threshold_enabled', ...Object.keys(belowAnyDisk).map(name => `watermark.${name}`)]
    const unset = Object.fromEntries(
      [...names.map(name => `${disk}.${name}`), 'cluster.info.update.interval'].map(name => [name, null]),
    )
    // With all its disks full a cluster also takes no new index.
    const open = { 'cluster.blocks.create_index': null }
    await target.json('PUT', '/_cluster/settings', { transient: { ...unset, ...open }, persistent: open })
  },
}

export function stateFolderFull(): Fault {
  const disks = new WeakMap<Round, SmallDisk>()
  let permitted: boolean | undefined
  const may = (): boolean => {
    permitted ??= mayMount()
    return permitted
  }
  return {
    name: 'state folder full',
    does: 'the disk of the state folder (24 MB of its own) fills up, and gets room again',
    impossible: () => (may() ? undefined : 'it needs the right to mount a disk of its own'),
    prepare: async round => {
      const small = smallDisk(join(round.folder, 'disk'))
      round.after(() => small.unmount())
      round.env['SHARDFERRY_STATE'] = join(small.path, 'state')
      disks.set(round, small)
    },
    begin: async round => {
      disks.get(round)?.fill(round.random.between(0, 64))
      await Promise.race([sleep(2_000), round.running.outcome])
    },
    end: async round => disks.get(round)?.free(),
  }
}
