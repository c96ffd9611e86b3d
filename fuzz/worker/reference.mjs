// Documents as real Yjs keeps them.
import * as Y from 'yjs'
import { openRoots } from './edits.mjs'
import { stateVector } from './canonical.mjs'

/**
 * A document that only listens, and holds the updates. Nobody writes under its client id; nor does it itself:
 * after every remote update Yjs deletes formatting marks that it finds superfluous, an edit of its own, and which
 * ones these are (even how the text reads then) depends on how the updates were batched.
 */
export const listener = (gc, ...updates) => {
  const doc = new Y.Doc({ guid: 'room', gc })
  doc.clientID = 2 ** 53 - 1
  doc.on('afterTransaction', transaction => { transaction._needFormattingCleanup = false })
  openRoots(doc).forEach(root => root.observeDeep(() => {}))
  updates.forEach(update => Y.applyUpdate(doc, update))
  settle(doc)
  return doc
}

/**
 * Retries what is pending until nothing moves. Yjs itself retries only when the ids that it noted first arrive,
 * and lets a struct that is known by now block those after it, so that some wait although all they refer to is there.
 */
export const settle = doc => {
  for (let before = null, now = stateVector(doc); doc.store.pendingStructs !== null && now !== before; now = stateVector(doc)) {
    before = now
    const { update } = doc.store.pendingStructs
    doc.store.pendingStructs = null
    Y.applyUpdateV2(doc, Y.diffUpdateV2(update, Y.encodeStateVector(doc)))
  }
}

export const isWaiting = doc => doc.store.pendingStructs !== null || doc.store.pendingDs !== null

/** The document's state, or its difference to a state vector, without what is pending. */
export const integrated = (doc, have) => {
  const { pendingStructs, pendingDs } = doc.store
  Object.assign(doc.store, { pendingStructs: null, pendingDs: null })
  const update = Y.encodeStateAsUpdate(doc, have)
  Object.assign(doc.store, { pendingStructs, pendingDs })
  return update
}
