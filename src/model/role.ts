/** What somebody may do with a server: look; start and steer migrations; change connections. Each may do what those before may. */
export const roles = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

export function mayActAs(has: Role, needed: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needed)
}
