// Makes a store with the LevelDB and y-leveldb of today: node leveldb.mjs FOLDER EXPECTED ROUNDS.
// Documents are written in rounds, with their updates among each other's, flushed and deleted, so
// that there are tables of several levels and keys that are overwritten; then the process is killed.
import { LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'
import { expect, typed } from './documents.mjs'

const [folder, expected, rounds] = process.argv.slice(2)
const store = new LeveldbPersistence(folder, { levelOptions: { writeBufferSize: 64 << 10 } })
const docs = new Map()

let seed = 1
const random = n => (seed = seed * 48271 % 2147483647) % n

const edit = async name => {
  if (!docs.has(name)) docs.set(name, typed(new Y.Doc()))
  const doc = docs.get(name)
  const text = doc.getText('text')
  const before = Y.encodeStateVector(doc)
  doc.transact(() => {
    if (text.length > 50 && random(3) === 0) text.delete(random(text.length - 20), 20)
    text.insert(random(text.length + 1), String(random(1e9)).repeat(1 + random(random(20) === 0 ? 500 : 5)))
  })
  await store.storeUpdate(name, Y.encodeStateAsUpdate(doc, before))
}

for (let round = 0; round < rounds; round++) {
  for (let i = 0; i < 20; i++) await edit(`shared-${random(40)}`)
  await edit(`round-${round}`)
  await store.setMeta(`round-${round}`, 'title', `Round ${round}`)
  if (random(4) === 0) await store.flushDocument(`shared-${random(40)}`)
  if (random(10) === 0) {
    const name = `round-${random(round + 1)}`
    await store.clearDocument(name)
    docs.delete(name)
  }
}
expect(expected, docs)
process.kill(process.pid, 'SIGKILL')
