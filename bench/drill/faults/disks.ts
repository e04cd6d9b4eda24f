import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mayMount, smallDisk } from '../../../test/support/small-disk.ts'
import type { SmallDisk } from '../../../test/support/small-disk.ts'
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

/** No disk has so much room left. */
const beyondAnyDisk = { low: '900000gb', high: '899999gb', flood_stage: '899998gb' }

export const floodStageOfTheServer: Fault = {
  name: 'target at flood stage, by itself',
  slow: true,
  prepare: async round => {
    round.docsPerSecond = 100
  },
  does: 'the watermarks of the target are set so that its own look at the disk finds the flood stage, until they are set back',
  begin: async ({ target, running }) => {
    const watermarks = Object.entries(beyondAnyDisk).map(([name, value]) => [`${disk}.watermark.${name}`, value])
    await target.json('PUT', '/_cluster/settings', {
      transient: {
        [`${disk}.threshold_enabled`]: true,
        'cluster.info.update.interval': '10s',
        ...Object.fromEntries(watermarks),
      },
    })
    // It looks every ten seconds.
    await Promise.race([sleep(11_000), running.outcome])
  },
  end: async ({ target, seed }) => {
    const names = ['threshold_enabled', ...Object.keys(beyondAnyDisk).map(name => `watermark.${name}`)]
    const unset = Object.fromEntries(
      [...names.map(name => `${disk}.${name}`), 'cluster.info.update.interval'].map(name => [name, null]),
    )
    // With all its disks full a cluster also takes no new index, and that block it does not lift once it looks no more.
    const open = { 'cluster.blocks.create_index': null }
    await target.json('PUT', '/_cluster/settings', { transient: { ...unset, ...open }, persistent: open })
    await target.json('PUT', `/*-r${seed}/_settings?allow_no_indices=true`, { [block]: null })
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
