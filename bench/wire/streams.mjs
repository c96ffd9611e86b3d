// Writes the updates of a Yjs client. Usage: node streams.mjs OUT N [TRACE.json.gz]
// Types the trace into the text "text" and writes to OUT:
//   stream   N updates, each behind its length: one inserted character, and the
//            deletions before it, so that each update takes one clock
//   state    the whole trace as one update
import * as Y from 'yjs'
import fs from 'node:fs'
import { framed, load } from '../trace.mjs'

const [out, n, tracePath] = process.argv.slice(2)
const trace = load(tracePath)

function client (id, edits, each) {
  const doc = new Y.Doc()
  doc.clientID = id
  const text = doc.getText('text')
  if (each) doc.on('update', each)
  for (const some of edits) {
    doc.transact(() => {
      for (const [position, deleted, inserted] of some) {
        if (deleted) text.delete(position, deleted)
        if (inserted) text.insert(position, inserted)
      }
    })
  }
  return doc
}

// Joins deletions with the next insertion, and splits insertions into single ASCII characters.
function byClock (n) {
  const all = []
  let some = []
  for (const [position, deleted, inserted] of trace) {
    if (all.length === n) break
    if (deleted) some.push([position, deleted])
    for (let i = 0; inserted && i < inserted.length && all.length < n; i++) {
      some.push([position + i, 0, inserted[i] < '\x7f' ? inserted[i] : '?'])
      all.push(some)
      some = []
    }
  }
  return all
}

const updates = []
const id = 1742536027
client(id, byClock(+n), u => updates.push(u))
fs.writeFileSync(`${out}/stream`, framed(updates))

fs.writeFileSync(`${out}/state`, Y.encodeStateAsUpdate(client(id, [trace])))
