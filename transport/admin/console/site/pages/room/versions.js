// The versions of a room that are kept: listed, named, compared, restored and deleted.
import { get, path } from '../../lib/api.js'
import { foreign, h, newID, replace } from '../../lib/dom.js'
import { bytes, dateTime } from '../../lib/format.js'
import { sayError } from '../../lib/say.js'
import { empty, partial } from '../../lib/states.js'
import { has, t } from '../../lib/strings.js'
import { pager, table } from '../../lib/table.js'
import { openComparison } from './compare.js'
import { current, valueOf, which } from './which.js'
import { keep, removeVersion, rename, restore } from './versionactions.js'

const limit = 20 // rows

// versionsOf returns { element, update(model) }.
export const versionsOf = room => new Versions(room)

const byOf = v => (v.by_name || v.by) &&
  [', ', foreign(v.by_name || v.by), v.on_behalf_of && [' ', t('room.for'), ' ', foreign(v.on_behalf_of)]]

const reasonOf = v => [has(reasonKey(v.reason)) ? t(reasonKey(v.reason)) : foreign(v.reason),
  v.restored_from > 0 && ` ${t('room.restoredfrom', { version: String(v.restored_from) })}`]

const nameCell = v => h('span', { class: 'version-name' }, h('span', { class: 'version-id' }, String(v.id)), v.name && foreign(v.name))

const keptCell = v => h('span', { class: 'person' }, h('time', { datetime: v.saved_at }, dateTime(v.saved_at)),
  h('span', { class: 'muted small' }, reasonOf(v), byOf(v), v.node && [' · ', foreign(v.node)]))

const reasonKey = reason => `room.reason.${reason.replaceAll(' ', '')}`

class Versions {
  all = []
  offset = 0
  signature = ''

  constructor (room) {
    this.room = room
    this.remark = h('div')
    this.list = table({
      caption: t('room.versions'), columns: this.columns(), rowKey: valueOf,
      empty: empty(t('room.versions.none'), t('room.versions.none.text'))
    })
    this.pager = pager(t('room.versions'))
    this.keepButton = h('button', { type: 'button', class: 'button', onclick: () => keep(room, () => this.reload()) }, t('room.keep'))
    this.place = h('div', { class: 'comparison-place' })
    this.element = h('section', { class: 'card stack versions' },
      h('div', { class: 'head' }, h('h2', null, t('room.versions')), this.keepButton), this.remark, this.list.element, this.pager.element, this.form(), this.place)
  }

  columns () {
    const button = (key, v, run, danger) => h('button', { type: 'button', class: danger ? 'button small danger' : 'button small', onclick: run },
      t(key), h('span', { class: 'unseen' }, ' ', t('room.version.n', { version: String(v.id) })))
    return [
      { key: 'id', label: t('room.version'), header: true, cell: nameCell },
      { key: 'at', label: t('room.keptat'), cell: keptCell },
      { key: 'size', label: t('rooms.size'), number: true, cell: v => bytes(v.bytes) },
      {
        key: 'actions', label: t('rooms.actions'), actions: true,
        cell: v => h('span', { class: 'row-actions' },
          button('room.show', v, () => this.room.show(v)),
          button('room.diff', v, () => this.compare(valueOf(v), current)),
          button('room.rename', v, () => rename(this.room, v, () => this.reload())),
          button('room.restore', v, () => restore(this.room, v, () => this.reload())),
          button('room.deleteversion', v, () => removeVersion(this.room, v, () => this.reload()), true))
      }
    ]
  }

  form () {
    const ids = [newID(), newID()]
    this.selects = ids.map(id => h('select', { id, onchange: () => { this.chosen = true } }))
    const [from, to] = this.selects
    this.compareForm = h('form', { class: 'controls', onsubmit: event => { event.preventDefault(); this.compare(from.value, to.value) } },
      h('span', { class: 'pair' }, h('label', { for: ids[0], class: 'inline' }, t('room.from')), from),
      h('span', { class: 'pair' }, h('label', { for: ids[1], class: 'inline' }, t('room.to')), to),
      h('button', { class: 'button' }, t('room.compare')))
    return this.compareForm
  }

  // update takes the versions that came with the room, if they are others than before.
  update ({ detail, deleted }) {
    this.element.hidden = detail === null || Boolean(deleted)
    if (detail === null) return
    const signature = JSON.stringify(detail.versions)
    if (signature === this.signature) return
    const first = this.signature === ''
    this.signature = signature
    this.show(detail.versions.toReversed())
    if (first || detail.node) this.reload()
  }

  async reload () {
    try {
      const answer = await get(path`/v1/rooms/${this.room.name}/versions`, {}, { signal: this.room.signal })
      replace(this.remark, partial(answer))
      this.show(answer.versions.toReversed())
    } catch (err) {
      if (err.status !== 404) sayError(err)
    }
  }

  show (newest) {
    this.all = newest
    this.offset = Math.min(this.offset, Math.max(0, Math.floor((newest.length - 1) / limit) * limit))
    const shown = newest.slice(this.offset, this.offset + limit)
    this.list.update(shown)
    const turn = offset => () => { this.offset = offset; this.show(this.all) }
    this.pager.element.hidden = newest.length <= limit
    this.pager.update({
      from: this.offset, shown: shown.length, total: newest.length,
      previous: this.offset > 0 ? turn(this.offset - limit) : null,
      next: this.offset + limit < newest.length ? turn(this.offset + limit) : null
    })
    this.offer(newest)
    this.room.offer(newest)
  }

  offer (newest) {
    this.compareForm.hidden = newest.length === 0
    if (this.selects.includes(document.activeElement)) return
    const signature = newest.map(v => `${valueOf(v)} ${v.name ?? ''}`).join('\n')
    if (signature === this.offered) return
    this.offered = signature
    this.selects.forEach((select, i) => {
      const before = select.value
      const options = newest.map(v => h('option', { value: valueOf(v) }, labelOf(v)))
      replace(select, i === 0 ? options : [h('option', { value: current }, t('room.present')), options])
      if (before && this.chosen) select.value = before
      if (select.selectedIndex < 0) select.selectedIndex = 0
    })
  }

  compare (from, to) {
    this.leave?.abort()
    this.leave = new AbortController()
    this.chosen = true
    const [a, b] = this.selects
    Object.assign(a, { value: from })
    Object.assign(b, { value: to })
    const heading = h('h3', { tabindex: -1 }, compared(which(from).version, which(to).version))
    const place = h('div')
    replace(this.place, heading, place)
    heading.focus()
    return openComparison(this.room, which(from), which(to), place, AbortSignal.any([this.leave.signal, this.room.signal]))
  }
}

const compared = (from, to) => to === current ? t('room.compared.present', { from }) : t('room.compared', { from, to })

const labelOf = v => {
  const label = [String(v.id), v.name, dateTime(v.saved_at)].filter(Boolean).join(' · ')
  return label.length > 80 ? `${label.slice(0, 80)}…` : label
}
