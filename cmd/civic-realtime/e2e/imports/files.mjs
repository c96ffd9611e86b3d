// Makes a folder with a file for each document, as Hocuspocus' S3 extension names them in its
// bucket: node files.mjs FOLDER EXPECTED MANY ENCODED. With ENCODED names are percent-encoded.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as Y from 'yjs'
import { catalogue, expect, typed } from './documents.mjs'

const [folder, expected, many, encoded] = process.argv.slice(2)
expect(expected, catalogue(Number(many)).filter(d => d.name !== '' && (encoded || !d.unencoded)).map(({ name, fill }) => {
  const doc = typed(new Y.Doc())
  fill(doc)
  const file = join(folder, (encoded ? encodeURIComponent(name) : name) + '.bin')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, Y.encodeStateAsUpdate(doc))
  return [name, doc]
}))
