// Connections: who is connected, from where, and how much is sent; and who is kept out.
import { get } from '../lib/api.js'
import { h, replace } from '../lib/dom.js'
import { field } from '../lib/dialog.js'
import { pulse } from '../lib/pulse.js'
import { empty, failure, loading, partial } from '../lib/states.js'
import { t } from '../lib/strings.js'
import { pager } from '../lib/table.js'
import { hrefWith } from '../routes.js'
import { bans } from './connections/bans.js'
import { connectionTable } from './connections/list.js'

const limit = 100
const every = 10_000 // milliseconds
const filters = ['room', 'user', 'address']

// turned is the page of the list that was seen last, for those who come back to it: the begins of
// the pages up to it, and the search.
const turned = { search: '', begins: [0] }

export const page = {
  title: () => t('connections.title'),
  mount: (main, { query }, signal) => {
    const wanted = Object.fromEntries(filters.map(name => [name, query[name] ?? '']))
    const banned = bans(signal)
    const list = listOf(wanted, signal, banned.load)
    main.append(
      h('div', { class: 'head' }, h('h1', null, t('connections.title'))),
      search(wanted),
      h('section', { class: 'card', 'aria-label': t('connections.title') }, list),
      banned.element)
  }
}

// search changes the address, and with it the page.
const search = wanted => {
  const fields = filters.map(name => field({ name, label: t(`connections.${name}`), value: wanted[name], class: 'search' }))
  const go = query => { location.hash = hrefWith('connections', query) }
  const submit = event => {
    event.preventDefault()
    go(Object.fromEntries(fields.map(f => [f.name, f.read().trim()]).filter(([, v]) => v !== '')))
  }
  const some = Object.values(wanted).some(Boolean)
  return h('form', { class: 'filters', role: 'search', 'aria-label': t('connections.search'), onsubmit: submit },
    fields.map(f => f.element),
    h('div', { class: 'toolbar' }, h('button', { class: 'button primary' }, t('action.search')),
      some && h('a', { class: 'button', href: '#/connections' }, t('action.clear'))))
}

// listOf pages through connections. The API pages forward only, so the begins of the pages before
// are kept.
const listOf = (wanted, signal, banned) => {
  const search = JSON.stringify(wanted)
  if (turned.search !== search) Object.assign(turned, { search, begins: [0] })
  const { begins } = turned
  const some = Object.values(wanted).some(Boolean)
  const none = empty(t(some ? 'connections.noneFound' : 'connections.none'), t(some ? 'connections.noneFoundAbout' : 'connections.noneAbout'))
  const rows = connectionTable(none, () => load(), banned)
  const turns = pager(t('connections.pages'))
  const remark = h('div')
  const element = h('div', null, loading())
  const show = answer => {
    if (answer.connections.length === 0 && begins.length > 1) { // they have ended meanwhile
      begins.pop()
      return load()
    }
    if (rows.element.parentNode !== element) replace(element, remark, rows.element, turns.element)
    replace(remark, partial(answer))
    rows.update(answer.connections)
    turns.update({
      from: (begins.length - 1) * limit,
      shown: answer.connections.length,
      previous: begins.length > 1 ? () => { begins.pop(); load() } : null,
      next: answer.next_after ? () => { begins.push(answer.next_after); load() } : null
    })
  }
  const ask = asked => get('/v1/connections', { ...wanted, after: begins.at(-1) || '', limit }, { signal: asked })
  const failed = err => replace(element, failure(err, load))
  const load = pulse({ ask, show, failed, every, signal })
  return element
}
