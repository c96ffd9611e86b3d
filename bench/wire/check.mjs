// Compares a server's state with the updates that were sent, in real Yjs.
// Usage: node check.mjs SENT STATE
// SENT has updates, each behind its length. Prints the differences and the length of the text.
import * as Y from 'yjs'
import fs from 'node:fs'

const [sentPath, statePath] = process.argv.slice(2)
const sent = new Y.Doc()
for (let b = fs.readFileSync(sentPath); b.length > 0;) {
  const n = 4 + b.readUInt32LE()
  Y.applyUpdate(sent, b.subarray(4, n))
  b = b.subarray(n)
}
const state = new Y.Doc()
Y.applyUpdate(state, fs.readFileSync(statePath))

const clocks = doc => JSON.stringify([...Y.decodeStateVector(Y.encodeStateVector(doc))].sort((a, b) => a[0] - b[0]))
const problems = []
if (state.store.pendingStructs || state.store.pendingDs) problems.push('something is missing in the state')
if (clocks(sent) !== clocks(state)) problems.push('the state vectors differ')
if (sent.getText('text').toString() !== state.getText('text').toString()) problems.push('the texts differ')
console.log(JSON.stringify({ problems, text: state.getText('text').length }))
