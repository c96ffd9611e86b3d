// schemas.mjs FILE… checks Kubernetes manifests: each document by the schema of its kind, and its
// fields by the types that are made of the same schemas, in which an unknown field is an error. It
// prints what is wrong, and ends with 1 then.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import yaml from 'js-yaml'
import ts from 'typescript'

const packages = { v1: 'kubernetes-models/v1', 'apps/v1': 'kubernetes-models/apps/v1', 'policy/v1': 'kubernetes-models/policy/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1' }
let failed = false
const complain = (file, text) => {
  failed = true
  console.log(`${file}: ${text}`)
}

// The typed form of each document, as a source file that need not be on the disk.
const sources = new Map()
for (const name of process.argv.slice(2)) {
  for (const [i, data] of yaml.loadAll(readFileSync(name, 'utf8')).entries()) {
    const file = `${basename(name)}, document ${i + 1} (${data.kind} ${data.metadata?.name})`
    const model = packages[data.apiVersion]
    if (!model) {
      complain(file, `no schema of ${data.apiVersion}`)
      continue
    }
    try {
      new ((await import(model))[data.kind])(data).validate()
    } catch (error) {
      complain(file, error.message)
    }
    sources.set(file, `import { I${data.kind} } from '${model}'\nexport const manifest: I${data.kind} = ${JSON.stringify(data, null, 1)}\n`)
  }
}

const options = { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, types: [],
  module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 }
const host = ts.createCompilerHost(options)
const names = new Map([...sources.keys()].map((file, i) => [new URL(`manifest${i}.ts`, import.meta.url).pathname, file]))
const readFile = host.getSourceFile
host.getSourceFile = (name, ...rest) => names.has(name)
  ? ts.createSourceFile(name, sources.get(names.get(name)), options.target)
  : readFile(name, ...rest)
const exists = host.fileExists
host.fileExists = name => names.has(name) || exists(name)
const program = ts.createProgram([...names.keys()], options, host)
for (const d of ts.getPreEmitDiagnostics(program)) {
  complain(names.get(d.file?.fileName) ?? d.file?.fileName, ts.flattenDiagnosticMessageText(d.messageText, ' '))
}
if (sources.size === 0) complain('the command line', 'no manifests')
process.exit(failed ? 1 : 0)
