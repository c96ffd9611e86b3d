// What a document holds, in forms that two processes can compare.
//
// A claim says "this much is there": {clocks: {client: next clock}, deleted: {client: [[clock, length], …]}}.
import { createHash } from 'node:crypto'
import * as Y from 'yjs'

export const sha256 = text => createHash('sha256').update(text).digest('hex')

const sorted = entries => Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))

// claimOf is everything doc holds.
export const claimOf = doc => ({
  clocks: sorted([...Y.decodeStateVector(Y.encodeStateVector(doc))].map(([id, clock]) => [String(id), clock])),
  deleted: deletedRanges(Y.createDeleteSetFromStructStore(doc.store))
})

export const deletedRanges = deleteSet =>
  sorted([...deleteSet.clients].map(([id, ranges]) => [String(id), joined(ranges.map(r => [r.clock, r.len]))]))

// joined sorts [clock, length] ranges and makes one of those that touch or overlap.
export const joined = ranges => {
  const out = []
  for (const [clock, len] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last && clock <= last[0] + last[1]) last[1] = Math.max(last[1], clock + len - last[0])
    else out.push([clock, len])
  }
  return out
}

// missing lists what a claim says and doc lacks; empty when doc covers it.
export const missing = (doc, claim) => {
  const lacks = []
  for (const [id, clock] of Object.entries(claim.clocks)) {
    const have = Y.getState(doc.store, Number(id))
    if (have < clock) lacks.push(`client ${id}: clocks ${have}..${clock}`)
  }
  if (lacks.length > 0 || Object.keys(claim.deleted).length === 0) return lacks
  const have = deletedRanges(Y.createDeleteSetFromStructStore(doc.store))
  for (const [id, ranges] of Object.entries(claim.deleted)) {
    for (const [clock, len] of ranges) {
      if (!(have[id] ?? []).some(([c, n]) => c <= clock && clock + len <= c + n)) {
        lacks.push(`client ${id}: deletion ${clock}..${clock + len}`)
      }
    }
  }
  return lacks
}

// content renders every shared type the tests use; equal documents render equally.
export const content = doc => ({
  text: doc.getText('text').toDelta().map(plain),
  xml: doc.getXmlFragment('default').toArray().map(node),
  map: plain(doc.getMap('map'))
})

const node = type => {
  if (type instanceof Y.XmlElement) {
    return { name: type.nodeName, attributes: plain(type.getAttributes()), children: type.toArray().map(node) }
  }
  return type.toDelta().map(plain)
}

const plain = value => {
  if (value instanceof Y.Doc) return { doc: value.guid }
  if (value instanceof Y.Map) return sorted([...value.entries()].map(([k, v]) => [k, plain(v)]))
  if (value instanceof Y.AbstractType) return value instanceof Y.Text ? value.toDelta().map(plain) : value.toArray().map(plain)
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (value !== null && typeof value === 'object') return sorted(Object.entries(value).map(([k, v]) => [k, plain(v)]))
  return value === undefined ? { undefined: true } : value
}

export const report = doc => {
  const claim = claimOf(doc)
  const shown = content(doc)
  return {
    claim,
    content: shown,
    text: doc.getText('text').toString(),
    pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    hash: sha256(JSON.stringify([claim, shown]))
  }
}
