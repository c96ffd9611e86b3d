// The changes between two versions, put into the tree of the newer one. The text that a change has
// taken away is shown at its old place, so the old document can be read, too.
import { treeOf, withRoots } from './tree.js'

const keyOf = (root, path) => JSON.stringify([root, path])

const inOld = new Set(['delete', 'block-delete', 'unset'])

// byPlace groups changes by the block that they are in. The places of deletions are those of the
// older document.
const byPlace = changes => {
  const places = { old: new Map(), now: new Map() }
  for (const change of changes) {
    const map = inOld.has(change.type) ? places.old : places.now
    const key = keyOf(change.root, change.path)
    if (!map.has(key)) map.set(key, [])
    map.get(key).push(change)
  }
  return places
}

const oneOf = (list = [], ...types) => list.filter(c => types.includes(c.type)).sort((a, b) => a.from - b.from)

// merged returns { roots, rest }: the tree of the newer document, whose nodes have pieces, their
// units and what was deleted between them, and notes, the keys that have changed. A piece is
//   { type: text, text, by, change, formats }   change: insert, delete or undefined
//   { type: value, values, by, change }
//   { type: node, node, change }                a block
//   { type: gone, block, name, text, by }       a block that was deleted
// rest are the changes that have no place in it; there are none unless the two answers are of
// different documents.
export const merged = (parts, changes) => {
  const roots = withRoots(treeOf(parts), changes.map(c => c.root))
  const places = byPlace(changes)
  const used = new Set()
  for (const root of roots) place(root, [], places, used)
  return { roots, rest: changes.filter(c => !used.has(c)) }
}

// place gives a node its pieces and notes. old is its path in the older document, or null if it was
// inserted.
const place = (node, old, places, used) => {
  const now = places.now.get(keyOf(node.root, node.path))
  const gone = old && places.old.get(keyOf(node.root, old))
  for (const change of [...now ?? [], ...gone ?? []]) used.add(change)
  const set = oneOf(now, 'set')
  node.notes = [...oneOf(gone ?? [], 'unset'), ...set]
  const list = new List(node, oneOf(now, 'insert', 'block-insert'), oneOf(gone ?? [], 'delete', 'block-delete'), oneOf(now, 'format'))
  node.pieces = list.pieces()
  for (const { child, index } of list.blocks) place(child, index === null || !old ? null : [...old, index], places, used)
  const fresh = new Set(set.map(c => c.key))
  for (const entry of node.entries) if (entry.block) place(entry, !old || fresh.has(entry.key) ? null : [...old, entry.key], places, used)
}

// List walks over the units of a block, those of the newer document, and keeps count of the place
// in the older one: kept units are in both, gone ones in the older only.
class List {
  constructor (node, inserts, deletes, formats) {
    Object.assign(this, { node, inserts, deletes, formats, kept: 0, gone: 0, out: [], blocks: [], active: [] })
    this.insert = this.remove = this.format = 0 // the next of each
  }

  pieces () {
    for (const child of this.node.children) {
      for (let at = child.from; at < child.to;) at = this.step(child, at)
    }
    this.removed(Infinity)
    return this.out
  }

  // step adds the piece of a child that begins at a unit, and returns the unit behind it.
  step (child, at) {
    while (this.inserts[this.insert]?.to <= at) this.insert++
    const next = this.inserts[this.insert]
    const inserted = next && next.from <= at
    if (!inserted || next.from === at) this.removed(this.kept)
    this.formatsAt(at)
    const end = Math.min(child.to, inserted ? next.to : next?.from ?? Infinity, inserted ? Infinity : at + this.untilRemoved(), this.untilFormat())
    this.add(child, at, end, inserted)
    if (!inserted) this.kept += end - at
    return end
  }

  untilRemoved () {
    const next = this.deletes[this.remove]
    return next ? next.from - this.gone - this.kept : Infinity
  }

  untilFormat () {
    return Math.min(this.formats[this.format]?.from ?? Infinity, ...this.active.map(f => f.to))
  }

  formatsAt (at) {
    while (this.formats[this.format]?.from <= at) this.active.push(this.formats[this.format++])
    this.active = this.active.filter(f => f.to > at)
  }

  // removed adds the deletions that come before a unit, of those that both documents have.
  removed (kept) {
    for (let d; (d = this.deletes[this.remove]) && d.from - this.gone <= kept; this.remove++) {
      this.gone += d.to - d.from
      this.out.push(d.type === 'delete' ? { ...textOrValue(d), change: 'delete' } : { ...d, type: 'gone', change: 'delete' })
    }
  }

  add (child, at, end, inserted) {
    const change = inserted ? 'insert' : undefined
    const { by } = child
    if (child.type === 'text') {
      this.out.push({ type: 'text', text: child.text.slice(at - child.from, end - child.from), by, change, formats: [...this.active] })
    } else if (child.type === 'value') {
      this.out.push({ type: 'value', values: (child.values ?? []).slice(at - child.from, end - child.from), by, change })
    } else {
      this.blocks.push({ child, index: inserted ? null : this.kept + this.gone })
      this.out.push({ type: 'node', node: child, by, change })
    }
  }
}

const textOrValue = d => d.text ? { type: 'text', text: d.text, by: d.by } : { type: 'value', values: d.values ?? [], by: d.by }
