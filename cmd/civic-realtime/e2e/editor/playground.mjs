// Bundles the script of the playground: node playground.mjs DIR writes bundle.js and licenses.txt.
import { build } from 'esbuild'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const modules = join(here, 'node_modules')
const provider = '@civic-realtime/provider'

// oneOfEach makes all files use the packages that are installed here: two copies of ProseMirror or
// Yjs do not work together. The provider is of this repository.
const oneOfEach = {
  name: 'one of each',
  setup: ({ onResolve, resolve }) => onResolve({ filter: /^[a-z@]/ }, ({ path, kind, importer, pluginData }) => {
    if (path === provider) return { path: join(here, '../clients/provider/index.js'), sideEffects: false }
    if (pluginData || kind === 'entry-point' || importer.includes('node_modules')) return undefined
    return resolve(path, { kind, resolveDir: here, pluginData: 'asked' })
  })
}

const { outputFiles, metafile } = await build({
  entryPoints: [join(here, '../../../../transport/playground/src/main.mjs')],
  absWorkingDir: here, plugins: [oneOfEach],
  bundle: true, minify: true, format: 'iife', platform: 'browser', target: 'es2022',
  metafile: true, write: false, logLevel: 'error', legalComments: 'none'
})

// The license of each package that is in the bundle, as the licenses want.
const names = [...new Set(Object.keys(metafile.inputs).flatMap(path => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []))].sort()
const licenses = await Promise.all(names.map(async name => {
  const { version, license } = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
  const file = (await readdir(join(modules, name))).find(file => /^licen[cs]e/i.test(file))
  return `${name} ${version} (${license})\n\n${(await readFile(join(modules, name, file), 'utf8')).trim()}\n`
}))
await writeFile(join(process.argv[2], 'bundle.js'), outputFiles[0].text)
await writeFile(join(process.argv[2], 'licenses.txt'), licenses.join('\n' + '-'.repeat(80) + '\n\n'))
