// Bundles the page and the editor for Node into a directory: node build.mjs DIR
import { build } from 'esbuild'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const dir = process.argv[2]

// oneOfEach makes the files of the reference use the packages of these tests: two copies of
// ProseMirror or Yjs do not work together.
const oneOfEach = {
  name: 'one of each',
  setup: ({ onResolve, resolve }) => onResolve({ filter: /^[a-z@]/ }, ({ path, kind, importer, pluginData }) =>
    pluginData || !importer.includes('/reference/') ? undefined : resolve(path, { kind, resolveDir: here, pluginData: 'asked' }))
}

const bundle = (entry, outfile, options) =>
  build({ entryPoints: [join(here, entry)], outfile: join(dir, outfile), bundle: true, logLevel: 'error', plugins: [oneOfEach], ...options })

await Promise.all([
  bundle('page.mjs', 'page.js', { format: 'iife', platform: 'browser' }),
  bundle('../lib/versionpage.mjs', 'versions.js', { format: 'iife', platform: 'browser' }),
  bundle('node.mjs', 'node.cjs', { format: 'cjs', platform: 'node' }),
  copyFile(join(here, 'page.html'), join(dir, 'page.html'))
])
