import { LabError } from './errors.ts'
import { elasticsearch5, elasticsearch6, elasticsearch7, elasticsearch717 } from './recipes/elasticsearch-5-to-7.ts'
import { elasticsearch8And9 } from './recipes/elasticsearch-8-and-9.ts'
import { openSearch } from './recipes/opensearch.ts'
import type { Feature } from './recipes/features.ts'
import type { Recipe, SecureRecipe } from './recipes/recipe.ts'

const recipes: Record<string, Recipe> = Object.fromEntries(
  [
    elasticsearch5('5.6.16'),
    elasticsearch6('6.8.9'),
    elasticsearch7('7.10.2'),
    elasticsearch717('7.17.29'),
    elasticsearch8And9({ version: '8.19.21', javaMajor: 17 }),
    elasticsearch8And9({ version: '9.5.3', javaMajor: 21, templates: '8.19.21' }),
    openSearch({ version: '1.3.14', javaMajor: 17, log4j: '2.17.1' }),
    openSearch({ version: '2.19.4', javaMajor: 17, log4j: '2.21.0', classloader: '2.19.6', security: '2.19.4.0' }),
    openSearch({ version: '3.4.0', javaMajor: 21, log4j: '2.21.0', security: '3.4.0.0' }),
    openSearch({ version: '3.8.0', javaMajor: 21, log4j: '2.25.4' }),
  ].map(recipe => [`${recipe.product}-${recipe.version}`, recipe]),
)

export const distNames: readonly string[] = Object.keys(recipes)

export function recipeOf(dist: string): Recipe {
  const recipe = recipes[dist]
  if (recipe === undefined) throw new LabError(`The lab has no dist "${dist}".`, `It has: ${distNames.join(', ')}.`)
  return recipe
}

/** What a secure cluster of the dist has on top. */
export function secureRecipeOf(dist: string): SecureRecipe {
  const { secure } = recipeOf(dist)
  if (secure !== undefined) return secure
  const others = distNames.filter(name => recipes[name]?.secure !== undefined).join(', ')
  throw new LabError(`The lab has no security for ${dist}: no registry has the parts.`, `Secure clusters can be: ${others}.`)
}

/** What a cluster of the dist cannot do, though its version can. */
export function lacksOf(dist: string, secure: boolean): Feature[] {
  const brings = secure ? secureRecipeOf(dist).brings : []
  return recipeOf(dist).lacks.filter(feature => !brings.includes(feature))
}
