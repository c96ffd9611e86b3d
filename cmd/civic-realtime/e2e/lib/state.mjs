// The content of documents, in forms that two processes can compare.
//
// A claim is content that must be there: {clocks: {client: next clock}, deleted: {client: [[clock,
// length], …]}}.
import { createHash } from 'node:crypto'
import * as Y from 'yjs'

export const sha256 = text => createHash('sha256').update(text).digest('hex')

const sorted = entries => Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))

// claimOf returns everything in doc as a claim.
const claimOf = doc => ({
  clocks: sorted([...Y.decodeStateVector(Y.encodeStateVector(doc))].map(([id, clock]) => [String(id), clock])),
  deleted: deletedRanges(Y.createDeleteSetFromStructStore(doc.store))
})

export const deletedRanges = deleteSet =>
  sorted([...deleteSet.clients].map(([id, ranges]) => [String(id), joined(ranges.map(r => [r.clock, r.len]))]))

// joined sorts [clock, length] ranges, and joins those that touch or overlap.
export const joined = ranges => {
  const out = []
  for (const [clock, len] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last && clock <= last[0] + last[1]) last[1] = Math.max(last[1], clock + len - last[0])
    else out.push([clock, len])
  }
  return out
}

// missing lists the parts of a claim that doc lacks.
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

// content returns every shared type that the tests use; equal documents have equal content.
export const content = doc => ({
  text: doc.getText('text').toDelta().map(plain),
  xml: doc.getXmlFragment('default').toArray().map(node),
  map: plain(doc.getMap('map'))
})

const node = type => {
  if (type instanceof Y.XmlElement) {
    return { name: type.nodeName, attributes: plain(type.getAttributes()), children: type.toArray().map(node) }
  }
  return plain(type) // other types and values too, which random updates may insert
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
