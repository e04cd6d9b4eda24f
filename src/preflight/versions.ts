import type { Cluster } from '../cluster/cluster.ts'
import { atLeast, describeIdentity } from '../model/version.ts'
import type { Identity } from '../model/version.ts'
import { movedTasks } from '../model/plan.ts'
import { attempted } from './check.ts'
import type { Check, CheckContext, Found } from './check.ts'
import { shortList } from './name-lists.ts'

export const versions: Check = {
  id: 'versions',
  title: 'flavor and version of both clusters',
  code: 'unsupported',
  run: async context =>
    await attempted('versions', 'migration', () =>
      Promise.resolve([
        supported(context.source, isSource, 'Elasticsearch 5.6 to 9.x and OpenSearch 1 to 3 can be read'),
        supported(context.target, isTarget, 'Elasticsearch 7.10 to 9.x and OpenSearch 1 to 3 can be written'),
        ...downgrade(context),
        ...sameCluster(context),
      ]),
    ),
}

function isSource({ flavor, version }: Identity): boolean {
  return flavor === 'elasticsearch' ? atLeast(version, 5, 6) && version.major <= 9 : version.major <= 3
}

function isTarget({ flavor, version }: Identity): boolean {
  return flavor === 'elasticsearch' ? atLeast(version, 7, 10) && version.major <= 9 : version.major <= 3
}

function supported({ side, identity }: Cluster, range: (identity: Identity) => boolean, known: string): Found {
  const what = `${describeIdentity(identity)}, cluster ${identity.clusterName}`
  if (range(identity)) return { about: side, severity: 'ok', message: `${what}.` }
  return {
    about: side,
    severity: 'error',
    message: `${what}: this version is not supported as a ${side}; ${known}.`,
    remedy: `Take a ${side} of a supported version, or upgrade this one; A newer Shardferry may know it: npm install --global shardferry@latest`,
  }
}

function downgrade({ source, target }: CheckContext): Found[] {
  const [from, to] = [source.identity, target.identity]
  if (from.flavor !== to.flavor || from.version.major <= to.version.major) return []
  return [
    {
      about: 'target',
      severity: 'warning',
      message: `${describeIdentity(to)} is older than the source's ${describeIdentity(from)}: settings and field types that it does not know are converted or dropped.`,
      remedy: 'shardferry plan, and read the changes of each index before running it',
    },
  ]
}

function sameCluster({ source, target, plan }: CheckContext): Found[] {
  const uuid = source.identity.clusterUuid
  if (uuid === '' || uuid === '_na_' || uuid !== target.identity.clusterUuid) return []
  const ontoItself = plan ? movedTasks(plan).filter(task => task.source === task.target) : []
  if (ontoItself.length > 0) {
    return [
      {
        about: 'target',
        severity: 'error',
        message: `Source and target are the same cluster, and ${shortList(ontoItself.map(task => task.source))} would be copied onto itself.`,
        remedy: "--rename '{index}-copy', or give the address of another cluster as the target",
      },
    ]
  }
  return [
    {
      about: 'target',
      severity: 'warning',
      message: `Source and target are the same cluster (uuid ${uuid}): the copies will stand beside the originals.`,
      remedy: 'If that is not meant, give the address of another cluster as the target: --target-url https://HOST:9200',
    },
  ]
}
