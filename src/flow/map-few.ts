import { InFlight } from './in-flight.ts'

/** Every value's result, in order, with so many under way at once. After the first failure no other is begun, and all have ended when it is thrown. */
export async function mapFew<T, R>(values: Iterable<T>, atOnce: number, one: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const flight = new InFlight(atOnce)
  let position = 0
  for (const value of values) {
    const own = position++
    await flight.start(async () => {
      results[own] = await one(value)
    })
  }
  await flight.drain()
  return results
}
