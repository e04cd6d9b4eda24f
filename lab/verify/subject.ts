import { ask, type Question } from '../http.ts'
import { nodeAt, readCluster, type LabCluster } from '../record.ts'

/** A running lab cluster that is asked what it can do. */
export interface Subject {
  cluster: LabCluster
  product: 'elasticsearch' | 'opensearch'
  major: number
  /** Up to Elasticsearch 6 every document has a type, and mappings are by type. */
  docType: 'doc' | '_doc'
  /** The answer to a request, read as JSON. @throws Error with the server's words for a status of 300 and above */
  json: <T = unknown>(method: Question['method'], path: string, body?: object | string) => Promise<T>
  /** The status alone. */
  status: (question: Question) => Promise<number>
  /** Deletes the index where there is one, creates it with these fields, and writes these documents. */
  fill: (index: string, fields: object, documents: object[], settings?: object) => Promise<void>
}

const timeoutMs = 60_000

export function subjectOf(name: string, product: Subject['product'], version: string): Subject {
  const cluster = readCluster(name)
  const major = Number(version.split('.')[0])
  const docType = product === 'elasticsearch' && major < 7 ? 'doc' : '_doc'
  const node = nodeAt(cluster, 0)
  const json: Subject['json'] = async <T>(method: Question['method'], path: string, body?: object | string) => {
    const answer = await ask(cluster, node, {
      path,
      timeoutMs,
      ...(method === undefined ? {} : { method }),
      ...(body === undefined ? {} : { body }),
    })
    if (answer.status >= 300) throw new Error(`${answer.status} ${reasonIn(answer.body)}`)
    return JSON.parse(answer.body) as T
  }
  return {
    cluster,
    product,
    major,
    docType,
    json,
    status: async question => (await ask(cluster, node, { timeoutMs, ...question })).status,
    fill: async (index, fields, documents, settings = {}) => {
      await ask(cluster, node, { method: 'DELETE', path: `/${index}`, timeoutMs })
      const mappings = { properties: fields }
      await json('PUT', `/${index}`, {
        settings: { number_of_shards: 1, number_of_replicas: 0, ...settings },
        mappings: docType === 'doc' ? { doc: mappings } : mappings,
      })
      if (documents.length > 0) await write(json, index, docType, documents)
    },
  }
}

/** The documents get the ids 0, 1, ... */
async function write(json: Subject['json'], index: string, docType: Subject['docType'], documents: object[]): Promise<void> {
  const lines = documents.flatMap((document, i) => [
    { index: { _index: index, _id: String(i), ...(docType === 'doc' ? { _type: docType } : {}) } },
    document,
  ])
  const text = lines.map(line => `${JSON.stringify(line)}\n`).join('')
  const answer = await json<{ errors: boolean; items: unknown[] }>('POST', '/_bulk?refresh=true', text)
  if (answer.errors) throw new Error(`bulk: ${reasonIn(JSON.stringify(answer.items[0]))}`)
}

/** The number of documents that a search found; an object from Elasticsearch 7 on. */
export function totalOf(answer: { hits: { total: number | { value: number } } }): number {
  const { total } = answer.hits
  return typeof total === 'number' ? total : total.value
}

/** The first reason in an error, which is the root cause's, else the text itself. */
function reasonIn(body: string): string {
  const reasons = [...body.matchAll(/"reason":"((?:[^"\\]|\\.)*)"/g)].map(match => match[1] ?? '')
  return (reasons[0] ?? /"error":"([^"]*)"/.exec(body)?.[1] ?? body).slice(0, 160)
}

export function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}
