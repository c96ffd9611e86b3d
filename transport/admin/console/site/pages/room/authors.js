// The document with its authors: the text in parts, each with the mark of its author, and a legend.
import { get, path } from '../../lib/api.js'
import { foreign, h, replace } from '../../lib/dom.js'
import { number } from '../../lib/format.js'
import { failure, loading } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { bounded } from './bounded.js'
import { linesOf } from './lines.js'
import { chipClass, lineOf, nameOf, textOf } from './pieces.js'
import { treeOf } from './tree.js'
import { current } from './which.js'
import { countUnits, seen, Writers } from './writers.js'

// partsOf reads the parts of a version, or of the present document.
export const partsOf = async (room, { version, node }, signal) => {
  const query = version === current ? {} : { version }
  return (await get(path`/v1/rooms/${room.name}/authors`, query, { signal, node })).parts
}

// openAuthors fills the panel.
export const openAuthors = async (room, which, panel, signal) => {
  replace(panel, loading(t('room.reading')))
  try {
    const parts = await partsOf(room, which, signal)
    const writers = room.writers ??= new Writers() // each author has one mark on the page
    const nobody = countUnits(writers, parts)
    const lines = linesOf(treeOf(parts))
    if (lines.length === 0) return replace(panel, h('p', { class: 'muted' }, t('room.document.empty')))
    replace(panel, legend(seen(writers, parts), nobody), bounded(lines, line => lineOf(line, (piece, before) => written(writers, piece, before)), {
      props: { class: classOf(lines), role: 'region', tabindex: 0, 'aria-label': t('room.document.authors') }, key: 'room.more.lines'
    }))
  } catch (err) {
    if (err.name !== 'AbortError') replace(panel, failure(err, () => openAuthors(room, which, panel, signal)))
  }
}

// classOf leaves no room for labels where no line has one.
export const classOf = lines => lines.some(l => l.label) ? 'lines' : 'lines unlabelled'

// mark is the sign of an author: the initials with the colour and the line of their text.
export const mark = writer => h('span', { class: `mark writer-${writer.kind}`, 'aria-hidden': 'true' }, writer.initials)

// legend names authors with their marks, and how much each has written.
export const legend = (shown, nobody) => h('ul', { class: 'legend', 'aria-label': t('room.legend') },
  shown.toSorted((a, b) => b.units - a.units).map(w => h('li', null, mark(w), ' ', foreign(nameOf(w.by)), w.units > 0 && h('span', { class: 'muted' }, ' ', number(w.units)))),
  nobody > 0 && h('li', null, h('span', { class: 'mark writer-none', 'aria-hidden': 'true' }, '–'), ' ', t('room.unknown'), h('span', { class: 'muted' }, ' ', number(nobody))))

// written draws a piece. The name is said where the author changes.
const written = (writers, piece, before) => {
  if (piece.note) return null
  const writer = writers.of(piece.by)
  const name = nameOf(piece.by)
  const changes = !before || writers.of(before.by) !== writer
  return [
    changes && h('span', { class: 'unseen' }, `${t('room.by', { name })} `),
    changes && writer && mark(writer),
    h('span', { class: `piece writer-${writer?.kind ?? 'none'}${chipClass(piece)}`, title: name }, textOf(piece))
  ]
}
