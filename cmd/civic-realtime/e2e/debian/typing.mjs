// typing.mjs types with y-websocket: typing.mjs URL TOKEN ROOMS CLIENTS PREFIX. Each client appends words
// to the list "words" of its room until a line comes on the standard input; then all words must
// come back to all clients. It prints one line of JSON for each event: {"typing": true} when every
// client has typed, again after each line "again", and at the end the words of each room.
// It ends with the standard input, so that a test that was killed leaves nothing behind. With 0
// clients it prints what the rooms have.
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const [url, token, rooms, clients, prefix] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
if (Number(clients) > 0) process.stdin.on('end', () => process.exit(1))
// A pipe takes long lines in parts: the process must not end before it has them all.
const print = value => new Promise(resolve => process.stdout.write(`${JSON.stringify(value)}\n`, resolve))
const errors = []
const complain = error => { errors.push(error); console.error(error) }

const open = room => {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(url, room, doc, { WebSocketPolyfill: WebSocket, params: { token }, disableBc: true })
  provider.on('connection-error', event => complain(`${room}: ${event.message ?? event.type}`))
  provider.on('connection-close', event => {
    if (event && event.code !== 4503) complain(`${room}: closed with ${event.code} ${event.reason}`)
  })
  return { room, doc, provider, words: doc.getArray('words'), typed: [] }
}
const until = (ok) => new Promise(resolve => {
  const look = () => ok() ? resolve() : setTimeout(look, 10)
  look()
})
const wordsOf = peers => Object.fromEntries(peers.map(p => [p.room, p.words.toArray()]))

const peers = []
for (let i = 0; i < Math.max(Number(clients), Number(rooms)); i++) peers.push(open(`room-${i % Number(rooms)}`))
await until(() => peers.every(p => p.provider.synced))

if (Number(clients) === 0) {
  await print({ words: wordsOf(peers), errors })
  process.exit()
}

const timers = peers.map((p, i) => setInterval(() => {
  const word = `${prefix}-${i}-${p.typed.length}`
  p.typed.push(word)
  p.words.push([word])
}, 20))

// Everybody is connected, has typed three words more, and has words of the others in the room.
const typing = async () => {
  await until(() => peers.every(p => p.provider.synced))
  const before = peers.map(p => p.typed.length)
  await until(() => peers.every((p, i) => p.provider.synced && p.typed.length > before[i] + 3))
  await print({ typing: true })
}
await typing()
for await (const line of lines) {
  if (line === 'again') await typing()
  else break
}
timers.forEach(clearInterval)
const all = room => peers.filter(p => p.room === room).flatMap(p => p.typed)
await until(() => peers.every(p => p.provider.synced && all(p.room).every(w => p.words.toArray().includes(w))))
await print({ words: wordsOf(peers), typed: Object.fromEntries(peers.map(p => [p.room, all(p.room)])), errors })
process.exit()
