// Structs that only old or careless clients write.
import * as Y from 'yjs'
import * as values from './values.mjs'

const lastItem = type => {
  let item = type._start
  while (item !== null && item.right !== null) item = item.right
  return item
}

/** Appends a run of the JSON content that Yjs wrote before it had Any. */
export const insertLegacyJSON = (r, doc) => doc.transact(transaction => {
  const type = doc.getArray('array')
  const left = lastItem(type)
  const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID))
  const content = new Y.ContentJSON(Array.from({ length: r.between(1, 4) }, () => r.chance(0.2) ? undefined : values.json(r)))
  new Y.Item(id, left, left && left.lastId, null, null, type, null, content).integrate(transaction, 0)
})

/**
 * Types the halves of a surrogate pair one by one. Each is sent as U+FFFD, but the writer's own document joins them.
 * From then on its states have other content for the same clocks, and the update that a document applies first
 * counts.
 */
export const insertHalfPair = (r, doc) => {
  const text = doc.getText('text')
  text.insert(text.length, '\ud83d')
  text.insert(text.length, '\ude00')
}
