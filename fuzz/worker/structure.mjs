// The structs of a document and their order, tombstones included, as strings that are equal for equal
// documents. Two documents that are equal here are also equal after any further edit.
import * as Y from 'yjs'

const showID = id => id === null ? '-' : `${id.client}:${id.clock}`

// Old JSON content and Any have the same values; the form in which a value came has no meaning.
const lists = new Set([Y.ContentAny, Y.ContentJSON])

const kind = struct => {
  if (struct instanceof Y.GC) return 'gc'
  if (struct.deleted) return 'deleted'
  return lists.has(struct.content.constructor) ? 'list' : struct.content.constructor.name
}

const run = struct => ({
  client: struct.id.client,
  clock: struct.id.clock,
  length: struct.length,
  kind: kind(struct),
  origin: showID(struct.origin ?? null),
  right: showID(struct.rightOrigin ?? null)
})

const foldable = new Set(['gc', 'deleted', 'list', 'ContentString'])

const continues = (left, right) => left.kind === right.kind && foldable.has(left.kind) &&
  (left.kind === 'gc' || ((left.right === right.right || left.right === 'reversed') && right.origin === `${left.client}:${right.clock - 1}`))

/**
 * Cuts a run at reversed structs, which are stored with other origins (see docs/document.md): their start is
 * compared, and their place in the order.
 */
const cutAt = reversed => r => {
  const shown = reversed.has(`${r.client}:${r.clock}`) ? { ...r, origin: 'reversed', right: 'reversed' } : r
  for (let i = 1; i < (reversed.size > 0 ? r.length : 0); i++) {
    if (!reversed.has(`${r.client}:${r.clock + i}`)) continue
    const rest = { ...r, clock: r.clock + i, length: r.length - i, origin: `${r.client}:${r.clock + i - 1}` }
    return [{ ...shown, length: i }, ...cutAt(reversed)(rest)]
  }
  return [shown]
}

/** Returns the items whose right origin is their origin or left of it in their list. */
export const reversed = doc => {
  const ids = new Set()
  for (const item of [...doc.store.clients.values()].flat()) {
    if (item instanceof Y.Item && item.origin !== null && item.rightOrigin !== null && isReversed(doc.store, item)) ids.add(showID(item.id))
  }
  return ids
}

const isReversed = (store, { origin, rightOrigin, parent }) => {
  if (origin.client === rightOrigin.client && rightOrigin.clock <= origin.clock) {
    // In one item, or in several that were one: each unit has the one before as its origin.
    for (let clock = origin.clock; clock >= rightOrigin.clock;) {
      const item = Y.getItem(store, Y.createID(origin.client, clock))
      if (item.id.clock <= rightOrigin.clock) return true
      if (!(item instanceof Y.Item) || showID(item.origin) !== `${origin.client}:${item.id.clock - 1}`) return false
      clock = item.id.clock - 1
    }
    return true
  }
  return false
}

const folded = runs => runs.reduce((out, r) => {
  if (out.length > 0 && continues(out.at(-1), r)) out.at(-1).length += r.length
  else out.push(r)
  return out
}, [])

const showRun = r => `${r.clock}+${r.length} ${r.kind}` + (r.kind === 'gc' ? '' : ` ${r.origin} ${r.right}`)

const byClient = (doc, f) => [...doc.store.clients].sort(([a], [b]) => a - b).map(([client, list]) => `${client}: ${f(list)}`).join('\n')

/** Returns the document's structs, client by client, joined as far as Yjs may join them. */
export const structs = (doc, reversed) => byClient(doc, list => folded(list.map(run).flatMap(cutAt(reversed))).map(showRun).join(', '))

const ranges = runs => runs.reduce((out, { client, clock, length }) => {
  const last = out.at(-1)
  if (last !== undefined && last.client === client && last.clock + last.length === clock) last.length += length
  else out.push({ client, clock, length })
  return out
}, []).map(({ client, clock, length }) => `${client}:${clock}+${length}`).join(' ')

/** Returns the deleted clocks. */
export const deletions = doc => byClient(doc, list => ranges(list.filter(struct => struct.deleted).map(run)))

const chain = (item, next) => {
  const out = []
  for (; item !== null; item = item[next]) out.push(item)
  return out
}

const nested = items => items.filter(item => item.content instanceof Y.ContentType).map(item => [showID(item.id), item.content.type])

const orderOf = ([name, type], out) => {
  const lists = [['', chain(type._start, 'right')]]
  for (const [key, item] of type._map) lists.push([key, chain(item, 'left').reverse()])
  for (const [key, items] of lists) {
    if (items.length > 0) out.push(`${name}/${JSON.stringify(key)}: ${ranges(items.map(run))}`)
    nested(items).forEach(child => orderOf(child, out))
  }
  return out
}

/** Returns the order of the items in every list and under every key, tombstones included. */
export const order = doc => [...doc.share].flatMap(root => orderOf(root, [])).sort().join('\n')
