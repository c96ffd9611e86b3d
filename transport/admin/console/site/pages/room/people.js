// The people in a room, and the clients and connections behind them.
import { foreign, h } from '../../lib/dom.js'
import { age, bytes, dateTime, number } from '../../lib/format.js'
import { empty } from '../../lib/states.js'
import { nodes, t } from '../../lib/strings.js'
import { pager, table } from '../../lib/table.js'
import { badge, badges } from '../rooms/cells.js'
import { disconnect, kick } from './actions.js'

// clientsOf joins each client with its connection.
export const clientsOf = detail => {
  const connections = new Map(detail.connections.map(c => [c.id, c]))
  return detail.clients.map(client => ({ ...client, link: connections.get(client.connection) ?? {} }))
}

// joined is when a client came into the room; its connection may be older, and have other rooms, too.
const joined = client => client.joined_at ?? client.link.connected_at

const seenAs = client => client.presence || client.user || ''

const sum = (list, of) => list.reduce((total, item) => total + (of(item) ?? 0), 0)

// peopleIn returns the users, each with what their clients have in all.
export const peopleIn = detail => {
  const clients = Map.groupBy(clientsOf(detail), seenAs)
  return detail.users.map(user => {
    const own = clients.get(user.id) ?? []
    return {
      ...user,
      protocols: [...new Set(own.map(c => c.protocol))].sort().join(', '),
      since: own.map(joined).filter(Boolean).sort()[0] ?? null,
      received: sum(own, c => c.link.received_bytes_per_second),
      sent: sum(own, c => c.link.sent_bytes_per_second),
      queued: sum(own, c => c.queued_bytes),
      readOnly: own.length > 0 && own.every(c => c.read_only),
      missing: own.some(c => c.missing),
      refused: own.find(c => c.refused)?.refused ?? '',
      throttled: own.some(c => c.link.throttled)
    }
  })
}

const since = at => at ? h('time', { datetime: at, title: dateTime(at) }, age(at)) : '–'

const perSecond = value => t('room.persecond', { bytes: bytes(Math.round(value ?? 0)) })

const traffic = (size, messages) => h('span', { class: 'person' }, bytes(size), h('span', { class: 'muted small' }, t('room.messages', { count: messages ?? 0 })))

const addressOf = ({ address, proxy }) => proxy ? t('room.proxy', { address, proxy }) : address ?? '–'

const flags = (readOnly, missing, refused, throttled) => badges(
  readOnly && badge(t('room.readonly')), missing && badge(t('room.missing'), 'warning'),
  refused && h('span', { class: 'badge bad wraps' }, nodes('room.refusedbecause', { reason: foreign(refused) })), throttled && badge(t('room.throttled'), 'warning'))

const nameCell = u => h('span', { class: 'person' },
  u.name ? foreign(u.name) : h('span', { class: 'muted' }, t('room.anonymous')), u.id !== u.name && h('span', { class: 'muted small' }, foreign(u.id)))

const peopleColumns = room => [
  { key: 'user', label: t('room.user'), header: true, wide: true, cell: nameCell },
  { key: 'peers', label: t('room.clients'), number: true, cell: u => number(u.peers) },
  { key: 'protocol', label: t('room.protocol'), short: true, cell: u => u.protocols || '–' },
  { key: 'since', label: t('room.since'), short: true, cell: u => since(u.since) },
  { key: 'received', label: t('room.received'), number: true, cell: u => perSecond(u.received) },
  { key: 'sent', label: t('room.sent'), number: true, cell: u => perSecond(u.sent) },
  { key: 'queue', label: t('room.queue'), number: true, cell: u => bytes(u.queued) },
  { key: 'remarks', label: t('rooms.remarks'), cell: u => flags(u.readOnly, u.missing, u.refused, u.throttled) },
  { key: 'actions', label: t('rooms.actions'), actions: true, cell: u => action('room.kick', u.name || u.id, () => kick(room.name, u, room.now)) }
]

const action = (key, name, run) =>
  h('button', { type: 'button', class: 'button small danger', onclick: run }, t(key), h('span', { class: 'unseen' }, ' ', foreign(name)))

const clientColumns = room => [
  { key: 'connection', label: t('room.connection'), header: true, cell: c => c.connection ? String(c.connection) : '–' },
  { key: 'user', label: t('room.user'), cell: c => foreign(c.name || seenAs(c) || t('room.anonymous')) },
  { key: 'protocol', label: t('room.protocol'), short: true, cell: c => h('span', { class: 'person' }, c.protocol, h('span', { class: 'muted small' }, addressOf(c.link))) },
  { key: 'since', label: t('room.since'), short: true, cell: c => since(joined(c)) },
  { key: 'received', label: t('room.received'), number: true, cell: c => traffic(c.link.received_bytes, c.received_messages) },
  { key: 'sent', label: t('room.sent'), number: true, cell: c => traffic(c.link.sent_bytes, c.sent_messages) },
  { key: 'queue', label: t('room.queue'), number: true, cell: c => `${number(c.queued_messages)} · ${bytes(c.queued_bytes)}` },
  { key: 'remarks', label: t('rooms.remarks'), cell: c => flags(c.read_only, c.missing, c.refused, c.link.throttled) },
  { key: 'actions', label: t('rooms.actions'), actions: true, cell: c => c.connection && action('room.close', String(c.connection), () => disconnect(c.connection, room.now)) }
]

const limit = 50 // rows of a page

// paged is a table with pages. update(rows) takes all rows; those of other pages cost nothing.
const paged = options => {
  const list = table(options)
  const pages = pager(options.caption)
  let all = []
  let offset = 0
  const turn = to => () => {
    offset = to
    show()
  }
  const show = () => {
    offset = Math.min(offset, Math.max(0, Math.floor((all.length - 1) / limit) * limit))
    const shown = all.slice(offset, offset + limit)
    list.update(shown)
    pages.element.hidden = all.length <= limit
    pages.update({
      from: offset, shown: shown.length, total: all.length,
      previous: offset > 0 ? turn(offset - limit) : null, next: offset + limit < all.length ? turn(offset + limit) : null
    })
  }
  const update = rows => {
    all = rows
    show()
  }
  return { element: h('div', null, list.element, pages.element), update }
}

// peopleOf returns { element, update(model) }.
export const peopleOf = room => {
  const nobody = empty(t('room.nobody'), t('room.nobody.text'))
  const people = paged({ caption: t('room.people'), columns: peopleColumns(room), rowKey: u => u.id, empty: nobody })
  const clients = paged({ caption: t('room.connections'), columns: clientColumns(room), rowKey: c => c.id })
  const count = h('span', { class: 'count' })
  const behind = h('details', { class: 'behind' }, h('summary', null, t('room.connections'), ' ', count), clients.element)
  const element = h('section', { class: 'card people' }, h('h2', null, t('room.people')), people.element, behind)
  let last = null
  const showClients = () => { if (behind.open && last) clients.update(clientsOf(last)) }
  behind.addEventListener('toggle', showClients)
  const update = ({ detail, loaded }) => {
    element.hidden = !loaded
    if (!loaded || (detail.partial && last)) return
    last = detail
    people.update(peopleIn(detail))
    count.textContent = number(detail.clients.length)
    behind.hidden = detail.clients.length === 0
    showClients()
  }
  return { element, update }
}
