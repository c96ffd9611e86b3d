// What differs between two versions: the newer document, with what was inserted and deleted, and by
// whom.
import { get, path } from '../../lib/api.js'
import { h, replace } from '../../lib/dom.js'
import { number } from '../../lib/format.js'
import { failure, loading } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { classOf, legend, mark, partsOf } from './authors.js'
import { bounded } from './bounded.js'
import { folded, linesOf } from './lines.js'
import { merged } from './merge.js'
import { chipClass, formatsOf, lineOf, nameOf, noteOf, textOf } from './pieces.js'
import { current } from './which.js'
import { seen, Writers } from './writers.js'

// idOf is a version in a query; the present document has none.
const idOf = ({ version }) => version === current ? '' : version

// openComparison fills the place with what makes the document from become the document to; each is
// { version, node }.
export const openComparison = async (room, from, to, place, signal) => {
  replace(place, loading(t('room.comparing')))
  try {
    const query = { from: idOf(from), from_node: from.node, to: idOf(to), to_node: to.node }
    const [comparison, parts] = await Promise.all([
      get(path`/v1/rooms/${room.name}/compare`, query, { signal }), partsOf(room, to, signal)
    ])
    replace(place, comparisonElement(parts, comparison.changes, room.writers ??= new Writers()))
  } catch (err) {
    if (err.name !== 'AbortError') replace(place, failure(err, () => openComparison(room, from, to, place, signal)))
  }
}

const count = (changes, ...types) => changes.filter(c => types.includes(c.type)).length

// comparisonElement draws the changes in the document that they lead to.
export const comparisonElement = (parts, changes, writers) => {
  if (changes.length === 0) return h('p', { class: 'state-title', role: 'status' }, t('room.same'))
  const { roots, rest } = merged(parts, changes)
  for (const writer of writers.all()) writer.units = 0
  const drawn = (piece, before) => changed(writers, piece, before)
  const all = [...linesOf(roots), ...rest.map(restLine)]
  const lines = folded(all)
  const draw = line => line.hidden ? hiddenLines(line.hidden, drawn) : lineOf(line, drawn)
  return h('div', { class: 'stack' },
    h('p', { role: 'status' }, t('room.changes', {
      count: changes.length, inserted: number(count(changes, 'insert', 'block-insert', 'set')),
      deleted: number(count(changes, 'delete', 'block-delete', 'unset')), formatted: number(count(changes, 'format'))
    })),
    legend(seen(writers, changes), 0),
    bounded(lines, draw, { props: { class: `${classOf(all)} comparison`, role: 'region', tabindex: 0, 'aria-label': t('room.comparison') }, key: 'room.more.lines' }))
}

// restLine shows a change that has no place in the tree.
const restLine = change => ({
  label: [change.root, ...change.path].join(' / '), depth: 0,
  pieces: [{ text: change.text || change.key || '', by: change.by, change: change.type.endsWith('insert') ? 'insert' : 'delete' }]
})

// hiddenLines is a button in the place of unchanged lines, which shows them.
const hiddenLines = (lines, drawn) => {
  const place = h('div', { class: 'folded' })
  const show = () => {
    const shown = bounded(lines, line => lineOf(line, drawn), { key: 'room.more.lines' })
    replace(place, shown)
    shown.tabIndex = -1
    shown.focus()
  }
  place.append(h('button', { type: 'button', class: 'fold', onclick: show }, t('room.unchanged', { count: lines.length })))
  return place
}

const sameChange = (a, b, writers) => a && a.change === b.change && writers.of(a.by) === writers.of(b.by)

// changed draws a piece: text that stays as it is, or <ins> and <del>, each with its author.
const changed = (writers, piece, before) => {
  if (piece.note) return note(writers, piece)
  const text = textOf(piece)
  if (!piece.change) return kept(writers, piece, text)
  const writer = writers.of(piece.by)
  const begins = !sameChange(before, piece, writers)
  const key = piece.change === 'insert' ? 'room.insertedby' : 'room.deletedby'
  const name = nameOf(piece.by)
  return [
    begins && writer && mark(writer),
    h(piece.change === 'insert' ? 'ins' : 'del', { class: `piece${chipClass(piece)}`, title: t(key, { name }) },
      begins && h('span', { class: 'unseen' }, `${t(key, { name })} `), text)
  ]
}

const kept = (writers, piece, text) => {
  if (!piece.formats?.length) return h('span', { class: `piece${chipClass(piece)}` }, text)
  const writer = writers.of(piece.formats[0].by)
  const said = `${formatsOf(piece.formats)}, ${t('room.by', { name: nameOf(piece.formats[0].by) })}`
  return [writer && mark(writer), h('span', { class: 'piece formatted', title: said }, h('span', { class: 'unseen' }, `${said} `), text)]
}

const note = (writers, { note: change, by }) => {
  const writer = writers.of(by)
  return h('span', { class: 'change-note', title: nameOf(by) }, writer && mark(writer), h('span', { class: 'unseen' }, `${t('room.by', { name: nameOf(by) })} `), noteOf(change))
}
