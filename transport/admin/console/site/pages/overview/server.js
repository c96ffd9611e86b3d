// The state of the server: whether it is ready, which version it is, since when it runs.
import { h, replace } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { failure, loading, partial } from '../../lib/states.js'
import { t } from '../../lib/strings.js'

// serverState returns an element, and update(status) and failed(error) for it.
export const serverState = () => {
  const element = h('section', { class: 'card server', 'aria-label': t('server.label') }, loading())
  let known = false
  const update = status => {
    known = true
    const focused = element.contains(document.activeElement)
    replace(element, ready(status), facts(status), partial(status))
    if (focused) element.querySelector('a')?.focus()
  }
  const failed = err => {
    if (!known) replace(element, failure(err))
  }
  return { element, update, failed }
}

// ready says why the server is not, of several nodes which ones.
const ready = status => {
  const waiting = (status.nodes ?? [status]).filter(s => !s.ready)
  if (waiting.length === 0) return h('p', { class: 'server-state good' }, t('server.ready'))
  return h('div', { class: 'server-state bad' }, t('server.notReady'), waiting.map(s =>
    h('p', { class: 'said', lang: 'en', dir: 'auto' }, [s.node, s.reason].filter(Boolean).join(': '))))
}

const facts = status => {
  const nodes = status.nodes?.length ?? 0
  const list = [
    [t('server.version'), [status.version, status.commit && ` (${status.commit.slice(0, 10)})`]],
    [t('server.uptime'), h('span', { title: format.dateTime(status.started_at) }, format.duration(status.uptime_seconds))],
    nodes > 1 ? [t('server.nodes'), h('a', { href: '#/nodes' }, t('server.nodes.count', { count: nodes }))] : status.node && [t('server.node'), status.node],
    [t('server.documents'), format.bytes(status.document_bytes)],
    [t('server.locked'), format.number(status.locked_rooms)],
    [t('server.unstored'), format.number(status.unstored_updates)]
  ]
  return h('dl', { class: 'strip' }, list.filter(Boolean).map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))))
}
