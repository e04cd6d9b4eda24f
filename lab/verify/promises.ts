import { kill, revive } from '../cluster.ts'
import { recipeOf } from '../dists.ts'
import { errorCode } from '../errors.ts'
import { basic } from '../http.ts'
import { expect, totalOf, type Subject } from './subject.ts'

/** What every dist does, and the sentence that says so. @throws Error when it does not */
export interface Promised {
  what: string
  secureOnly?: true
  keep: (subject: Subject) => Promise<void>
}

const documents = Array.from({ length: 1000 }, (_, n) => ({ n, text: `text number ${n}`, word: `w${n % 7}` }))
const fields = { n: { type: 'integer' }, text: { type: 'text' }, word: { type: 'keyword' } }

const untrusted = ['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY']

export const promises: readonly Promised[] = [
  {
    what: 'says which version it is',
    async keep({ cluster, json }) {
      const { version } = await json<{ version: { number: string } }>('GET', '/')
      expect(version.number === recipeOf(cluster.dist).version, `it says ${version.number}`)
    },
  },
  {
    what: 'creates an index, takes 1000 documents by bulk, finds them by an alias, and counts them in buckets',
    async keep({ fill, json }) {
      await fill('basics', fields, documents, { number_of_shards: 2 })
      await json('POST', '/_aliases', { actions: [{ add: { index: 'basics', alias: 'alias-of-basics' } }] })
      const answer = await json<Found & { aggregations: { words: { buckets: unknown[] } } }>('POST', '/alias-of-basics/_search', {
        query: { match: { text: 'number' } },
        aggs: { words: { terms: { field: 'word' } } },
      })
      expect(totalOf(answer) === 1000, `it found ${totalOf(answer)}`)
      expect(answer.aggregations.words.buckets.length === 7, 'the buckets are not 7')
    },
  },
  {
    what: 'shows a document after a refresh, and not before',
    async keep({ fill, json, docType }) {
      await fill('refreshed', fields, [], { refresh_interval: '-1' })
      await json('PUT', `/refreshed/${docType}/1`, { n: 1 })
      const before = totalOf(await json<Found>('GET', '/refreshed/_search'))
      await json('POST', '/refreshed/_refresh')
      const after = totalOf(await json<Found>('GET', '/refreshed/_search'))
      expect(before === 0 && after === 1, `${before} before, ${after} after`)
    },
  },
  {
    what: 'gives every document once in a sliced scroll',
    async keep(subject) {
      const [first, second] = [await scroll(subject, 0), await scroll(subject, 1)]
      expect(
        new Set([...first, ...second]).size === 1000 && first.length + second.length === 1000,
        'not every document came once',
      )
    },
  },
  {
    what: 'keeps a template for new indices',
    async keep({ json, major, product }) {
      const pattern =
        product === 'elasticsearch' && major < 6 ? { template: 'by-template-*' } : { index_patterns: ['by-template-*'] }
      await json('PUT', '/_template/of-lab', { ...pattern, settings: { number_of_shards: 3 } })
      await json('PUT', '/by-template-1')
      const answer = await json<Record<string, { settings: { index: { number_of_shards: string } } }>>(
        'GET',
        '/by-template-1/_settings',
      )
      expect(answer['by-template-1']?.settings.index.number_of_shards === '3', 'the template was not used')
    },
  },
  {
    what: 'answers 401 to a wrong password and to none',
    secureOnly: true,
    async keep({ cluster, status }) {
      const wrong = await status({ path: '/', authorization: basic(cluster.admin?.username ?? '', 'wrong') })
      const none = await status({ path: '/', authorization: false })
      expect(wrong === 401 && none === 401, `it answered ${wrong} and ${none}`)
    },
  },
  {
    what: 'shows a certificate that its CA signed, and no other CA did',
    secureOnly: true,
    async keep({ status }) {
      const own = await status({ path: '/' })
      const withoutCa = await status({ path: '/', ca: '' }).catch((error: unknown) => error)
      expect(own === 200, `with the CA it answered ${own}`)
      expect(untrusted.includes(errorCode(withoutCa) ?? ''), `without the CA: ${String(withoutCa)}`)
    },
  },
]

/** Comes after everything else: it ends the node as a crash would. */
export const survivesACrash: Promised = {
  what: 'comes back from a crash with its documents',
  async keep({ cluster, json }) {
    await kill(cluster.name, 0)
    await revive(cluster.name, 0)
    const { count } = await json<{ count: number }>('GET', '/basics/_count')
    expect(count === 1000, `it has ${count} of 1000 documents`)
  },
}

interface Found {
  hits: { total: number | { value: number }; hits: { _id: string }[] }
}

async function scroll({ json }: Subject, slice: number): Promise<string[]> {
  const ids: string[] = []
  const body = { size: 300, sort: ['_doc'], slice: { id: slice, max: 2 } }
  let page = await json<Found & { _scroll_id: string }>('POST', '/basics/_search?scroll=1m', body)
  while (page.hits.hits.length > 0) {
    ids.push(...page.hits.hits.map(hit => hit._id))
    page = await json('POST', '/_search/scroll', { scroll: '1m', scroll_id: page._scroll_id })
  }
  await json('DELETE', '/_search/scroll', { scroll_id: [page._scroll_id] })
  return ids
}
