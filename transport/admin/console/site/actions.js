// Orders to the whole server, each with a dialog before and a note afterwards.
import { send } from './lib/api.js'
import { ask } from './lib/dialog.js'
import { h } from './lib/dom.js'
import { say } from './lib/say.js'
import { nodes, t } from './lib/strings.js'

// noticeFields are the fields of a dialog for a notice; its text is one line.
export const noticeFields = () => [
  { name: 'text', label: t('notice.text'), hint: t('notice.hint'), required: true, maxlength: 1000 },
  { name: 'level', label: t('notice.level'), type: 'select', value: 'info', options: ['info', 'warning'].map(value => ({ value, label: t(`notice.${value}`) })) }
]

// noticeAll sends a notice to everybody.
export const noticeAll = () => {
  let answer
  return ask({
    title: t('notice.title'),
    text: t('notice.about'),
    action: t('notice.action'),
    fields: noticeFields(),
    run: async values => { answer = await send('POST', '/v1/notice', values) }
  }).then(values => values && say(t('notice.done', { count: answer.peers }), answer.partial ? { kind: 'error' } : {}))
}

// drain shuts the server down, or one of several nodes.
export const drain = node => ask({
  title: node ? t('drain.titleNode') : t('drain.title'),
  text: [h('p', null, node ? nodes('drain.whichNode', { node: h('strong', null, node) }) : t('drain.which')), h('p', null, t('drain.about'))],
  action: t('drain.action'),
  danger: true,
  run: () => send('POST', '/v1/drain', undefined, undefined, { node })
}).then(values => values && say(node ? t('drain.doneNode', { node }) : t('drain.done')))

// reload makes the server, or one of several nodes, read its configuration again. done is called
// with the answer.
export const reload = ({ node, done = () => {} } = {}) => {
  let answer
  return ask({
    title: t('reload.title'),
    text: [h('p', null, t('reload.about')), node && h('p', null, nodes('reload.whichNode', { node: h('strong', null, node) }))],
    action: t('reload.action'),
    run: async () => { answer = await send('POST', '/v1/reload', undefined, undefined, { node }) }
  }).then(values => {
    if (!values) return
    say(reloaded(answer))
    done(answer)
  })
}

// reloaded says what a reload has changed, as children.
export const reloaded = ({ changed, restart, warnings }) => [
  h('p', null, changed.length > 0 ? t('reload.changed', { count: changed.length }) : t('reload.unchanged')),
  changed.length > 0 && h('p', { class: 'said' }, changed.join(', ')),
  restart.length > 0 && [h('p', null, t('reload.restart')), h('p', { class: 'said' }, restart.join(', '))],
  warnings.map(w => h('p', { class: 'said', lang: 'en', dir: 'auto' }, w))
]
