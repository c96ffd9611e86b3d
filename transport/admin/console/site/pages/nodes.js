// The servers that share rooms.
import { drain } from '../actions.js'
import { get } from '../lib/api.js'
import { foreign, h, replace } from '../lib/dom.js'
import * as format from '../lib/format.js'
import { pulse } from '../lib/pulse.js'
import { empty, failure, loading, partial } from '../lib/states.js'
import { t } from '../lib/strings.js'
import { table } from '../lib/table.js'

const every = 5000 // milliseconds
const aheadTooMuch = 1 // seconds

export const page = {
  title: () => t('nodes.title'),
  mount: (main, params, signal) => {
    const list = h('div', null, loading())
    const rows = nodeTable()
    const remark = h('div')
    const show = answer => {
      if (rows.element.parentNode !== list) replace(list, remark, rows.element)
      replace(remark, partial(answer))
      rows.update(answer.nodes)
    }
    main.append(h('div', { class: 'head' }, h('h1', null, t('nodes.title'))), h('section', { class: 'card', 'aria-label': t('nodes.title') }, list))
    const ask = asked => get('/v1/nodes', null, { signal: asked })
    const failed = err => replace(list, failure(err, load))
    const load = pulse({ ask, show, failed, every, signal })
  }
}

const nodeTable = () => table({
  caption: t('nodes.title'),
  rowKey: n => n.name,
  empty: empty(t('nodes.none'), t('nodes.noneAbout')),
  columns: [
    { key: 'name', label: t('nodes.name'), header: true, cell: n => [foreign(n.name), h('span', { class: 'under' }, n.address)] },
    { key: 'state', label: t('nodes.state'), cell: state },
    { key: 'version', label: t('server.version'), cell: n => n.version },
    { key: 'since', label: t('server.uptime'), number: true, cell: n => known(n, format.duration((Date.now() - Date.parse(n.started_at)) / 1000)) },
    { key: 'rooms', label: t('nodes.rooms'), number: true, cell: n => known(n, format.number(n.rooms)) },
    { key: 'peers', label: t('nodes.people'), number: true, cell: n => known(n, format.number(n.peers)) },
    { key: 'connections', label: t('nodes.connections'), number: true, cell: n => known(n, format.number(n.connections)) },
    { key: 'redis', label: t('nodes.redis'), number: true, cell: n => known(n, format.delay(n.redis_seconds)) },
    { key: 'trip', label: t('nodes.trip'), number: true, cell: n => known(n, n.round_trip_seconds ? format.delay(n.round_trip_seconds) : t('nodes.itself')) },
    { key: 'unsent', label: t('nodes.unsent'), number: true, cell: n => known(n, format.bytes(n.unsent_bytes)) },
    { key: 'actions', label: t('action.label'), actions: true, cell: n => n.silent ? null : h('button', { type: 'button', class: 'button small danger', 'aria-label': t('nodes.drainOf', { node: n.name }), onclick: () => drain(n.name) }, t('drain.action')) }
  ]
})

const known = (n, text) => n.silent ? '–' : text

const state = n => {
  if (n.silent) return h('span', { class: 'badge bad' }, t('nodes.silent'))
  return [
    n.ready ? h('span', { class: 'badge good' }, t('server.ready')) : [h('span', { class: 'badge bad' }, t('server.notReady')), h('span', { class: 'under', lang: 'en' }, n.reason)],
    n.putting_back && h('span', { class: 'badge warning' }, t('nodes.puttingBack')),
    Math.abs(n.clock_ahead_seconds) > aheadTooMuch && h('span', { class: 'badge warning' }, t('nodes.clock', { seconds: format.number(n.clock_ahead_seconds, 1) }))
  ]
}
