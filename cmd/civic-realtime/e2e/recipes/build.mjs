// Bundles the pages of docs/editors.md into a directory: node build.mjs DIR. It writes the names of
// the recipes to stdout, a JSON list.
//
// Each recipe has a folder of its name, with editor.js and maybe editor.css; the scripts share
// chunks. page.html and carets.css are the blocks of the section "The page".
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileScript, parse } from 'vue/compiler-sfc'
import { at, sections } from './extract.mjs'

const { build } = createRequire(new URL('../editor/package.json', import.meta.url))('esbuild')
const here = fileURLToPath(new URL('.', import.meta.url))
const dir = process.argv[2]

const blocks = await sections()

// scripts of the pages, by recipe. A .vue block beside a script is the component that it imports.
const scripts = {}
for (const [name, all] of Object.entries(blocks)) {
  const script = all.find(({ language, code }) => ['js', 'jsx'].includes(language) && code.includes("'#editor'"))
  if (script) scripts[name] = { script, component: all.find(({ language }) => language === 'vue') }
}

// Some scripts are also built with Hocuspocus' provider, as the section "Another provider" says.
const replaced = (text, part, by) => {
  if (!part.test(text)) throw new Error(`no ${part} in\n${text}`)
  return text.replace(part, () => by)
}
const [theirImport, theirProvider] = blocks['another provider'].map(({ code }) => code)
for (const name of ['codemirror', 'blocknote']) {
  const { script } = scripts[name]
  const code = replaced(script.code, /^import .* from 'y-websocket'\n/m, theirImport)
  scripts[`${name}-hocuspocus`] = {
    script: { ...script, code: replaced(code, /^const url = .*\nconst provider = .*\n/m, theirProvider) }
  }
}

const component = code => {
  const { descriptor, errors } = parse(code)
  if (errors.length > 0) throw errors[0]
  return compileScript(descriptor, { id: 'recipe', inlineTemplate: true }).content
}

// pages resolves recipe:NAME to the script of a recipe.
const pages = {
  name: 'pages',
  setup ({ onResolve, onLoad }) {
    onResolve({ filter: /^recipe:/ }, ({ path }) => ({ path: path.slice('recipe:'.length), namespace: 'script' }))
    onResolve({ filter: /\.vue$/ }, ({ importer }) => ({ path: importer, namespace: 'component' }))
    onLoad({ filter: /./, namespace: 'script' }, ({ path }) => {
      const { script, component } = scripts[path]
      return { contents: component ? script.code : at(script.code), loader: script.language, resolveDir: here }
    })
    onLoad({ filter: /./, namespace: 'component' }, ({ path }) =>
      ({ contents: at(component(scripts[path].component.code)), loader: 'js', resolveDir: here }))
  }
}

// ours are the packages of this repository. What they import is that of the recipes: two copies of
// Yjs do not work together.
const clients = join(here, '../clients')
const ours = {
  name: 'ours',
  setup ({ onResolve, resolve }) {
    onResolve({ filter: /^@civic-realtime\// }, ({ path }) => ({ path: join(clients, path.split('/')[1], 'index.js') }))
    onResolve({ filter: /^[a-z@]/ }, ({ path, kind, importer, pluginData }) =>
      pluginData || !importer.startsWith(clients) ? undefined : resolve(path, { kind, resolveDir: here, pluginData: 'asked' }))
  }
}

const names = Object.keys(scripts)
const page = language => blocks['the page'].find(block => block.language === language).code
await mkdir(dir, { recursive: true })
await Promise.all([
  build({
    entryPoints: [
      ...names.map(name => ({ in: `recipe:${name}`, out: `${name}/editor` })),
      { in: 'monaco-editor/esm/vs/editor/editor.worker.js', out: 'monaco/editor.worker' }
    ],
    outdir: dir, absWorkingDir: here, plugins: [pages, ours],
    bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022', jsx: 'automatic',
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false'
    },
    loader: { '.ttf': 'file', '.woff': 'file', '.woff2': 'file' }, logLevel: 'error'
  }),
  writeFile(join(dir, 'page.html'), page('html')),
  writeFile(join(dir, 'carets.css'), page('css'))
])
process.stdout.write(JSON.stringify(names) + '\n')
