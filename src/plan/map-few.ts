import { InFlight } from '../flow/in-flight.ts'

const together = 6

/** Every value's result, in order, with a few under way at once; the first failure ends it. */
export async function mapFew<T, R>(values: readonly T[], one: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const flight = new InFlight(together)
  for (const [position, value] of values.entries())
    await flight.start(async () => {
      results[position] = await one(value)
    })
  await flight.drain()
  return results
}
