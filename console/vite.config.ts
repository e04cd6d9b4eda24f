import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** One page that needs nothing from elsewhere: it works where there is no internet. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/console/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: '../dist/console', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: false },
})
