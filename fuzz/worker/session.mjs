// A random session: real Yjs clients edit, sync among each other and send to a server.
// What reaches the server, in which order and in which pieces, is the session's result.
import * as Y from 'yjs'
import { Random } from './random.mjs'
import { reseed } from './entropy.mjs'
import { edit, openRoots } from './edits.mjs'
import { insertHalfPair, insertLegacyJSON } from './rarities.mjs'

const clientID = r => r.weighted([
  [3, () => r.between(0, 200)],
  [5, () => r.uint32()],
  [1, () => r.between(2 ** 32, Number.MAX_SAFE_INTEGER)]
])

/** How a session goes: each has its own habits, so that rare ones meet each other. */
const habits = r => ({
  clients: r.between(1, 5),
  ticks: r.chance(0.04) ? r.between(150, 400) : r.between(4, 60),
  orderly: r.chance(0.3),
  loss: r.chance(0.3) ? 0.1 : 0,
  doubles: r.chance(0.5) ? 0.2 : 0,
  merges: r.chance(0.5) ? 0.3 : 0,
  cuts: r.chance(0.3) ? 0.2 : 0,
  states: r.chance(0.4) ? 0.1 : 0,
  syncs: r.pick([0, 0.1, 0.4]),
  undo: r.chance(0.3),
  rarity: r.pick([edit, edit, edit, insertLegacyJSON]),
  flush: r.chance(0.8)
})

/** Half pairs make sense only where each update comes once and as it was sent (see insertHalfPair). */
const careless = habits => ({ ...habits, orderly: true, doubles: 0, cuts: 0, states: 0, syncs: 0, rarity: insertHalfPair })

class Client {
  constructor (r, id, habits, send) {
    this.r = r
    this.log = []
    this.doc = new Y.Doc({ guid: 'room', gc: r.chance(0.7) })
    this.doc.clientID = id
    const roots = openRoots(this.doc)
    this.undo = habits.undo ? new Y.UndoManager(roots, { captureTimeout: r.pick([0, 1e15]) }) : null
    this.rarity = habits.rarity
    this.doc.on('update', (update, origin, doc, transaction) => {
      this.log.push(update)
      if (transaction.local || r.chance(0.05)) send(update)
    })
  }

  act () {
    const { r, doc } = this
    if (this.undo !== null && r.chance(0.2)) return r.chance(0.7) ? this.undo.undo() : this.undo.redo()
    if (r.chance(0.05)) return this.rarity(r, doc)
    if (r.chance(0.5)) return edit(r, doc)
    doc.transact(() => { for (let n = r.between(1, 4); n > 0; n--) edit(r, doc) })
  }

  /** Takes something from another client: all it lacks, or stray updates in any order. */
  hear (other) {
    const { r, doc } = this
    if (r.chance(0.6)) return Y.applyUpdate(doc, Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(doc)))
    const some = r.shuffled(other.log.slice(-8)).slice(0, 3)
    if (some.length > 0 && r.chance(0.3)) return Y.applyUpdate(doc, Y.mergeUpdates(some))
    some.forEach(update => Y.applyUpdate(doc, update))
  }
}

/** Whether a cut before the clock would leave half a surrogate pair on either side. No client is ever in such a state. */
const cutsPair = (structs, clock) => {
  const { id, content } = structs[Y.findIndexSS(structs, clock)]
  return content instanceof Y.ContentString && /^[\ud800-\udbff][\udc00-\udfff]/.test(content.str.slice(Math.max(0, clock - id.clock - 1)))
}

const lower = (r, clock, structs) => {
  const low = r.chance(0.5) ? clock : r.below(clock + 1)
  return low > 0 && low < clock && cutsPair(structs, low) ? low - 1 : low
}

/** A state vector somewhere at or below the document's. */
const someStateVector = (r, doc) => {
  const lowered = new Map()
  Y.decodeStateVector(Y.encodeStateVector(doc)).forEach((clock, client) => {
    if (r.chance(0.8)) lowered.set(client, lower(r, clock, doc.store.clients.get(client)))
  })
  return Y.encodeStateVector(lowered)
}

/** The way to the server: holds what was sent, and delivers it as the habits have it. */
class Network {
  constructor (r, habits) {
    Object.assign(this, { r, habits, waiting: [], delivered: [] })
  }

  take () { return this.waiting.splice(this.habits.orderly ? 0 : this.r.below(this.waiting.length), 1)[0] }
  takeSome () { return Array.from({ length: Math.min(this.waiting.length, this.r.between(2, 6)) }, () => this.take()) }

  deliver (clients) {
    const { r, habits } = this
    if (r.chance(habits.states)) return this.delivered.push(this.state(r.pick(clients).doc))
    if (this.waiting.length === 0) return
    if (r.chance(habits.loss)) return this.take()
    if (r.chance(habits.doubles)) return this.delivered.push(r.pick(this.waiting))
    if (r.chance(habits.merges)) return this.delivered.push(Y.mergeUpdates(this.takeSome()))
    if (r.chance(habits.cuts)) return this.delivered.push(Y.diffUpdate(this.take(), someStateVector(r, r.pick(clients).doc)))
    this.delivered.push(this.take())
  }

  state (doc) {
    const { r } = this
    return r.chance(0.5) ? Y.encodeStateAsUpdate(doc) : Y.encodeStateAsUpdate(doc, someStateVector(r, doc))
  }
}

/** Ids next to each other, where something might change with the size of them. */
const adjacent = r => {
  const first = r.pick([0, 120, 2 ** 31 - 2, 2 ** 32 - 2, 2 ** 52 - 2, Number.MAX_SAFE_INTEGER - 20])
  return () => first + r.below(8)
}

/** How a session's clients choose their ids: each as it likes, or all in one way. Yjs 14 draws 53 bits. */
const idsOf = r => r.weighted([
  [4, () => () => clientID(r)],
  [3, () => () => r.between(2 ** 32, Number.MAX_SAFE_INTEGER - 20)],
  [1, () => () => r.below(8)],
  [2, () => adjacent(r)]
])

const distinctIDs = (r, n) => {
  const ids = new Set()
  const draw = idsOf(r)
  while (ids.size < n) ids.add(draw())
  return [...ids]
}

const tick = (r, clients, network, habits) => {
  const client = r.pick(clients)
  client.act()
  if (r.chance(habits.syncs)) client.hear(r.pick(clients))
  while (r.chance(0.45)) network.deliver(clients)
}

/** @return {{gc: boolean, updates: Uint8Array[]}} what the server gets, and whether the documents beside it collect garbage */
export const session = seed => {
  const r = new Random(seed)
  reseed(seed)
  const h = r.chance(0.1) ? careless(habits(r)) : habits(r)
  const network = new Network(r, h)
  const clients = distinctIDs(r, h.clients).map(id => new Client(r, id, h, update => network.waiting.push(update)))
  for (let n = 0; n < h.ticks; n++) tick(r, clients, network, h)
  while (h.flush && network.waiting.length > 0) network.deliver(clients)
  if (r.chance(0.1)) network.delivered.push(Y.encodeStateAsUpdate(r.pick(clients).doc))
  return { gc: r.chance(0.75), updates: network.delivered }
}
