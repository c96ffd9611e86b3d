// Sessions with structs that have any two origins of a list: right origins left of origins, in one item or in
// several.
import * as Y from 'yjs'
import * as wire from './wire.mjs'
import { Random } from './random.mjs'
import { session } from './session.mjs'
import { isWaiting, listener, settle } from './reference.mjs'

const items = type => {
  const out = []
  for (let item = type._start; item !== null; item = item.right) out.push(item)
  return out
}

const nested = item => !item.deleted && item.content instanceof Y.ContentType ? lists(item.content.type) : []

/** Returns the lists of a type, and of the types in it, that are not empty, as [type, items]. */
const lists = type => {
  const own = items(type)
  return [...own.length > 0 ? [[type, own]] : [], ...own.flatMap(nested), ...[...type._map.values()].flatMap(nested)]
}

const unit = (r, item) => ({ client: item.id.client, clock: item.id.clock + r.below(item.length) })

/**
 * Picks a right origin: mostly a unit of the same client a little before the origin, in the same list; else any unit
 * of the list.
 */
const rightOf = (r, doc, [type, items], origin) => {
  const right = { client: origin.client, clock: Math.max(0, origin.clock - r.below(6)) }
  const { parent, parentSub } = Y.getItem(doc.store, right)
  return r.chance(0.8) && parent === type && parentSub === null ? right : unit(r, r.pick(items))
}

const content = (r, type) => {
  if (type instanceof Y.Text) return r.chance(0.5) ? [4, wire.string(r.pick(['S', 'so']))] : [5, wire.string('{"embed":1}')]
  if (type instanceof Y.Array) return [8, wire.uint(1), wire.any('S')]
  return [7, wire.uint(6)]
}

/**
 * Returns an update of the given client with one struct with any two origins, or none if there is nothing to refer
 * to.
 */
const stray = (r, doc, client) => {
  const list = r.pick([...doc.share.values()].flatMap(lists))
  if (list === undefined) return []
  const [type, items] = list
  const origin = unit(r, r.pick(items))
  const right = rightOf(r, doc, list, origin)
  const [ref, ...bytes] = content(r, type)
  const head = [wire.byte(ref | 192), ...[origin.client, origin.clock, right.client, right.clock].map(wire.uint)]
  const structs = [[...head, ...bytes].map(bytes => ({ bytes }))]
  return [new Uint8Array(wire.write({ sections: [{ client, clock: Y.getState(doc.store, client), structs }], deletes: [] }))]
}

const struct = bytes => bytes.map(bytes => ({ bytes }))

/**
 * Returns an update of a new client: a text in pieces, each behind the one before, then structs with two origins in
 * it, and a deletion. No document can have joined the pieces before a struct refers to them.
 */
const pieces = (r, client) => {
  const structs = [struct([wire.byte(4), wire.uint(1), wire.string('text'), wire.string('piece')])]
  let clock = 5
  for (let n = r.between(0, 3); n > 0; n--) {
    const text = r.pick(['x', 'yz', 'more', '😀'])
    structs.push(struct([wire.byte(132), wire.uint(client), wire.uint(clock - 1), wire.string(text)]))
    clock += text.length
  }
  for (let n = r.between(1, 2); n > 0; n--) {
    const origin = r.below(clock)
    structs.push(struct([wire.byte(197), ...[client, origin, client, r.between(0, origin)].map(wire.uint), wire.string('{"embed":1}')]))
    clock++
  }
  const first = r.below(clock)
  const deletes = r.chance(0.5) ? [{ client, ranges: [[first, r.between(1, clock - first)]] }] : []
  return new Uint8Array(wire.write({ sections: [{ client, clock: 0, structs }], deletes }))
}

const known = doc => [...doc.store.clients.keys()]

/** Client ids that are in no session, lower and higher than those that are. */
const strangers = [210, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER - 10]
const newcomers = [205, 2 ** 32 + 6, Number.MAX_SAFE_INTEGER - 11]

/** @return {{gc: boolean, updates: Uint8Array[]}} */
export const origins = seed => {
  const r = new Random(seed)
  const { gc, updates } = session(seed)
  const doc = listener(false)
  const out = []
  const deliver = update => {
    out.push(update)
    Y.applyUpdate(doc, update)
    settle(doc)
  }
  if (r.chance(0.5)) deliver(pieces(r, r.pick(newcomers)))
  for (const update of updates) {
    deliver(update)
    if (r.chance(0.2)) stray(r, doc, r.pick(strangers)).forEach(deliver)
  }
  for (let n = isWaiting(doc) ? 0 : 3; n > 0; n--) stray(r, doc, r.pick([...strangers, ...known(doc)])).forEach(deliver)
  return { gc, updates: out }
}
