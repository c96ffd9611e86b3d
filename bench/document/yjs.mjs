// Real Yjs on the same document: writes the updates that bench/document applies, and measures itself.
// Usage: node yjs.mjs OUT [TRACE.json.gz]
// Writes OUT/updates (each behind its length, 4 bytes little-endian), OUT/state and OUT/sessions/*, and prints
// its figures as JSON.
import * as Y from 'yjs'
import fs from 'node:fs'
import zlib from 'node:zlib'
import { framed, load } from '../trace.mjs'

const [out, tracePath] = process.argv.slice(2)

const clock = () => Number(process.hrtime.bigint())
const timed = f => { const start = clock(); f(); return clock() - start }
const best = (n, f) => Math.min(...Array.from({ length: n }, () => timed(f)))

const trace = load(tracePath)

function type (doc, each) {
  const text = doc.getText('text')
  doc.on('update', each)
  for (const [position, deleted, inserted] of trace) {
    doc.transact(() => {
      if (deleted) text.delete(position, deleted)
      if (inserted) text.insert(position, inserted)
    })
  }
  doc.off('update', each)
}

const source = new Y.Doc()
source.clientID = 1742536027
const updates = []
type(source, u => updates.push(u))
fs.writeFileSync(`${out}/updates`, framed(updates))

const doc = new Y.Doc()
const applied = timed(() => { for (const u of updates) Y.applyUpdate(doc, u) })
const state = Y.encodeStateAsUpdate(doc)
fs.writeFileSync(`${out}/state`, state)

// Sessions that leave garbage to collect, for the sizes.
const sessions = {
  map: doc => { for (let i = 0; i < 2000; i++) doc.getMap('m').set('k' + i % 50, { i, text: 'value ' + i }) },
  array: doc => {
    const a = doc.getArray('a')
    for (let i = 0; i < 3000; i++) { a.insert(i % (a.length + 1), [i, 's' + i]); if (i % 3 === 0) a.delete(i % a.length, 1) }
  },
  xml: doc => {
    const f = doc.getXmlFragment('default')
    for (let i = 0; i < 400; i++) {
      const p = new Y.XmlElement('paragraph')
      f.insert(i % (f.length + 1), [p])
      p.setAttribute('level', i)
      const t = new Y.XmlText()
      p.insert(0, [t])
      t.insert(0, 'some text to be formatted ' + i)
      t.format(5, 4, { strong: {} })
      if (i % 2) f.delete(i % f.length, 1)
    }
  },
  text: doc => {
    const t = doc.getText('t')
    for (let i = 0; i < 5000; i++) { t.insert((i * 7919) % (t.length + 1), 'word '); if (i % 2) t.delete((i * 104729) % (t.length - 3), 3) }
  }
}
const sizes = {}
fs.mkdirSync(`${out}/sessions`, { recursive: true })
for (const [name, edit] of Object.entries(sessions)) {
  const collected = []
  const clients = [1, 2].map(n => { const d = new Y.Doc(); d.clientID = 1000000007 * n; return d })
  clients.forEach(d => d.on('update', u => collected.push(u)))
  clients.forEach(d => edit(d))
  const merged = new Y.Doc()
  for (const u of collected) Y.applyUpdate(merged, u)
  fs.writeFileSync(`${out}/sessions/${name}`, framed(collected))
  sizes[name] = Y.encodeStateAsUpdate(merged).length
}

console.log(JSON.stringify({
  updates: updates.length,
  text: doc.getText('text').length,
  applyNs: applied / updates.length,
  encodeNs: best(5, () => Y.encodeStateAsUpdate(doc)),
  loadNs: best(5, () => Y.applyUpdate(new Y.Doc(), state)),
  snapshotNs: best(10, () => zlib.deflateSync(Y.encodeStateAsUpdate(doc))),
  snapshotBytes: zlib.deflateSync(state).length,
  stateBytes: state.length,
  sizes
}))
