// The lines of a document: what a reader takes for a paragraph, an item or a value, with the pieces
// that it is made of.
import { valueText } from './tree.js'

const texts = new Set(['text', 'xml-text'])

const piecesOf = node => node.pieces ?? node.children.map(child =>
  child.type === 'text' || child.type === 'value' ? child : { type: 'node', node: child, by: child.by })

const isText = piece => piece.type === 'text' ||
  (piece.type === 'node' && texts.has(piece.node.block)) || (piece.type === 'gone' && texts.has(piece.block))

// inline tells whether the units of a node make one line: it has text of its own, or is an element
// with text in it.
const inline = (node, pieces) => texts.has(node.block) || pieces.some(p => p.type === 'text') ||
  (node.block === 'element' && pieces.some(isText))

// linesOf returns the lines of a tree, merged or not. A line has label, the name of its element or
// key; depth; and pieces:
//   { text, by, change, formats }
//   { chip, by, change }      a block within a line, or a value; value is true if it is one
//   { note, by }              a key that has changed: the change
// change of a line is insert or delete if all of it is.
export const linesOf = roots => {
  const out = []
  for (const root of roots) {
    const before = out.length
    add(root, roots.length > 1 || root.entries.length > 0 ? root.name : '', 0, out)
    if (out.length > before) out[before].root = root.name
  }
  return out
}

const add = (node, label, depth, out, change) => {
  const pieces = piecesOf(node)
  const own = node.block === 'element' ? [] : node.entries
  const notes = (node.notes ?? []).map(note => ({ note, by: note.by }))
  if (inline(node, pieces)) {
    addText(flat(pieces), { label, depth, change }, notes, out)
  } else if (pieces.length === 0 && own.length === 0) {
    if (node.block) out.push({ label, depth, change, pieces: [...leaf(node, label, change), ...notes] })
    else if (notes.length > 0) out.push({ label, depth, pieces: notes })
  } else {
    if (notes.length > 0) out.push({ label, depth, pieces: notes })
    for (const piece of pieces) addPiece(piece, label, node.type === 'root' ? depth : depth + 1, out)
  }
  for (const entry of own) addEntry(entry, label && `${label}.${entry.key}`, depth, out)
}

// leaf is the chip of a block in which there is nothing.
const leaf = (node, label, change) => [{ chip: node.name || label || node.block, by: node.by, change }]

const addPiece = (piece, label, depth, out) => {
  if (piece.type === 'node') return add(piece.node, piece.node.name || label, depth, out, piece.change)
  if (piece.type === 'gone') return addText([{ text: piece.text ?? '', by: piece.by, change: 'delete' }], { label: piece.name || piece.block, depth, change: 'delete' }, [], out)
  for (const chip of chips(piece)) out.push({ label, depth, change: piece.change, pieces: [chip] })
}

const addEntry = (entry, label, depth, out) => {
  if (entry.block) add(entry, label || entry.key, depth + 1, out)
  else out.push({ label: label || entry.key, depth: depth + 1, pieces: chips(entry) })
}

const chips = piece => (piece.values ?? []).map(v => ({ chip: valueText(v), value: true, by: piece.by, change: piece.change }))

// flat returns the pieces of one line.
const flat = pieces => pieces.flatMap(piece => {
  if (piece.type === 'text') return [piece]
  if (piece.type === 'value') return chips(piece)
  if (piece.type === 'gone') return gone(piece)
  const { node, change } = piece
  const within = flat(piecesOf(node))
  const notes = (node.notes ?? []).map(note => ({ note, by: note.by }))
  const text = texts.has(node.block) && (within.length > 0 || !change)
  return text ? [...within, ...notes] : [{ chip: node.name || node.block, by: piece.by, change }, ...within, ...notes]
})

const gone = piece => {
  const text = piece.text ? [{ text: piece.text, by: piece.by, change: 'delete' }] : []
  return texts.has(piece.block) && piece.text ? text : [{ chip: piece.name || piece.block, by: piece.by, change: 'delete' }, ...text]
}

// addText adds a line for each line of the text. The end of a line that was inserted or deleted is
// a sign.
const addText = (pieces, line, notes, out) => {
  const before = out.length
  let current = { ...line, pieces: [] }
  for (const piece of pieces) {
    if (piece.text === undefined) {
      current.pieces.push(piece)
      continue
    }
    const parts = piece.text.split('\n')
    parts.forEach((text, i) => {
      const last = i === parts.length - 1
      const shown = last || !piece.change ? text : `${text}↵`
      if (shown !== '') current.pieces.push({ ...piece, text: shown })
      if (last) return
      out.push(current)
      current = { ...line, pieces: [] }
    })
  }
  current.pieces.push(...notes)
  if (current.pieces.length > 0 || out.length === before) out.push(current)
}

// isChanged tells whether a line differs between the versions.
export const isChanged = line => Boolean(line.change) ||
  line.pieces.some(p => p.change || p.note || p.formats?.length > 0)

// folded returns the lines with long stretches of unchanged ones as { hidden: lines }; around each
// change some lines stay.
export const folded = (lines, around = 2) => {
  const near = new Uint8Array(lines.length)
  lines.forEach((line, i) => {
    if (isChanged(line)) near.fill(1, Math.max(0, i - around), i + around + 1)
  })
  const out = []
  lines.forEach((line, i) => {
    if (near[i]) return out.push(line)
    if (!out.at(-1)?.hidden) out.push({ hidden: [] })
    out.at(-1).hidden.push(line)
  })
  return out.flatMap(l => l.hidden?.length === 1 ? l.hidden : [l])
}
