// The rooms that are stored, loaded or not, and documents that were deleted.
import { get } from '../../lib/api.js'
import { h, replace } from '../../lib/dom.js'
import { age, bytes, dateTime, number } from '../../lib/format.js'
import { later } from '../../lib/pulse.js'
import { empty, failure, loading, partial } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { pager, table } from '../../lib/table.js'
import { undelete } from '../room/actions.js'
import { badge, badges, roomLink, searchBox } from './cells.js'

const limit = 50

// chosen is what was seen last, for those who come back to it: the search, and what each page up to
// that one begins after.
const chosen = { prefix: '', pages: [''] }

const moment = at => at ? h('time', { datetime: at, title: dateTime(at) }, age(at)) : '–'

const columns = view => [
  { key: 'name', label: t('rooms.name'), header: true, wide: true, cell: r => roomLink(r.name) },
  { key: 'kind', label: t('rooms.kind'), cell: r => t(`room.kind.${r.kind}`) },
  { key: 'saved', label: t('rooms.saved'), cell: r => moment(r.saved_at) },
  { key: 'size', label: t('rooms.snapshot'), number: true, cell: r => bytes(r.saved_at ? r.snapshot_bytes : null) },
  { key: 'updates', label: t('rooms.updates'), number: true, cell: r => number(r.updates) },
  { key: 'versions', label: t('rooms.versions'), number: true, cell: r => number(r.versions) },
  { key: 'remarks', label: t('rooms.remarks'), cell: r => badges(deleted(r), expires(r)) },
  { key: 'actions', label: t('rooms.actions'), actions: true, cell: r => r.deleted_at && undeleteButton(r.name, view) }
]

const deleted = r => r.deleted_at && h('span', { class: 'badge bad', title: dateTime(r.deleted_at) }, t('room.deleted'))

const expires = r => r.expires_at && badge(t('rooms.expires', { at: dateTime(r.expires_at) }))

const undeleteButton = (name, view) =>
  h('button', { type: 'button', class: 'button small', onclick: () => undelete(name, () => view.load()) }, t('room.undelete'))

// openStored fills the tab's panel.
export const openStored = (panel, signal) => {
  const view = new Stored(signal)
  replace(panel, view.element)
  view.load()
}

class Stored {
  constructor (signal) {
    this.signal = signal
    this.remark = h('div')
    this.place = h('div', null, loading())
    this.pager = pager(t('rooms.pages'))
    const search = searchBox(t('rooms.prefix'), chosen.prefix)
    search.addEventListener('input', later(() => this.search(search.value), 250, signal))
    const again = h('button', { type: 'button', class: 'button', onclick: () => this.load() }, t('rooms.again'))
    this.list = table({
      caption: t('rooms.stored'), columns: columns(this), rowKey: r => r.name,
      empty: empty(t('rooms.stored.none'), t('rooms.stored.none.text'))
    })
    this.element = h('div', null, h('div', { class: 'controls', role: 'search' }, search, again), this.remark, this.place, this.pager.element)
  }

  search (prefix) {
    Object.assign(chosen, { prefix, pages: [''] })
    this.load()
  }

  async load () {
    this.running?.abort()
    const running = this.running = new AbortController()
    try {
      const query = { prefix: chosen.prefix, after: chosen.pages.at(-1), limit }
      const answer = await get('/v1/stored', query, { signal: AbortSignal.any([running.signal, this.signal]) })
      this.show(answer)
    } catch (err) {
      if (err.name !== 'AbortError') replace(this.place, failure(err, () => this.load()))
    }
  }

  show (answer) {
    replace(this.place, this.list.element)
    this.list.update(answer.rooms)
    replace(this.remark, partial(answer), answer.damage && damage(answer.damage))
    const before = (chosen.pages.length - 1) * limit
    this.pager.update({
      from: before, shown: answer.rooms.length,
      previous: chosen.pages.length > 1 ? () => this.turn(chosen.pages.slice(0, -1)) : null,
      next: answer.next_after ? () => this.turn([...chosen.pages, answer.next_after]) : null
    })
  }

  turn (pages) {
    chosen.pages = pages
    this.load()
    this.place.scrollIntoView({ block: 'nearest' })
  }
}

const damage = text => h('p', { class: 'remark warning', role: 'alert' }, t('rooms.damage'), ' ', h('span', { lang: 'en', dir: 'auto' }, text))
