/** Where one is, by the part of the address behind #: it can be sent to somebody, and going back works. */
import { signal } from '@preact/signals'

export const tabs = ['overview', 'partitions', 'indices', 'set-aside', 'verification', 'plan', 'journal'] as const
export type Tab = (typeof tabs)[number]

export type Place =
  { readonly page: 'list' } | { readonly page: 'new' } | { readonly page: 'migration'; readonly name: string; readonly tab: Tab }

export const place = signal<Place>(placeOf(location.hash))
addEventListener('hashchange', () => (place.value = placeOf(location.hash)))

export function hrefOf(to: Place): string {
  if (to.page !== 'migration') return to.page === 'new' ? '#/~new' : '#/'
  return `#/${encodeURIComponent(to.name)}${to.tab === 'overview' ? '' : `/${to.tab}`}`
}

function placeOf(hash: string): Place {
  const [name = '', tab = 'overview'] = hash.replace(/^#\/?/, '').split('/')
  if (name === '') return { page: 'list' }
  if (name === '~new') return { page: 'new' }
  return { page: 'migration', name: decodeURIComponent(name), tab: tabs.find(known => known === tab) ?? 'overview' }
}
