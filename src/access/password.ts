import { randomBytes, randomInt } from 'node:crypto'
import { Secret } from '../model/secret.ts'

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.'

/** About 190 bits, with a letter of each case, a digit and a sign: password rules of clusters ask for some of each. */
export function newPassword(): Secret {
  for (;;) {
    const text = Array.from({ length: 32 }, () => alphabet[randomInt(alphabet.length)]).join('')
    if ([/[A-Z]/, /[a-z]/, /[2-9]/, /[-_.]/, /^[A-Za-z]/].every(kind => kind.test(text))) return new Secret(text)
  }
}

/** What makes the name of an API key the only one. */
export function randomSuffix(): string {
  return randomBytes(4).toString('hex')
}
