import type { DemoIndex, Operation } from './load.ts'

/*
 * Households and their members: parent and child in one index, each member routed to its household's shard. Their ids, and
 * the bytes of their documents, are what breaks tools that build paths from ids or parse documents on the way.
 */

const households = 1500
const seed = 20_240_229

const definition = {
  settings: { number_of_shards: 2, number_of_replicas: 0 },
  mappings: {
    dynamic: 'strict',
    _routing: { required: true },
    properties: {
      relation: { type: 'join', relations: { household: 'member' } },
      street: { type: 'text' },
      rooms: { type: 'byte' },
      name: { type: 'text', fields: { keyword: { type: 'keyword' } } },
      born: { type: 'short' },
      height: { type: 'double' },
      note: { type: 'text' },
      ledger: { type: 'object', enabled: false },
    },
  },
  aliases: {
    residents: {},
    'one-household': {
      filter: { term: { 'relation#household': householdId(7) } },
      index_routing: householdId(7),
      search_routing: householdId(7),
    },
  },
}

export function peopleIndex(): DemoIndex {
  const random = randomFrom(seed)
  const documents: Operation[] = []
  const revisions: Operation[] = []
  for (let house = 0; house < households; house++) {
    const parent = householdId(house)
    documents.push({ op: 'index', id: parent, routing: parent, source: householdSource(house, random) })
    const members = 1 + Math.floor(random() * 6)
    for (let i = 0; i < members; i++) {
      const number = documents.length
      const id = memberId(number)
      documents.push({ op: 'index', id, routing: parent, source: memberSource(parent, number, random) })
      const fate = random()
      if (fate < 0.04) revisions.push({ op: 'delete', id, routing: parent })
      else if (fate < 0.1) revisions.push({ op: 'index', id, routing: parent, source: memberSource(parent, number, random) })
    }
  }
  return { name: 'people', definition, documents, revisions }
}

function householdId(n: number): string {
  return pick([`Haus №${n}`, `casa/${n}/bis`, `100% "home" ${n}`, `家 ${n}`, `flat+${n}&co`], n)
}

/** Legal ids, every one. The two é differ: one is a single character, the other an e with an accent that follows. */
function memberId(n: number): string {
  const shapes = [
    `person ${n}`,
    `a/b/../${n}`,
    `"quoted" 'twice' ${n}`,
    `100%25 %2F${n}%`,
    `人物-${n}`,
    `?q=${n}&x=<y>#z`,
    `back\\slash ${n}`,
    `👩‍👧 ${n}`,
    `tab\t${n}`,
    ` blanks around ${n} `,
    `\u00E9 ${n}`,
    `e\u0301 ${n}`,
    `..${n}`,
    `{${n}},[*]`,
  ]
  return pick(shapes, n)
}

const streets = ['Rue de l’Église', 'Große Straße', 'Calle Ñuñoa', '银座通り', 'Þórsgata', 'Main Street', 'ул. Мира']
const names = ['Zoë', 'Björn', 'Nguyễn', 'José', 'Łukasz', '美咲', 'Aoife', 'Владимир', 'Fatma', "O'Neil", 'İpek', 'Ana']

function householdSource(house: number, random: () => number): string {
  const rooms = 1 + Math.floor(random() * 8)
  return `{"relation":"household","street":${JSON.stringify(`${pick(streets, house)} ${house}`)},"rooms":${rooms},"ledger":${ledger(random)}}`
}

/** JSON that means the same after any parser, and whose bytes survive none: blanks, escapes, exponents, zeros. */
function memberSource(parent: string, n: number, random: () => number): string {
  const relation = `{"name":"member","parent":${JSON.stringify(parent)}}`
  const name = JSON.stringify(`${pick(names, Math.floor(random() * names.length))} ${n}`)
  const born = 1930 + Math.floor(random() * 95)
  const height = (1.4 + random() * 0.6).toFixed(1)
  const note = pick(['"caf\\u00e9 \\/ tea"', '"\\ud83d\\ude00 and 😀"', '"tab\\u0009, line\\nend"', '"plain"'], n)
  return n % 2 === 0
    ? `{"relation":${relation},"name":${name},"born":${born},"height":${height}0,"note":${note},"ledger":${ledger(random)}}`
    : `{ "note" : ${note}, "name" : ${name},  "born":${born}, "height": ${height}e0, "relation": ${relation}, "ledger":${ledger(random)} }`
}

function ledger(random: () => number): string {
  const digits = Array.from({ length: 22 }, () => Math.floor(random() * 10)).join('')
  return `{"balance":${Math.floor(random() * 900)}.50,"account":1${digits},"rate":1E-7,"debt":-0.0}`
}

function pick(from: readonly string[], n: number): string {
  return from[n % from.length] ?? ''
}

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
