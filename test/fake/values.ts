// Field values: which ones a mapped type refuses, and how two of them compare.
import { asText, isObject } from './json.ts'
import type { Json, JsonObject } from './json.ts'

const WHOLE: Record<string, [bigint, bigint]> = {
  byte: [-128n, 127n],
  short: [-32768n, 32767n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
}
const FRACTION = new Set(['double', 'float', 'half_float', 'scaled_float'])
const ISO_DATE = /^[+-]?\d{4,}(-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}([.,]\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/

/** The `caused_by` of the refusal, or undefined when the field takes the value. */
export function valueProblem(field: JsonObject, value: Json): JsonObject | undefined {
  const type = asText(field['type'])
  if (value === null || value === '') return undefined
  if (type in WHOLE || FRACTION.has(type)) return numberProblem(type, value)
  if (type === 'date' || type === 'date_nanos') return 'format' in field ? undefined : dateProblem(value)
  if (type === 'boolean') {
    if (typeof value === 'boolean' || value === 'true' || value === 'false') return undefined
    return {
      type: 'illegal_argument_exception',
      reason: `Failed to parse value [${asText(value)}] as only [true] or [false] are allowed.`,
    }
  }
  if ((type === 'text' || type === 'keyword') && isObject(value)) {
    return { type: 'illegal_state_exception', reason: "Can't get text on a START_OBJECT at 1:1" }
  }
  return undefined
}

function numberProblem(type: string, value: Json): JsonObject | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') {
    const token = isObject(value) ? 'START_OBJECT' : `VALUE_${asText(value).toUpperCase()}`
    const reason = `Current token (${token}) not numeric, can not use numeric value accessors`
    return { type: 'json_parse_exception', reason }
  }
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number === 'number' && !Number.isFinite(number)) {
    const kind = type === 'long' ? 'illegal_argument_exception' : 'number_format_exception'
    return { type: kind, reason: `For input string: "${asText(value)}"` }
  }
  const range = WHOLE[type]
  if (range === undefined) return undefined
  const whole = typeof number === 'bigint' ? number : BigInt(Math.trunc(number))
  if (whole >= range[0] && whole <= range[1]) return undefined
  const javaType = type === 'integer' ? 'int' : type
  return {
    type: 'input_coercion_exception',
    reason: `Numeric value (${asText(value)}) out of range of ${javaType} (${range[0]} - ${range[1]})`,
  }
}

function dateProblem(value: Json): JsonObject | undefined {
  const text = asText(value)
  if (typeof value === 'number' || typeof value === 'bigint' || /^-?\d+$/.test(text)) return undefined
  if (typeof value === 'string' && ISO_DATE.test(text) && !Number.isNaN(dateMs(text))) return undefined
  return {
    type: 'illegal_argument_exception',
    reason: `failed to parse date field [${text}] with format [strict_date_optional_time||epoch_millis]`,
    caused_by: { type: 'date_time_parse_exception', reason: 'Failed to parse with all enclosed parsers' },
  }
}

/** Milliseconds of a date value; a time without a zone is UTC, unlike in JavaScript. */
export function dateMs(text: string): number {
  if (/^-?\d{5,}$/.test(text)) return Number(text)
  const zoned = /T.*(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`
  return Date.parse(zoned.replace(',', '.').replace(/T(\d{2})(?=Z|[+-]|$)/, 'T$1:00'))
}

/** A value as its field's type sorts and compares it: whole-number fields cut off fractions. */
export function comparable(type: string, value: Json): string | number | bigint | undefined {
  if (type === 'date' || type === 'date_nanos') return typeof value === 'number' ? value : dateMs(asText(value))
  if (type in WHOLE || FRACTION.has(type)) {
    if (typeof value === 'bigint') return value
    return type in WHOLE ? Math.trunc(Number(value)) : Number(value)
  }
  return typeof value === 'object' ? undefined : typeof value === 'number' || typeof value === 'bigint' ? value : asText(value)
}
