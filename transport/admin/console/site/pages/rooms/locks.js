// The rooms that are locked, loaded or not.
import { get } from '../../lib/api.js'
import { foreign, h, replace } from '../../lib/dom.js'
import { age, dateTime } from '../../lib/format.js'
import { pulse } from '../../lib/pulse.js'
import { empty, failure, loading } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { pager, table } from '../../lib/table.js'
import { unlock } from '../room/actions.js'
import { roomLink } from './cells.js'

const limit = 50
const every = 10_000 // milliseconds

const columns = view => [
  { key: 'room', label: t('rooms.name'), header: true, wide: true, cell: l => roomLink(l.room) },
  { key: 'by', label: t('rooms.lockedby'), cell: l => l.by ? foreign(l.by) : '–' },
  { key: 'at', label: t('rooms.lockedat'), cell: l => h('time', { datetime: l.at, title: dateTime(l.at) }, age(l.at)) },
  {
    key: 'actions', label: t('rooms.actions'), actions: true,
    cell: l => h('button', { type: 'button', class: 'button small', onclick: () => unlock(l.room, view.now) },
      t('room.unlock'), h('span', { class: 'unseen' }, ' ', foreign(l.room)))
  }
]

// openLocks fills the tab's panel.
export const openLocks = (panel, signal) => {
  const place = h('div', null, loading())
  const pages = pager(t('rooms.pages'))
  const view = { offset: 0 }
  const list = table({ caption: t('rooms.locks'), columns: columns(view), rowKey: l => l.room, empty: empty(t('rooms.locks.none'), t('rooms.locks.none.text')) })
  const turn = offset => () => {
    view.offset = offset
    view.now()
  }
  const ask = asked => get('/v1/locks', { offset: view.offset, limit }, { signal: asked })
  const show = answer => {
    if (answer.locks.length === 0 && view.offset > 0) return turn(0)()
    if (place.firstChild !== list.element) replace(place, list.element)
    list.update(answer.locks)
    pages.update({
      from: view.offset, shown: answer.locks.length, total: answer.total,
      previous: view.offset > 0 ? turn(Math.max(0, view.offset - limit)) : null,
      next: answer.next_offset ? turn(answer.next_offset) : null
    })
  }
  const failed = err => replace(place, failure(err, () => view.now()))
  replace(panel, place, pages.element)
  view.now = () => view.run()
  view.run = pulse({ ask, show, failed, every, signal })
}
