// Messages of webhooks that wait or are parked.
import { get } from '../../lib/api.js'
import { foreign, h, newID, replace } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { pulse } from '../../lib/pulse.js'
import { empty, failure, loading } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { pager, table } from '../../lib/table.js'
import { hrefWith, roomHref } from '../../routes.js'
import { order } from './endpoints.js'

const limit = 50
const every = 5000 // milliseconds

// messages returns { element, load, name(endpoints) }. The query has endpoint and parked; changed
// is called after messages were retried or dropped.
export const messages = (query, signal, changed) => {
  const begins = [0]
  const wanted = { endpoint: query.endpoint ?? '', parked: query.parked === 'true' ? 'true' : '' }
  const rows = messageTable(() => { load(); changed() })
  const turns = pager(t('webhooks.pages'))
  const list = h('div', null, loading())
  const choice = filters(wanted)
  const show = page => {
    if (rows.element.parentNode !== list) replace(list, rows.element, turns.element)
    rows.update(page.messages)
    turns.update({
      from: (begins.length - 1) * limit,
      shown: page.messages.length,
      previous: begins.length > 1 ? () => { begins.pop(); load() } : null,
      next: page.next_after ? () => { begins.push(page.next_after); load() } : null
    })
  }
  const ask = asked => get('/v1/webhooks/messages', { ...wanted, after: begins.at(-1) || '', limit }, { signal: asked })
  const failed = err => replace(list, failure(err, load))
  const load = pulse({ ask, show, failed, every, signal })
  return { load, name: choice.name, element: h('section', { class: 'card stack' }, h('div', { class: 'head' }, h('h2', null, t('webhooks.messages')), choice.element), list) }
}

// filters change the address, and with it the page.
const filters = wanted => {
  const endpoint = h('select', { id: newID() })
  const parked = h('input', { id: newID(), type: 'checkbox', checked: wanted.parked === 'true' })
  const go = () => {
    location.hash = hrefWith('webhooks', { ...endpoint.value && { endpoint: endpoint.value }, ...parked.checked && { parked: 'true' } })
  }
  endpoint.addEventListener('change', go)
  parked.addEventListener('change', go)
  let known = ''
  const name = names => {
    if (names.join('\n') === known) return
    known = names.join('\n')
    replace(endpoint, h('option', { value: '' }, t('webhooks.all')), names.map(n => h('option', { value: n }, n)))
    endpoint.value = wanted.endpoint
  }
  const element = h('div', { class: 'toolbar' },
    h('label', { for: endpoint.id }, t('webhooks.endpoint')), endpoint,
    h('div', { class: 'field check' }, parked, h('label', { for: parked.id }, t('webhooks.onlyParked'))))
  return { element, name }
}

const messageTable = changed => table({
  caption: t('webhooks.messages'),
  rowKey: m => m.id,
  empty: empty(t('webhooks.noMessages'), t('webhooks.noMessagesAbout')),
  columns: [
    { key: 'event', label: t('webhooks.event'), header: true, cell: m => [h('span', { class: 'mono' }, m.event), h('span', { class: 'under mono' }, foreign(m.id))] },
    { key: 'endpoint', label: t('webhooks.endpoint'), cell: m => foreign(m.endpoint) },
    { key: 'room', label: t('connections.room'), wide: true, cell: m => m.room ? h('a', { href: roomHref(m.room) }, foreign(m.room)) : '–' },
    { key: 'at', label: t('webhooks.at'), short: true, cell: m => h('span', { title: format.dateTime(m.at) }, format.age(m.at)) },
    { key: 'tries', label: t('webhooks.tries'), number: true, cell: m => format.number(m.tries) },
    { key: 'state', label: t('webhooks.state'), cell: state },
    { key: 'actions', label: t('action.label'), actions: true, cell: m => m.parked_at ? actions(m, changed) : null }
  ]
})

const state = m => [
  m.parked_at ? h('span', { class: 'badge bad' }, t('webhooks.isParked')) : h('span', { class: 'badge' }, m.next_at ? t('webhooks.next', { time: format.time(m.next_at) }) : t('webhooks.isWaiting')),
  m.reason && h('span', { class: 'under', lang: 'en' }, foreign(m.reason, { class: 'foreign whole' }))
]

const actions = (m, changed) => h('div', { class: 'row-actions' }, ['retry', 'drop'].map(what =>
  h('button', { type: 'button', class: `button small ${what === 'drop' ? 'danger' : ''}`, 'aria-label': t('webhooks.of', { action: t(`webhooks.${what}`), name: m.id }), onclick: () => order(what, { id: m.id }, 1, changed) }, t(`webhooks.${what}`))))
