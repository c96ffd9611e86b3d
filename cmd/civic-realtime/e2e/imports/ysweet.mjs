// Makes a folder as y-sweet does: node ysweet.mjs FOLDER EXPECTED MANY. There is no y-sweet to run
// here: the files are of the form of its source (crates/y-sweet-core/src/sync_kv.rs, yrs-kvstore).
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as Y from 'yjs'
import { catalogue, expect, typed } from './documents.mjs'

const [folder, expected, many] = process.argv.slice(2)

const number = n => {
  const b = Buffer.alloc(8)
  b.writeBigUInt64LE(BigInt(n))
  return b
}

// encode returns a map from bytes to bytes as bincode writes it; a BTreeMap is in order of its keys.
const encode = entries => Buffer.concat([
  number(entries.length),
  ...entries.sort(([a], [b]) => Buffer.compare(a, b)).flatMap(([key, value]) => [number(key.length), key, number(value.length), value])
])

// word returns a number in 4 bytes, as keys have them.
const word = n => {
  const b = Buffer.alloc(4)
  b.writeUInt32BE(n)
  return b
}

const oid = word(1)
const content = (...rest) => Buffer.concat([Buffer.from([0, 1]), oid, ...rest.map(Buffer.from)])

// write writes a document with its first updates in the state, and the others after it: y-sweet
// merges each into the state at once, and a server that is killed in between leaves some.
const write = ({ name, fill }, later) => {
  const doc = typed(new Y.Doc())
  const updates = []
  doc.on('update', update => updates.push(update))
  fill(doc)
  const merged = new Y.Doc()
  const left = later ? updates.splice(-later) : []
  for (const update of updates) Y.applyUpdate(merged, update)
  mkdirSync(join(folder, name, 'assets'), { recursive: true })
  writeFileSync(join(folder, name, 'assets', 'picture.png'), 'not a document')
  writeFileSync(join(folder, name, 'data.ysweet'), encode([
    [Buffer.from('\0\0doc\0'), oid],
    [content([0]), Buffer.from(Y.encodeStateAsUpdate(merged))],
    [content([1]), Buffer.from(Y.encodeStateVector(merged))],
    [content([3], Buffer.from('title'), [0]), Buffer.from('metadata')],
    ...left.map((update, i) => [content([2], word(i + 1), [0]), Buffer.from(update)])
  ]))
  return [name, doc]
}

const allowed = /^[\w-]+$/ // the names of documents that y-sweet accepts
expect(expected, catalogue(Number(many)).filter(d => allowed.test(d.name)).map((d, i) => write(d, i % 3)))
