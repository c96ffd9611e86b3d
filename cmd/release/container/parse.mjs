// Prints a Dockerfile as JSON, with the faults that its validator finds: node parse.mjs FILE
import { readFile } from 'node:fs/promises'
import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'

const text = await readFile(process.argv[2], 'utf8')

// Instructions with a JSON form have the strings; those of HEALTHCHECK are a CMD of their own.
const strings = instruction => instruction?.getJSONStrings?.().map(a => a.getJSONValue()) ?? []
const copied = instruction => instruction.getArguments().map(a => a.getValue())

const instructions = DockerfileParser.parse(text).getInstructions().map(i => ({
  keyword: i.getKeyword(),
  flags: Object.fromEntries((i.getFlags?.() ?? []).map(f => [f.getName(), f.getValue()])),
  arguments: copied(i),
  text: i.getArgumentsContent() ?? '',
  strings: i.getKeyword() === 'HEALTHCHECK' ? copied(i).slice(1) : strings(i),
  pairs: (i.getProperties?.() ?? []).map(p => [p.getName(), p.getValue()])
}))
const faults = validate(text).map(d => `line ${d.range.start.line + 1}: ${d.message}`)
console.log(JSON.stringify({ instructions, faults }))
