// The table of connections, and what can be done with one.
import { path, send } from '../../lib/api.js'
import { ask } from '../../lib/dialog.js'
import { foreign, h } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { say } from '../../lib/say.js'
import { has, nodes, t } from '../../lib/strings.js'
import { table } from '../../lib/table.js'
import { roomHref } from '../../routes.js'
import { ban } from './bans.js'

const stateKinds = { joined: 'good', refused: 'bad', closing: 'warning' }

// connectionTable returns the table; changed is called after a connection was closed, banned after a user
// was banned.
export const connectionTable = (empty, changed, banned) => table({
  caption: t('connections.title'),
  rowKey: c => c.id,
  empty,
  columns: [
    { key: 'room', label: t('connections.room'), header: true, wide: true, cell: room },
    { key: 'user', label: t('connections.user'), cell: user },
    { key: 'address', label: t('connections.address'), cell: address },
    { key: 'since', label: t('connections.since'), number: true, cell: c => h('span', { title: format.dateTime(c.connected_at) }, format.duration(Math.floor(c.age_seconds))) },
    { key: 'received', label: t('connections.received'), number: true, cell: c => persecond(c.received_bytes_per_second) },
    { key: 'sent', label: t('connections.sent'), number: true, cell: c => persecond(c.sent_bytes_per_second) },
    { key: 'queue', label: t('connections.queue'), number: true, cell: c => c.queued_messages === 0 ? '0' : h('span', { title: format.bytes(c.queued_bytes) }, format.number(c.queued_messages)) },
    { key: 'actions', label: t('action.label'), actions: true, cell: c => actions(c, changed, banned) }
  ]
})

const room = c => [
  c.room ? h('a', { href: roomHref(c.room) }, foreign(c.room)) : h('span', { class: 'muted' }, t('connections.noRoom')),
  c.node && h('span', { class: 'under' }, c.node)
]

const user = c => [
  c.user ? foreign(c.user) : h('span', { class: 'muted' }, t('connections.nobody')),
  h('span', { class: 'under' }, h('span', { class: 'short' }, c.protocol ?? '–'), ' ', badges(c))
]

const address = c => [foreign(c.address), c.proxy && h('span', { class: 'under' }, t('connections.proxy', { proxy: c.proxy }))]

const badges = c => [
  c.state !== 'joined' && h('span', { class: `badge ${stateKinds[c.state] ?? ''}` }, has(`connectionState.${c.state}`) ? t(`connectionState.${c.state}`) : c.state), ' ',
  c.throttled && h('span', { class: 'badge warning' }, t('connections.throttled'))
]

const persecond = bytes => t('connections.perSecond', { size: format.bytes(Math.round(bytes)) })

const actions = (c, changed, banned) => h('div', { class: 'row-actions' },
  h('button', { type: 'button', class: 'button small', 'aria-label': t('connections.closeOf', { id: String(c.id), user: c.user ?? c.address }), onclick: () => close(c, changed) }, t('connections.close')),
  c.user && h('button', { type: 'button', class: 'button small danger', 'aria-label': t('ban.of', { user: c.user }), onclick: () => ban(c.user, () => { changed(); banned() }) }, t('ban.open')))

const close = async (c, changed) => {
  const values = await ask({
    title: t('connections.closeTitle'),
    text: [h('p', null, nodes('connections.closeWhich', { user: foreign(c.user ?? c.address), room: foreign(c.room ?? '–') })), h('p', null, t('connections.closeAbout'))],
    action: t('connections.close'),
    danger: true,
    fields: [{ name: 'reason', label: t('ban.reason'), hint: t('ban.reasonHint'), maxlength: 100 }],
    run: ({ reason }) => send('DELETE', path`/v1/connections/${c.id}`, undefined, { reason })
  })
  if (!values) return
  say(nodes('connections.closed', { user: foreign(c.user ?? c.address) }))
  changed()
}
