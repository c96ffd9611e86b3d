// The rooms that are loaded: searched, sorted and paged by the server.
import { get } from '../../lib/api.js'
import { foreign, h, newID, replace } from '../../lib/dom.js'
import { bytes, number, rate } from '../../lib/format.js'
import { later, pulse } from '../../lib/pulse.js'
import { sayError } from '../../lib/say.js'
import { empty, failure, loading, partial } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { pager, table } from '../../lib/table.js'
import { Calm } from './calm.js'
import { badges, remarks, roomLink, searchBox, stateBadge } from './cells.js'

const limit = 50
const every = 4000 // milliseconds
const directions = { name: 'ascending', peers: 'descending', bytes: 'descending', rate: 'descending' }

// The visitor's choices stay while the console is open.
const chosen = { search: '', kind: '', sort: 'peers', offset: 0 }

const keyOf = room => `${room.name}\n${room.node ?? ''}`

const columns = () => [
  { key: 'name', label: t('rooms.name'), header: true, sort: true, wide: true, cell: r => roomLink(r.name) },
  { key: 'state', label: t('rooms.state'), cell: r => stateBadge(r.state) },
  { key: 'peers', label: t('rooms.people'), number: true, sort: true, cell: r => number(r.peers) },
  { key: 'bytes', label: t('rooms.size'), number: true, sort: true, cell: r => bytes(r.document_bytes) },
  { key: 'rate', label: t('rooms.rate'), number: true, sort: true, cell: r => rate(r.updates_per_second) },
  { key: 'remarks', label: t('rooms.remarks'), cell: r => badges(remarks(r)) }
]

const nodeColumn = () => ({ key: 'node', label: t('rooms.node'), cell: r => foreign(r.node ?? '') })

// openLoaded fills the tab's panel.
export const openLoaded = (panel, signal) => {
  const view = new Loaded(signal)
  replace(panel, view.element)
  view.start()
}

class Loaded {
  constructor (signal) {
    this.signal = signal
    this.remark = h('div')
    this.place = h('div', { class: 'rooms-list' }, loading())
    const renew = () => this.refresh(true)
    this.waiting = h('button', { type: 'button', class: 'button small waiting', hidden: true, onclick: renew }, t('rooms.waiting'))
    this.pager = pager(t('rooms.pages'))
    this.element = h('div', null, this.controls(), this.remark, this.place, this.pager.element)
    this.calm = new Calm(this.place, keyOf, yes => { this.waiting.hidden = !yes })
  }

  controls () {
    const search = searchBox(t('rooms.search'), chosen.search)
    const changed = later(() => this.choose({ search: search.value.trim() }), 250, this.signal)
    search.addEventListener('input', changed)
    const id = newID()
    const kind = h('select', { id, onchange: () => this.choose({ kind: kind.value }) },
      ['', 'record', 'document'].map(k => h('option', { value: k }, t(`rooms.kind.${k || 'all'}`))))
    kind.value = chosen.kind
    return h('div', { class: 'controls', role: 'search' }, search,
      h('span', { class: 'pair' }, h('label', { for: id, class: 'inline' }, t('rooms.kind')), kind), this.sorting(), this.waiting)
  }

  // sorting is there at phone width, where the table has no heads.
  sorting () {
    const id = newID()
    const labels = { name: 'rooms.name', peers: 'rooms.people', bytes: 'rooms.size', rate: 'rooms.rate' }
    this.sort = h('select', { id, onchange: () => this.choose({ sort: this.sort.value }) },
      Object.entries(labels).map(([value, key]) => h('option', { value }, t(key))))
    this.sort.value = chosen.sort
    return h('span', { class: 'pair phone' }, h('label', { for: id, class: 'inline' }, t('rooms.sort')), this.sort)
  }

  start () {
    this.now = pulse({
      ask: signal => get('/v1/rooms', { ...chosen, limit }, { signal }),
      show: answer => this.show(answer),
      failed: err => this.fail(err),
      every,
      signal: this.signal
    })
  }

  choose (choice) {
    Object.assign(chosen, { offset: 0 }, choice)
    this.sort.value = chosen.sort
    this.refresh(true)
  }

  refresh (fresh) {
    this.fresh = fresh
    this.now()
  }

  fail (err) {
    if (!this.list) replace(this.place, failure(err, () => this.now()))
    else if (!this.failed) sayError(err)
    this.failed = true
  }

  show (answer) {
    this.failed = false
    if (answer.rooms.length === 0 && answer.total > 0 && chosen.offset > 0) return this.choose({ offset: lastPage(answer.total) })
    const rows = this.calm.next(answer.rooms, this.fresh)
    this.fresh = false
    this.tableFor(answer.rooms.some(r => r.node)).update(rows)
    replace(this.remark, partial(answer))
    this.page(answer)
  }

  // tableFor makes the table, with a column for nodes if there are several.
  tableFor (nodes) {
    if (this.list && this.nodes === nodes) {
      this.list.setSort({ key: chosen.sort, direction: directions[chosen.sort] })
      return this.list
    }
    const all = nodes ? columns().toSpliced(2, 0, nodeColumn()) : columns()
    this.nodes = nodes
    this.list = table({
      caption: t('rooms.loaded'), columns: all, rowKey: keyOf, sort: { key: chosen.sort, direction: directions[chosen.sort] },
      onSort: sort => this.choose({ sort }), empty: empty(t('rooms.none'), t('rooms.none.text'))
    })
    replace(this.place, this.list.element)
    return this.list
  }

  page ({ rooms, total, next_offset: next }) {
    const turn = offset => () => this.turn(offset)
    this.pager.update({
      from: chosen.offset, shown: rooms.length, total,
      previous: chosen.offset > 0 ? turn(Math.max(0, chosen.offset - limit)) : null,
      next: next ? turn(next) : null
    })
  }

  turn (offset) {
    this.choose({ offset })
    this.place.scrollIntoView({ block: 'nearest' })
  }
}

const lastPage = total => Math.floor((total - 1) / limit) * limit
