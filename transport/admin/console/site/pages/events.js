// What happens, as it happens; and why clients are refused.
import { h } from '../lib/dom.js'
import { field } from '../lib/dialog.js'
import { onEvent } from '../lib/live.js'
import { t } from '../lib/strings.js'
import { hrefWith } from '../routes.js'
import { groups, groupsOf, kindsOf } from './events/kinds.js'
import { eventList } from './events/list.js'
import { refusals } from './events/refusals.js'
import { streamState } from '../lib/streamstate.js'

export const page = {
  title: () => t('events.title'),
  mount: (main, { query }, signal) => {
    const chosen = groupsOf(query.groups ?? '')
    const wanted = { room: query.room ?? '', user: query.user ?? '' }
    const stream = streamState(true)
    const why = refusals(signal)
    const list = eventList(signal)
    const pause = h('button', { type: 'button', class: 'button', 'aria-pressed': 'false', onclick: () => pauseOrGo() }, t('events.pause'))
    const pauseOrGo = () => pause.setAttribute('aria-pressed', String(list.pause()))
    main.append(
      h('div', { class: 'head' }, h('div', { class: 'titled' }, h('h1', null, t('events.title')), stream.badge),
        h('div', { class: 'toolbar' }, pause, h('button', { type: 'button', class: 'button', onclick: list.clear }, t('events.clear')))),
      stream.notice, filters(chosen, wanted), why.element, list.element)
    onEvent((event, name) => {
      if (name === 'partial') return stream.partial(event)
      list.add(event, name)
      why.add(event, name)
    }, signal, { kinds: kindsOf(chosen).join(','), ...wanted }, stream.become)
  }
}

// filters change the address, and with it the page and the stream.
const filters = (chosen, wanted) => {
  const fields = ['room', 'user'].map(name => field({ name, label: t(`connections.${name}`), value: wanted[name], class: 'search' }))
  const boxes = Object.keys(groups).map(name => field({ name, label: t(`eventGroup.${name}`), type: 'checkbox', value: chosen.length === 0 || chosen.includes(name) }))
  const submit = event => {
    event?.preventDefault()
    const on = boxes.filter(b => b.read()).map(b => b.name)
    const query = { groups: on.length === boxes.length ? '' : on.join(','), ...Object.fromEntries(fields.map(f => [f.name, f.read().trim()])) }
    location.hash = hrefWith('events', Object.fromEntries(Object.entries(query).filter(([, v]) => v !== '')))
  }
  return h('form', { class: 'filters', role: 'search', 'aria-label': t('events.filter'), onsubmit: submit },
    h('fieldset', { class: 'boxes' }, h('legend', null, t('events.kinds')), boxes.map(b => b.element)),
    fields.map(f => f.element),
    h('div', { class: 'toolbar' }, h('button', { class: 'button primary' }, t('events.apply'))))
}
