// The models of documents that the tests compare: lists of units, each a character or a block with
// units of its own, with identifiers. Two versions give the parts and changes that the server would
// list.

// random returns a generator of numbers below n, the same for each seed.
export const random = seed => n => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return Math.floor(seed / 2 ** 32 * n)
}

let ids = 0
const letters = 'abcdefghij\n'
const people = [{ id: 'u1', name: 'Ann Berg' }, { id: 'u2', name: 'Bob' }, undefined]

const char = next => ({ id: ++ids, char: letters[next(letters.length)], by: people[next(3)] })
const block = (next, kind, depth) => ({ id: ++ids, kind, name: kind === 'element' ? 'paragraph' : '', by: people[next(3)], units: content(next, kind, depth) })

const content = (next, kind, depth) => {
  if (kind === 'xml-text') return Array.from({ length: next(8) }, () => char(next))
  if (depth > 2) return []
  return Array.from({ length: next(4) }, () => block(next, next(2) ? 'xml-text' : 'element', depth + 1))
}

export const makeDocument = next => ({ units: Array.from({ length: 1 + next(5) }, () => block(next, 'element', 0)) })

// edited returns the units after random edits; those that stay keep their identifiers.
const edited = (next, units, kind, depth) => {
  const out = []
  for (const unit of units) {
    if (next(5) === 0) out.push(kind === 'xml-text' ? char(next) : block(next, kind === 'root' ? 'element' : 'xml-text', depth + 1))
    if (next(5) === 0) continue
    out.push(unit.units ? { ...unit, units: edited(next, unit.units, unit.kind, depth + 1) } : unit)
  }
  return out
}

export const edit = (next, document) => ({ units: edited(next, document.units, 'root', 0) })

export const plain = units => units.map(u => u.char ?? plain(u.units)).join('')

// partsOf lists the parts of a document: neighbouring characters of one author are one.
export const partsOf = (units, path = [], out = []) => {
  units.forEach((unit, i) => {
    const last = out.at(-1)
    if (unit.char === undefined) {
      out.push({ type: 'block', root: 'default', path, from: i, to: i + 1, block: unit.kind, name: unit.name, by: unit.by })
      partsOf(unit.units, [...path, i], out)
    } else if (last?.type === 'text' && last.path === path && last.to === i && last.by === unit.by) {
      last.to++
      last.text += unit.char
    } else out.push({ type: 'text', root: 'default', path, from: i, to: i + 1, text: unit.char, by: unit.by })
  })
  return out
}

const runs = (units, present) => {
  const out = []
  units.forEach((unit, i) => {
    if (present.has(unit.id)) return
    const last = out.at(-1)
    if (last && last.to === i && unit.char !== undefined && last.units[0].char !== undefined) {
      last.to++
      last.units.push(unit)
    } else out.push({ from: i, to: i + 1, units: [unit] })
  })
  return out
}

const idsOf = units => new Set(units.map(u => u.id))

// changesOf lists the changes that make the older units the newer ones.
export const changesOf = (older, newer, oldPath = [], path = [], out = []) => {
  const place = { root: 'default', by: people[0] }
  for (const { from, to, units: [unit, ...more] } of runs(older ?? [], idsOf(newer))) {
    out.push(unit.char === undefined
      ? { ...place, path: oldPath, from, to, type: 'block-delete', block: unit.kind, name: unit.name, text: plain(unit.units) }
      : { ...place, path: oldPath, from, to, type: 'delete', text: plain([unit, ...more]) })
  }
  for (const { from, to, units } of runs(newer, idsOf(older ?? []))) {
    out.push(units[0].char === undefined
      ? { ...place, path, from, to, type: 'block-insert', block: units[0].kind, name: units[0].name }
      : { ...place, path, from, to, type: 'insert', text: plain(units) })
  }
  newer.forEach((unit, i) => {
    if (unit.units === undefined) return
    const before = (older ?? []).findIndex(u => u.id === unit.id)
    changesOf(before < 0 ? null : older[before].units, unit.units, [...oldPath, before], [...path, i], out)
  })
  return out
}
