// The document of a room: as text, as a tree, or with its authors. It is read when it is asked for.
import { foreign, h, newID, replace } from '../../lib/dom.js'
import { bytes, dateTime, time } from '../../lib/format.js'
import { nodes, t } from '../../lib/strings.js'
import { openAuthors } from './authors.js'
import { openSource } from './source.js'
import { openTree } from './treeview.js'

const views = { text: openSource, tree: openTree, authors: openAuthors }
const large = 4 << 20 // bytes; a larger document is read after another question

// documentOf returns { element, update(model) }, and gives the room show(version), which shows a
// version of it.
export const documentOf = room => {
  const view = new Document(room)
  room.show = version => view.version(version)
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
    this.select = h('select', { id, onchange: () => { if (this.chosen) this.open(this.chosen) } }, this.option('current'))
    this.buttons = Object.keys(views).map(name => h('button', { type: 'button', class: 'button', 'aria-pressed': 'false', onclick: () => this.open(name) }, t(`room.view.${name}`)))
    this.status = h('p', { class: 'muted', role: 'status' }, t('room.document.ask'))
    this.panel = h('div', { class: 'document-panel' })
    this.heading = h('h2', { tabindex: -1 }, t('room.document'))
    this.element = h('section', { class: 'card stack document' }, this.heading,
      h('div', { class: 'controls' }, h('div', { class: 'toolbar', role: 'group', 'aria-label': t('room.views') }, this.buttons),
        h('span', { class: 'pair' }, h('label', { for: id, class: 'inline' }, t('room.version')), this.select)), this.status, this.panel)
  }

  option (id, version) {
    const label = id === 'current' ? t('room.present') : [t('room.version.n', { version: String(id) }), version.name, dateTime(version.saved_at)].filter(Boolean).join(' · ')
    return h('option', { value: id, dir: 'auto' }, label.length > 90 ? `${label.slice(0, 90)}…` : label)
  }

  update ({ detail, deleted }) {
    this.element.hidden = detail === null || Boolean(deleted)
    if (detail === null) return
    this.bytes = detail.document_bytes
    this.offer(detail.versions)
  }

  // offer gives the list of versions to choose from.
  offer (versions) {
    const same = versions.length === this.versions.length && versions.every((v, i) => v.id === this.versions[i].id && v.name === this.versions[i].name && v.node === this.versions[i].node)
    if (same || document.activeElement === this.select) return
    const before = this.select.value
    this.versions = versions
    replace(this.select, this.option('current'), versions.toReversed().map(v => this.option(String(v.id), v)))
    this.select.value = before
    if (this.select.selectedIndex < 0) this.select.value = 'current'
  }

  // version shows a version in the view that is chosen, or as text.
  version (id) {
    this.select.value = String(id)
    this.heading.scrollIntoView({ block: 'start' })
    this.heading.focus({ preventScroll: true })
    this.open(this.chosen || 'text')
  }

  async open (name, asked = false) {
    this.leave.abort()
    const leave = this.leave = new AbortController()
    this.chosen = name
    Object.keys(views).forEach((other, i) => this.buttons[i].setAttribute('aria-pressed', String(other === name)))
    const version = this.select.value
    const size = this.versions.find(v => String(v.id) === version)?.bytes ?? this.bytes
    if (size > large && !asked) return this.question(name, size)
    this.status.textContent = ''
    const node = this.versions.find(v => String(v.id) === version)?.node
    await views[name](this.room, { version, node }, this.panel, leave.signal)
    if (!leave.signal.aborted) this.said(version)
  }

  said (version) {
    const at = { time: time(Date.now()) }
    const found = this.versions.find(v => String(v.id) === version)
    replace(this.status, found
      ? nodes('room.read.version', { ...at, version, name: found.name ? foreign(found.name) : '' })
      : t('room.read.present', at), ' ', h('button', { type: 'button', class: 'button small', onclick: () => this.open(this.chosen, true) }, t('room.read.again')))
  }

  question (name, size) {
    replace(this.status, t('room.large', { bytes: bytes(size) }))
    replace(this.panel, h('button', { type: 'button', class: 'button', onclick: () => this.open(name, true) }, t('room.large.read')))
  }
}
