import type { Cluster } from '../cluster/cluster.ts'
import { onBothSides } from './check.ts'
import type { Check, Found } from './check.ts'

/** What the settings say of the wire: the connections themselves do not tell whether they send credentials. */
export const transport: Check = {
  id: 'transport',
  title: 'encryption of both connections',
  code: 'tls-untrusted',
  run: async context =>
    await onBothSides('transport', context, async cluster => {
      const found = context.warnings.flatMap(warning => ofSide(cluster, warning))
      return found.length > 0 ? found : [unwarned(cluster)]
    }),
}

function ofSide({ side, address }: Cluster, warning: string): Found[] {
  const parts = new RegExp(`^${side}\\.(\\w+): (.*)$`, 's').exec(warning)
  if (!parts) return []
  const [, key = '', message = ''] = parts
  const remedy =
    key === 'insecure'
      ? `shardferry.yaml: ${side}: { insecure: false, ca: FILE }`
      : `shardferry.yaml: ${side}: { url: "${address.replace(/^http:/, 'https:')}", ca: FILE }`
  return [{ about: side, severity: 'warning', message, remedy }]
}

function unwarned({ side, address }: Cluster): Found {
  return address.startsWith('https:')
    ? { about: side, severity: 'ok', message: 'Encrypted: every address is https.' }
    : { about: side, severity: 'info', message: `Plain HTTP (${address}): documents go over the network unencrypted.` }
}
