// The frames of both panes, as they travel.
import { h, say } from './dom.mjs'
import { FrameRow } from './framerow.mjs'
import { t } from './strings.mjs'

// So many rows are kept; the oldest goes for a new one.
const most = 500

const second = 1000

const choice = (label, values, changed) => {
  const select = h('select', { onchange: ({ target }) => changed(target.value) }, ...values.map(([value, text]) => h('option', { value }, text)))
  return h('label', {}, h('span', {}, label), select)
}

export class Frames {
  constructor () {
    Object.assign(this, { rows: [], pane: 'all', kind: 'all', paused: false, missed: 0, count: 0, bytes: 0 })
    this.list = h('ol', { class: 'rows', reversed: true })
    this.none = h('p', { class: 'none' }, t('frames.none'))
    this.sums = h('output', { class: 'sums' })
    this.pause = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => this.togglePause() }, t('frames.pause'))
    this.element = h('section', { class: 'frames', 'aria-labelledby': 'frames-title' },
      h('div', { class: 'bar' },
        h('h2', { id: 'frames-title' }, t('frames.title')), this.sums,
        choice(t('frames.pane'), ['all', 'left', 'right'].map(pane => [pane, t(`pane.${pane}`)]), pane => this.filter({ pane })),
        choice(t('frames.kind'), ['all', 'document', 'awareness', 'other'].map(kind => [kind, t(`kind.${kind}`)]), kind => this.filter({ kind })),
        this.pause, h('button', { type: 'button', onclick: () => this.clear() }, t('frames.clear'))),
      h('p', { class: 'hint' }, t('frames.hint')),
      h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': t('frames.list') }, this.none, this.list))
    setInterval(() => this.age(), second)
    this.sum()
  }

  // add adds a frame, {pane, at, direction, data, messages}, or an event of a connection.
  add (frame) {
    this.count += frame.data === undefined ? 0 : 1
    if (this.paused) this.missed++
    else this.show(new FrameRow(frame))
    this.bytes += frame.size ?? 0
    this.sum()
  }

  show (row) {
    this.rows.push(row)
    row.element.hidden = !this.wants(row.frame)
    this.list.prepend(row.element)
    if (this.rows.length > most) this.rows.shift().element.remove()
    this.none.hidden = true
  }

  wants ({ pane, kind }) { return (this.pane === 'all' || this.pane === pane) && (this.kind === 'all' || this.kind === kind) }

  filter (chosen) {
    Object.assign(this, chosen)
    for (const { element, frame } of this.rows) element.hidden = !this.wants(frame)
  }

  // While paused the list stays as it is; what travels meanwhile is counted, and not shown later.
  togglePause () {
    this.paused = !this.paused
    if (!this.paused) this.missed = 0
    this.pause.setAttribute('aria-pressed', this.paused)
    this.sum()
  }

  clear () {
    this.rows = []
    Object.assign(this, { count: 0, bytes: 0, missed: 0 })
    this.list.replaceChildren()
    this.none.hidden = false
    this.sum()
  }

  sum () {
    const texts = [t('frames.count', { count: this.count }), size(this.bytes)]
    if (this.missed > 0) texts.push(t('frames.missed', { count: this.missed }))
    say(this.sums, texts.join(', '))
  }

  age () {
    const now = Date.now()
    for (const row of this.rows) if (!row.element.hidden) row.age(now)
  }
}

export const size = bytes => bytes < 1000 ? t('unit.b', { count: bytes }) : t('unit.kb', { count: Math.round(bytes / 100) / 10 })
