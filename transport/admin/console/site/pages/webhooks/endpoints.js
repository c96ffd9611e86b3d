// The endpoints of webhooks, and what can be done with one.
import { send } from '../../lib/api.js'
import { ask } from '../../lib/dialog.js'
import { foreign, h } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { say, sayError } from '../../lib/say.js'
import { nodes, t } from '../../lib/strings.js'
import { hrefWith } from '../../routes.js'
import { table } from '../../lib/table.js'

// endpoints returns { element, update(list) }; changed is called after something was done.
export const endpoints = changed => {
  const rows = table({
    caption: t('webhooks.endpoints'),
    rowKey: e => e.name,
    columns: [
      { key: 'name', label: t('webhooks.name'), header: true, cell: e => [foreign(e.name), h('span', { class: 'under mono' }, foreign(e.url))] },
      { key: 'state', label: t('webhooks.state'), wide: true, cell: state },
      { key: 'events', label: t('webhooks.events'), cell: e => few(e.events, 'webhooks.usual') },
      { key: 'rooms', label: t('webhooks.rooms'), cell: e => few(e.rooms, 'webhooks.allRooms') },
      { key: 'waiting', label: t('webhooks.waiting'), number: true, cell: e => link(e, e.waiting, '') },
      { key: 'parked', label: t('webhooks.parked'), number: true, cell: e => link(e, e.parked, 'true') },
      { key: 'actions', label: t('action.label'), actions: true, cell: e => actions(e, changed) }
    ]
  })
  return { element: h('section', { class: 'card' }, h('h2', null, t('webhooks.endpoints')), rows.element), update: rows.update }
}

const few = (list, none) => list?.length > 0 ? list.map(one => h('span', { class: 'line' }, foreign(one))) : h('span', { class: 'muted' }, t(none))

const link = (e, count, parked) => count === 0 ? '0' : h('a', { href: hrefWith('webhooks', { endpoint: e.name, ...parked && { parked } }) }, format.number(count))

const state = e => {
  if (e.off) return [h('span', { class: 'badge bad' }, t('webhooks.off')), h('span', { class: 'under' }, h('span', { lang: 'en' }, e.off), e.off_since && ` (${format.age(e.off_since)})`)]
  if (e.failing) return [h('span', { class: 'badge warning' }, t('webhooks.failing')), h('span', { class: 'under', lang: 'en' }, foreign(e.failing, { class: 'foreign whole' }))]
  return h('span', { class: 'badge good' }, t('webhooks.well'))
}

const actions = (e, changed) => h('div', { class: 'row-actions' },
  button('test', e, () => send('POST', '/v1/webhooks/test', { endpoint: e.name })
    .then(() => { say(nodes('webhooks.tested', { name: foreign(e.name) })); changed() }, sayError)),
  e.off && button('enable', e, () => enable(e, changed)),
  e.parked > 0 && button('retry', e, () => order('retry', { endpoint: e.name }, e.parked, changed)),
  e.parked > 0 && button('drop', e, () => order('drop', { endpoint: e.name }, e.parked, changed), 'danger'))

const button = (key, e, onclick, kind = '') =>
  h('button', { type: 'button', class: `button small ${kind}`, 'aria-label': t('webhooks.of', { action: t(`webhooks.${key}`), name: e.name }), onclick }, t(`webhooks.${key}`))

const enable = async (e, changed) => {
  const values = await ask({
    title: t('webhooks.enableTitle'),
    text: h('p', null, nodes('webhooks.enableAbout', { name: foreign(e.name) })),
    action: t('webhooks.enable'),
    run: () => send('POST', '/v1/webhooks/enable', { endpoint: e.name })
  })
  if (!values) return
  say(nodes('webhooks.enabled', { name: foreign(e.name) }))
  changed()
}

// order retries or drops parked messages, after a question.
export const order = async (what, selection, count, changed) => {
  let answer
  const values = await ask({
    title: t(`webhooks.${what}Title`),
    text: t(`webhooks.${what}About`, { count }),
    action: t(`webhooks.${what}`),
    danger: what === 'drop',
    run: async () => { answer = await send('POST', `/v1/webhooks/${what}`, selection) }
  })
  if (!values) return
  say(t(`webhooks.${what}Done`, { count: answer.messages }))
  changed()
}
