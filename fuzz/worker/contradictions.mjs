// Whether updates contradict each other: they have different structs for the same clock. Then the first that is
// applied counts, and neither Yjs documents nor ours need be equal.
//
// Real clients do so in one way: a client that splits a surrogate pair replaces both halves with U+FFFD. Sometimes
// no update makes the others split it too (as with marks that cancel out), and yet later states of that client
// have U+FFFD.
import * as Y from 'yjs'
import { show } from './canonical.mjs'

const id = ({ client, clock }) => `${client}:${clock}`

const before = (struct, i) => id({ client: struct.id.client, clock: struct.id.clock + i - 1 })

const parent = struct => struct.parent === null ? 'same' : struct.parent.constructor === Y.ID ? id(struct.parent) : `root ${struct.parent}`

const first = struct => struct.origin !== null ? id(struct.origin) : `${parent(struct)}/${struct.parentSub}`

const place = (struct, i) => {
  if (struct instanceof Y.GC) return 'gc'
  return `${i > 0 ? before(struct, i) : first(struct)} ${struct.rightOrigin === null ? '' : id(struct.rightOrigin)}`
}

const substance = (struct, i) => {
  if (struct instanceof Y.GC || struct.content instanceof Y.ContentDeleted) return undefined
  const { content } = struct
  if (content instanceof Y.ContentString) return content.str[i]
  if (content instanceof Y.ContentType) return `${content.type.constructor.name} ${content.type.nodeName ?? content.type.hookName}`
  if (content instanceof Y.ContentFormat) return `${content.key}: ${show(content.value)}`
  return show(content.getContent()[i])
}

const units = function * (updates) {
  for (const struct of updates.flatMap(update => Y.decodeUpdate(update).structs)) {
    // A hostile tombstone may have any length; its start is enough.
    for (let i = 0; i < Math.min(struct.length, 1000) && !(struct instanceof Y.Skip); i++) {
      yield [`${struct.id.client}:${struct.id.clock + i}`, place(struct, i), substance(struct, i)]
    }
  }
}

const differ = (a, b) => a !== undefined && b !== undefined && a !== b

const anyTwo = (updates, contradict) => {
  const seen = new Map()
  for (const [id, place, substance] of units(updates)) {
    const known = seen.get(id)
    if (known !== undefined && contradict(known, { place, substance })) return true
    seen.set(id, { place, substance: substance ?? known?.substance })
  }
  return false
}

/** Reports whether the updates have different content for the same clock. */
export const contradict = updates => anyTwo(updates, (a, b) => differ(a.substance, b.substance))

/**
 * Reports whether the updates have different content, or another place, for the same clock. Real clients never have.
 */
export const clash = updates => anyTwo(updates, (a, b) => a.place !== b.place || differ(a.substance, b.substance))

/** Returns text with both halves of surrogate pairs as U+FFFD, so that it does not matter which client split them. */
export const withoutPairs = text => text.replace(/[\ud800-\udfff]/g, '\ufffd')
