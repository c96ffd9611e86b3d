// Why clients were refused since the page was opened, and how many.
import { foreign, h, replace } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { empty } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { table } from '../../lib/table.js'
import { isRefusal } from './kinds.js'

const most = 100 // reasons that are counted apart; more of them are counted together
const shown = 8
const pause = 500 // milliseconds between two drawings

// refusals returns { element, add(event, name) }.
export const refusals = signal => {
  const counts = new Map() // by kind, code, subject and reason
  const rows = table({
    caption: t('refusals.title'),
    rowKey: r => r.id,
    empty: empty(t('refusals.none'), t('refusals.noneAbout')),
    columns: [
      { key: 'reason', label: t('refusals.reason'), header: true, wide: true, cell: r => r.reason ? foreign(r.reason, { class: 'foreign whole' }) : t('refusals.others') },
      { key: 'kind', label: t('refusals.kind'), cell: r => r.kind ? h('span', { class: 'badge warning' }, t(`kind.${r.kind}`)) : '' },
      { key: 'code', label: t('refusals.code'), number: true, cell: r => r.code ?? '' },
      { key: 'last', label: t('refusals.last'), number: true, cell: r => format.time(r.last) },
      { key: 'count', label: t('refusals.count'), number: true, cell: r => format.number(r.count) }
    ]
  })
  const total = h('span', { class: 'badge warning' })
  let drawn = null
  const draw = () => {
    drawn = null
    if (signal.aborted) return
    const all = [...counts.values()].sort((a, b) => b.count - a.count)
    rows.update(all.slice(0, shown))
    replace(total, t('refusals.total', { count: all.reduce((sum, r) => sum + r.count, 0) }))
  }
  const add = event => {
    if (!isRefusal(event.kind)) return
    count(counts, event)
    drawn ??= setTimeout(() => requestAnimationFrame(draw), pause)
  }
  rows.update([])
  return { add, element: h('section', { class: 'card' }, h('div', { class: 'head' }, h('h2', null, t('refusals.title')), total), rows.element) }
}

const count = (counts, { kind, code, subject, reason, time }) => {
  let id = `${kind} ${code ?? ''} ${subject ?? ''} ${reason ?? ''}`
  if (!counts.has(id) && counts.size >= most) id = ''
  const entry = counts.get(id) ?? (id === '' ? { id, count: 0 } : { id, kind, code, reason: [subject, reason].filter(Boolean).join(': '), count: 0 })
  entry.count++
  entry.last = time
  counts.set(id, entry)
}
