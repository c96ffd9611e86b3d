// Where nothing can be said, because Yjs does not agree with itself.
import * as Y from 'yjs'
import { integrated, listener } from './reference.mjs'
import { shredded, stepwise } from './pieces.mjs'
import { reversed } from './structure.mjs'
import { clash } from './contradictions.mjs'

/** Text as the value of a map key: no client writes it, and where it is folded it is one value. */
const hasTextUnderKey = doc => [...doc.store.clients.values()].flat()
  .some(struct => struct.parentSub != null && struct.content instanceof Y.ContentString)

/** An item whose right origin is in another type's list, which no client writes. */
const isStray = store => item => {
  if (!(item instanceof Y.Item) || item.rightOrigin === null || !(item.parent instanceof Y.AbstractType)) return false
  return Y.getItem(store, item.rightOrigin).parent !== item.parent
}

const hasStrays = ({ store }) => [...store.clients.values()].flat().some(isStray(store))

/**
 * Whether a Y.Doc loses something when it is encoded and loaded, whatever it was given: strays, where it collects garbage, what
 * was told in two ways, and the place of reversed structs, when what they refer to becomes one tombstone.
 */
export const loses = ({ updates }) => {
  const doc = listener(false, ...updates)
  return hasStrays(doc) || reversed(doc).size > 0 || hasTextUnderKey(doc) || clash(updates)
}

/**
 * The same updates in other ways: at once, unit by unit, struct by struct. A struct whose right origin is left of
 * its origin, or the same, lands where the structs that it refers to happen to be cut in two. Clients write such
 * structs when they undo.
 */
const ways = (updates, state) => [[Y.mergeUpdates(updates)], [shredded(state)], stepwise(state)]

/**
 * Whether documents that collect garbage differ from others. An item is GC where its right origin, in another type's
 * list, became GC before it came. Compaction collects garbage, whatever the documents beside it do.
 */
const dependsOnGarbage = comparison => !comparison.agrees(listener(true, ...comparison.updates))

/** Whether the reference itself is another document after it was encoded and loaded, or when it collects garbage. */
export const unstable = comparison =>
  !comparison.agrees(listener(comparison.gc, integrated(comparison.reference))) || dependsOnGarbage(comparison)

/** Whether Yjs documents that get a comparison's updates may differ from each other. */
export const undecided = comparison => {
  const { gc, hostile, updates, reference } = comparison
  if (hostile && (clash(updates) || hasTextUnderKey(listener(false, ...updates)) || dependsOnGarbage(comparison))) return true
  return ways(updates, integrated(reference)).some(way => !comparison.agrees(listener(gc, ...way)))
}
