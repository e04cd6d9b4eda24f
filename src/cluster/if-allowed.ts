import { ShardferryError } from '../model/errors.ts'

/** The answer; undefined where the user lacks the privilege to ask. */
export async function ifAllowed<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.code === 'forbidden') return undefined
    throw thrown
  }
}
