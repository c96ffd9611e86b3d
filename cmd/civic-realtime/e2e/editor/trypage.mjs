// Bundles the script of the page on which one can type: node trypage.mjs FILE
import { build } from 'esbuild'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const modules = join(here, 'node_modules')

const { outputFiles, metafile } = await build({
  entryPoints: [join(here, '../../../../transport/public/try/page.mjs')],
  absWorkingDir: here, nodePaths: [modules],
  bundle: true, minify: true, format: 'iife', platform: 'browser', target: 'es2022',
  metafile: true, write: false, logLevel: 'error', legalComments: 'none'
})

// The license of each package that is in the bundle, as the licenses want.
const names = [...new Set(Object.keys(metafile.inputs).flatMap(path => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []))].sort()
const licenses = await Promise.all(names.map(async name => {
  const { version } = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
  return `${name} ${version}\n\n${(await readFile(join(modules, name, 'LICENSE'), 'utf8')).trim()}`
}))
await writeFile(process.argv[2], `${outputFiles[0].text}/*\n${licenses.join('\n\n')}\n*/\n`)
