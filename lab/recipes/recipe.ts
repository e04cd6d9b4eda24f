import type { Feature } from './features.ts'

/** What a dist is made of. Everything that differs between products and versions is data here, not a condition elsewhere. */
export interface Recipe {
  product: 'elasticsearch' | 'opensearch'
  version: string
  /** The oldest Java that runs it. */
  javaMajor: number
  /** group:artifact:version, here and in all coordinates. The server itself stands first. */
  lib: string[]
  /** group:artifact patterns that Maven leaves out everywhere. */
  excludes: string[]
  modules: ModuleRecipe[]
  /** What stands in for a module of the server that no registry has. */
  ownModules: OwnModuleRecipe[]
  /** Sources below lab/java of classes beside the server's own, compiled against it. */
  ownClasses: string[]
  jvm: string[]
  /** It compresses with a zstd library that its distribution brings along and no registry has: the system's is lent to it. */
  wantsZstd: boolean
  settingNames: SettingNames
  /** What a cluster with TLS and passwords has on top; undefined where no registry has the parts. */
  secure: SecureRecipe | undefined
  /** What the dist cannot do without `--secure`, though its version can as its makers distribute it. */
  lacks: readonly Feature[]
}

/** Names that differ; undefined where the version has no such setting. */
export interface SettingNames {
  transportPort: string
  seedHosts: string
  initialMasters: string | undefined
  minimumMasters: string | undefined
  reindexAllowList: string | undefined
}

/** A module of the server: its Maven coordinates and the class the server loads. */
export interface ModuleRecipe {
  name: string
  coordinates: string[]
  pluginClass: string
  /** Modules whose classes this one sees. */
  extends: string[]
}

export interface OwnModuleRecipe {
  name: string
  /** Below lab/java. */
  sources: string[]
  pluginClass: string
}

export interface SecureRecipe {
  modules: ModuleRecipe[]
  plugins: PluginRecipe[]
  borrow: BorrowRecipe[]
  jvm: string[]
  admin: { username: string; password: string }
  /** Answers 200 once the admin's password is known on a node. */
  whoAmIPath: string
  /** What the dist can do with `--secure` only. */
  brings: readonly Feature[]
}

/** A plugin that Maven Central has as the very zip the product's own plugin command installs. */
export interface PluginRecipe {
  name: string
  zip: string
  /** Plugins that its descriptor demands and no registry has; it does without them. */
  doesWithout: string[]
  /** Jars that it would otherwise see in those plugins. */
  jars: string[]
}

/** Jars taken out of another plugin's zip, because no registry has them by themselves. */
export interface BorrowRecipe {
  zip: string
  prefixes: string[]
  intoModule: string
}
