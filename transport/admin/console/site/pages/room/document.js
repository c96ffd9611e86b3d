// The document of a room: as text, as a tree, or with its authors. It is read when it is asked for.
import { foreign, h, newID, replace } from '../../lib/dom.js'
import { bytes, dateTime, time } from '../../lib/format.js'
import { nodes, t } from '../../lib/strings.js'
import { openAuthors } from './authors.js'
import { openSource } from './source.js'
import { openTree } from './treeview.js'
import { current, valueOf, which } from './which.js'

const views = { text: openSource, tree: openTree, authors: openAuthors }
const large = 4 << 20 // bytes; a larger document is read after another question

// documentOf returns { element, update(model) }, and gives the room show(version), which shows a
// version of it, and offer(versions), which takes those that there are, the newest first.
export const documentOf = room => {
  const view = new Document(room)
  room.show = version => view.version(version)
  room.offer = versions => view.offer(versions)
  return view
}

class Document {
  chosen = '' // view
  versions = []
  leave = new AbortController()

  constructor (room) {
    this.room = room
    room.signal.addEventListener('abort', () => this.leave.abort())
    const id = newID()
    this.select = h('select', { id, onchange: () => { if (this.chosen) this.open(this.chosen) } }, this.option(current))
    this.buttons = Object.keys(views).map(name => h('button', { type: 'button', class: 'button', 'aria-pressed': 'false', onclick: () => this.open(name) }, t(`room.view.${name}`)))
    this.status = h('p', { class: 'muted', role: 'status' }, t('room.document.ask'))
    this.panel = h('div', { class: 'document-panel' })
    this.heading = h('h2', { tabindex: -1 }, t('room.document'))
    this.element = h('section', { class: 'card stack document' }, this.heading,
      h('div', { class: 'controls' }, h('div', { class: 'toolbar', role: 'group', 'aria-label': t('room.views') }, this.buttons),
        h('span', { class: 'pair' }, h('label', { for: id, class: 'inline' }, t('room.version')), this.select)), this.status, this.panel)
  }

  option (id, version) {
    const label = id === current ? t('room.present') : [t('room.version.n', { version: String(version.id) }), version.name, dateTime(version.saved_at)].filter(Boolean).join(' · ')
    return h('option', { value: id, dir: 'auto' }, label.length > 90 ? `${label.slice(0, 90)}…` : label)
  }

  update ({ detail, stored, deleted }) {
    this.element.hidden = detail === null || Boolean(deleted)
    if (detail !== null) this.bytes = Math.max(detail.document_bytes, stored?.snapshot_bytes ?? 0)
  }

  // offer gives the list of versions to choose from.
  offer (versions) {
    const same = versions.length === this.versions.length && versions.every((v, i) => valueOf(v) === valueOf(this.versions[i]) && v.name === this.versions[i].name)
    if (same || document.activeElement === this.select) return
    const before = this.select.value
    this.versions = versions
    replace(this.select, this.option(current), versions.map(v => this.option(valueOf(v), v)))
    this.select.value = before
    if (this.select.selectedIndex < 0) this.select.value = current
  }

  // version shows a version in the view that is chosen, or as text.
  version (version) {
    this.select.value = valueOf(version)
    this.heading.scrollIntoView({ block: 'start' })
    this.heading.focus({ preventScroll: true })
    this.open(this.chosen || 'text')
  }

  async open (name, asked = false) {
    this.leave.abort()
    const leave = this.leave = new AbortController()
    this.chosen = name
    Object.keys(views).forEach((other, i) => this.buttons[i].setAttribute('aria-pressed', String(other === name)))
    const found = this.found()
    const size = found?.bytes ?? this.bytes
    if (size > large && !asked) return this.question(name, size)
    this.status.textContent = ''
    await views[name](this.room, which(this.select.value), this.panel, leave.signal)
    if (!leave.signal.aborted) this.said(found)
  }

  // found returns the version that is chosen, or undefined for the present document.
  found () { return this.versions.find(v => valueOf(v) === this.select.value) }

  said (found) {
    const at = { time: time(Date.now()) }
    replace(this.status, found
      ? nodes('room.read.version', { ...at, version: String(found.id), name: found.name ? foreign(found.name) : '' })
      : t('room.read.present', at), ' ', h('button', { type: 'button', class: 'button small', onclick: () => this.open(this.chosen, true) }, t('room.read.again')))
  }

  question (name, size) {
    replace(this.status, t('room.large', { bytes: bytes(size) }))
    replace(this.panel, h('button', { type: 'button', class: 'button', onclick: () => this.open(name, true) }, t('room.large.read')))
  }
}
