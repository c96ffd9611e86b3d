// The head of a room's page: its name, its states, what can be done, and what needs attention.
import { foreign, h, replace } from '../../lib/dom.js'
import { age, dateTime } from '../../lib/format.js'
import { nodes, t } from '../../lib/strings.js'
import { badge, remarks, stateBadge } from '../rooms/cells.js'
import { all } from './actions.js'

// headOf returns { element, update(model) }.
export const headOf = room => {
  const badges = h('p', { class: 'badges' })
  const toolbar = h('div', { class: 'toolbar', role: 'group', 'aria-label': t('room.actions') })
  const alerts = h('div', { class: 'stack' })
  const element = h('div', { class: 'stack room-head' },
    h('p', null, h('a', { href: '#/rooms', class: 'back' }, t('room.back'))),
    h('h1', { class: 'room-name' }, foreign(room.name, { class: 'foreign whole' })), badges, toolbar, alerts)
  const buttons = all.map(action => buttonOf(action, room))
  let before = ''
  const update = model => {
    const shown = all.map((action, i) => action.when(model) && buttons[i]).filter(Boolean)
    arrange(toolbar, shown)
    const next = signature(model)
    if (next === before) return
    before = next
    replace(badges, badgesOf(model))
    replace(alerts, alertsOf(model))
  }
  return { element, update }
}

// signature changes with what is shown, and every quarter of a minute, as ages are shown.
const signature = ({ detail, stored, deleted, lock }) => JSON.stringify([
  detail && { ...detail, clients: 0, users: 0, connections: 0, updates_per_second: 0, version: 0, document_bytes: 0 },
  stored, deleted, lock, lock && Math.floor(Date.now() / 15_000)
])

const buttonOf = ({ key, run, danger }, room) => h('button', {
  type: 'button', class: danger ? 'button danger' : 'button', onclick: () => run(room.name, room.now)
}, t(`room.${key}`))

// arrange shows other buttons. If that with the focus goes, as "Lock" does for "Unlock", the one at
// its place has it then, unless that deletes the document.
const arrange = (toolbar, shown) => {
  const old = [...toolbar.children]
  if (old.length === shown.length && old.every((b, i) => b === shown[i])) return
  const at = old.indexOf(document.activeElement)
  replace(toolbar, shown)
  if (at < 0) return
  const next = shown[Math.min(at, shown.length - 1)]
  const to = next?.classList.contains('danger') ? shown[0] : next
  to?.focus()
}

const badgesOf = ({ detail, deleted }) => detail === null
  ? []
  : [
      badge(t(`room.kind.${detail.kind}`)), stateBadge(detail.state), deleted && badge(t('room.deleted'), 'bad'), remarks(detail),
      detail.node && h('span', { class: 'badge' }, nodes('room.node', { node: foreign(detail.node) }))
    ]

const alertsOf = ({ detail, loaded, lock, deleted, stored }) => {
  if (detail === null) return [remark(t('room.absent'), 'warning')]
  return [
    deleted && remark(t('room.deleted.text', { at: dateTime(deleted) }), 'bad'),
    !loaded && !deleted && remark(t(stored ? 'room.stored.text' : 'room.unloaded.text')),
    detail.partial && remark(t('room.partial'), 'warning'),
    detail.locked && remark(lockText(lock), 'warning'),
    detail.damage && remark([t('room.damage'), ' ', said(detail.damage)], 'bad'),
    detail.recreated && remark(t('room.recreated'), 'bad'),
    detail.commit_refused && remark([t('room.refused'), ' ', said(detail.commit_refused)], 'bad')
  ]
}

const lockText = lock => lock
  ? nodes('room.lockedby', { by: foreign(lock.by || '–'), age: h('time', { datetime: lock.at, title: dateTime(lock.at) }, age(lock.at)) })
  : t('room.lockedtext')

const remark = (text, kind = '') => h('p', { class: `remark ${kind}` }, text)

// said is a text of the server, which is English.
const said = text => h('span', { lang: 'en', dir: 'auto', class: 'said' }, text)
