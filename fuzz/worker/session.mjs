// A random session: real Yjs clients edit, sync with each other and send updates to a server. The result is
// the list of updates that the server receives, in that order and in these pieces.
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

/** Returns the habits of a session. Each session has its own, so that rare habits are combined. */
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

/** Changes habits for half pairs, which need every update to arrive once and as it was sent (see insertHalfPair). */
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

  /** Receives updates of another client: all that it lacks, or stray ones in any order. */
  receive (other) {
    const { r, doc } = this
    if (r.chance(0.6)) return Y.applyUpdate(doc, Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(doc)))
    const some = r.shuffled(other.log.slice(-8)).slice(0, 3)
    if (some.length > 0 && r.chance(0.3)) return Y.applyUpdate(doc, Y.mergeUpdates(some))
    some.forEach(update => Y.applyUpdate(doc, update))
  }
}

/**
 * Reports whether a cut before the clock would leave half a surrogate pair on either side. No client is ever in such
 * a state.
 */
const cutsPair = (structs, clock) => {
  const { id, content } = structs[Y.findIndexSS(structs, clock)]
  return content instanceof Y.ContentString && /^[\ud800-\udbff][\udc00-\udfff]/.test(content.str.slice(Math.max(0, clock - id.clock - 1)))
}

const lower = (r, clock, structs) => {
  const low = r.chance(0.5) ? clock : r.below(clock + 1)
  return low > 0 && low < clock && cutsPair(structs, low) ? low - 1 : low
}

/** Returns a state vector at or below the document's. */
const someStateVector = (r, doc) => {
  const lowered = new Map()
  Y.decodeStateVector(Y.encodeStateVector(doc)).forEach((clock, client) => {
    if (r.chance(0.8)) lowered.set(client, lower(r, clock, doc.store.clients.get(client)))
  })
  return Y.encodeStateVector(lowered)
}

/** The network between the clients and the server. It holds sent updates, and delivers them by the session's habits. */
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

/** Returns adjacent ids around a size at which the encoding or order might change. */
const adjacent = r => {
  const first = r.pick([0, 120, 2 ** 31 - 2, 2 ** 32 - 2, 2 ** 52 - 2, Number.MAX_SAFE_INTEGER - 20])
  return () => first + r.below(8)
}

/** Returns how a session's clients choose their ids: each in its own way, or all in one. Yjs 14 draws 53 bits. */
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
  if (r.chance(habits.syncs)) client.receive(r.pick(clients))
  while (r.chance(0.45)) network.deliver(clients)
}

/**
 * @return {{gc: boolean, updates: Uint8Array[]}} the updates that the server receives, and whether the documents
 * beside it collect garbage
 */
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
