// Cases that cannot be decided, because Yjs documents differ from each other.
import * as Y from 'yjs'
import { integrated, listener } from './reference.mjs'
import { shredded, stepwise } from './pieces.mjs'
import { reversed } from './structure.mjs'
import { clash } from './contradictions.mjs'

/** Reports whether a map key has text as its value: no client writes that, and where it is joined it is one value. */
const hasTextUnderKey = doc => [...doc.store.clients.values()].flat()
  .some(struct => struct.parentSub != null && struct.content instanceof Y.ContentString)

/** Reports whether an item's right origin is in another type's list, which no client writes. */
const isStray = store => item => {
  if (!(item instanceof Y.Item) || item.rightOrigin === null || !(item.parent instanceof Y.AbstractType)) return false
  return Y.getItem(store, item.rightOrigin).parent !== item.parent
}

const hasStrays = ({ store }) => [...store.clients.values()].flat().some(isStray(store))

/**
 * Reports whether a Y.Doc may lose something when it is encoded and loaded, whatever updates it has: strays, if it
 * collects garbage; contradictions; and the place of reversed structs, when the structs that they refer to become one
 * tombstone.
 */
export const loses = ({ updates }) => {
  const doc = listener(false, ...updates)
  return hasStrays(doc) || reversed(doc).size > 0 || hasTextUnderKey(doc) || clash(updates)
}

/**
 * Returns the same updates in other pieces: at once, unit by unit, struct by struct. The place of a struct whose
 * right origin is its origin, or left of it, depends on where the structs that it refers to are cut. Clients write
 * such structs when they undo.
 */
const ways = (updates, state) => [[Y.mergeUpdates(updates)], [shredded(state)], stepwise(state)]

/**
 * Reports whether documents that collect garbage differ from others. An item becomes GC if its right origin, in
 * another type's list, was GC before it came. Compaction collects garbage, whether the documents beside it do or not.
 */
const dependsOnGarbage = comparison => !comparison.agrees(listener(true, ...comparison.updates))

/** Reports whether the reference itself changes when it is encoded and loaded, or when it collects garbage. */
export const unstable = comparison =>
  !comparison.agrees(listener(comparison.gc, integrated(comparison.reference))) || dependsOnGarbage(comparison)

/** Reports whether Yjs documents that receive a comparison's updates may differ from each other. */
export const undecided = comparison => {
  const { gc, hostile, updates, reference } = comparison
  if (hostile && (clash(updates) || hasTextUnderKey(listener(false, ...updates)) || dependsOnGarbage(comparison))) return true
  return ways(updates, integrated(reference)).some(way => !comparison.agrees(listener(gc, ...way)))
}
