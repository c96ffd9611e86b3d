// Lines of a document as elements. Who wrote or changed a part is told by a colour, by the line
// below it, by initials, and by words for screen readers.
import { foreign, h } from '../../lib/dom.js'
import { t } from '../../lib/strings.js'
import { readable } from './bounded.js'
import { valueText } from './tree.js'

const most = 4000 // characters of a line that are drawn

const called = ({ id, name }) => name || id

// nameOf names the author of a part.
export const nameOf = by => {
  if (!by) return t('room.unknown')
  return by.on_behalf_of ? t('room.onbehalf', { by: called(by), user: called(by.on_behalf_of) }) : called(by)
}

// lineOf draws a line; drawn(piece, before) returns the elements of a piece; before is the one before it.
export const lineOf = (line, drawn) => {
  const { pieces, left } = cut(line.pieces)
  const label = line.label && h('span', { class: 'line-label' }, h('bdi', null, readable(line.label)))
  const content = h('span', { class: 'line-text', dir: 'auto' }, pieces.map((piece, i) => drawn(piece, pieces[i - 1])),
    left > 0 && h('span', { class: 'muted' }, ' ', t('room.line.left', { count: left })))
  return h('div', { class: ['line', line.change && `line-${line.change}`, `depth-${Math.min(line.depth ?? 0, 4)}`].filter(Boolean).join(' ') },
    line.root && h('span', { class: 'unseen' }, t('room.root', { root: line.root })), label || h('span', { class: 'line-label' }), content)
}

// cut leaves out what is behind the longest text that is drawn.
const cut = pieces => {
  const shown = []
  let room = most
  let left = 0
  for (const piece of pieces) {
    const length = piece.text?.length ?? 1
    if (length <= room) shown.push(piece)
    else {
      if (piece.text && room > 0) shown.push({ ...piece, text: piece.text.slice(0, room) })
      left += length - room
    }
    room = Math.max(0, room - length)
  }
  return { pieces: shown, left }
}

// textOf is what a piece shows.
export const textOf = piece => readable(piece.text ?? piece.chip ?? '')

// chipClass tells blocks and values from text.
export const chipClass = piece => piece.chip === undefined ? '' : piece.value ? ' chip value' : ' chip'

// noteOf says how a key, or a format, was changed.
export const noteOf = change => {
  const key = foreign(change.key ?? '')
  if (change.type === 'unset') return [key, ' ', t('room.change.unset')]
  return [key, ' → ', change.values ? foreign(change.values.map(v => valueText(v, 80)).join(', ')) : foreign(change.block ?? '')]
}

// formatsOf says which formats were set or removed.
export const formatsOf = formats => formats.map(f => f.attributes && Object.keys(f.attributes).length > 0
  ? Object.entries(f.attributes).map(([name, value]) => value === null ? t('room.change.unformat', { name }) : t('room.change.format', { name })).join(', ')
  : t('room.change.format.any')).join(', ')
