import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical } from './canonical.ts'

function of(text: string): string | undefined {
  return canonical(Buffer.from(text, 'utf8'))
}

/** JSON text of a value with its members in another order, blanks, comments and escapes in between, as chance will have it. */
function rewritten(value: unknown, chance: () => number): string {
  const gap = (): string => ['', ' ', '\n', '\t ', '/* { " */', '// "\n'][Math.floor(chance() * 6)]!
  const text = (word: string): string => {
    const escaped = Array.from(word, c => (chance() < 0.3 ? unitsOf(c) : JSON.stringify(c).slice(1, -1)))
    return `"${escaped.join('')}"`
  }
  const inner = (one: unknown): string => {
    if (typeof one === 'string') return gap() + text(one) + gap()
    if (Array.isArray(one)) return `${gap()}[${one.length > 0 ? one.map(inner).join(',') : gap()}]${gap()}`
    if (typeof one !== 'object' || one === null) return gap() + JSON.stringify(one) + gap()
    const members = Object.entries(one).map(([name, member]) => `${gap()}${text(name)}${gap()}:${inner(member)}`)
    return `${gap()}{${members.length > 0 ? members.toSorted(() => chance() - 0.5).join(',') : gap()}}${gap()}`
  }
  return inner(value)
}

function unitsOf(text: string): string {
  return Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
}

const json = fc.jsonValue({ stringUnit: 'binary' }).map(value => JSON.parse(JSON.stringify(value)) as unknown)

test('order of members, blanks, comments and escapes change nothing', () => {
  fc.assert(
    fc.property(
      json,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 5 }),
      (value, draws) => {
        let at = 0
        const chance = (): number => draws[at++ % draws.length]!
        expect(of(rewritten(value, chance))).toBe(of(JSON.stringify(value)))
      },
    ),
  )
})

test('the canonical text is itself JSON of the same value, and its own canonical text', () => {
  fc.assert(
    fc.property(json, value => {
      const text = of(JSON.stringify(value))!
      expect(JSON.parse(text)).toEqual(value)
      expect(of(text)).toBe(text)
    }),
  )
})

test('unequal values have unequal texts', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(of(JSON.stringify(a)) === of(JSON.stringify(b))).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)))
    }),
  )
})

/** Lists stay lists; members become a list in an object, which no value looks like. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { members: members.map(([name, member]) => [name, sorted(member)]) }
}

test.each([
  ['1.50', '1.5'],
  ['9007199254740993', '9007199254740992'],
  ['0.10000000000000000001', '0.1'],
  ['1E+2', '100'],
  ['-0.0', '0.0'],
])('%s is not %s: a number is its text', (a, b) => {
  expect(of(`{"n":${a}}`)).toBe(`{"n":${a}}`)
  expect(of(`{"n":${a}}`)).not.toBe(of(`{"n":${b}}`))
})

test('a name that stands twice keeps both values in their order', () => {
  expect(of('{"b":0,"a":1,"a":2}')).toBe('{"a":1,"a":2,"b":0}')
  expect(of('{"a":2,"b":0,"a":1}')).not.toBe(of('{"a":1,"a":2,"b":0}'))
})

test('raw control characters inside a string, which old servers hold, are those that are escaped elsewhere', () => {
  expect(of('{"a":"x\ty"}')).toBe(of('{"a":"x\\ty"}'))
})

test.each(['', '{', '{"a"}', '{"a":1,}', '[1 2]', '{"a":1}}', '"open', '/* open', '{"a":"\\x"}', '{,}'])(
  '%s is no JSON',
  text => {
    expect(of(text)).toBeUndefined()
  },
)

test('what is nested too deep for the stack is told to be no JSON, not a crash', () => {
  const deep = 200_000
  expect(of('['.repeat(deep) + ']'.repeat(deep))).toBeUndefined()
  expect(of('['.repeat(1000) + ']'.repeat(1000))).toBe('['.repeat(1000) + ']'.repeat(1000))
})
