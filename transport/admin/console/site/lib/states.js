// States of a part of a page that has nothing to show: it is loading, empty, or has failed.
import { h } from './dom.js'
import { has, t } from './strings.js'

// explain returns what went wrong, as children: the sentence for the problem, and the server's own
// words, which are English.
export const explain = err => {
  const key = `problem.${err.name}`
  const said = [err.detail, ...(err.errors ?? []).map(e => `${e.field}: ${e.detail}`)].filter(Boolean)
  return [
    h('p', null, err.status === undefined ? err.message : t(has(key) ? key : 'problem.unknown', { status: String(err.status) })),
    said.length > 0 && h('p', { class: 'said', lang: 'en', dir: 'auto' }, said.join(' '))
  ].filter(Boolean)
}

// loading, empty and failure return what is shown in the place of the content. retry and action
// may be left out.
export const loading = (text = t('state.loading')) => h('p', { class: 'state loading', role: 'status' }, text)

export const empty = (title, text, action) =>
  h('div', { class: 'state empty' }, h('p', { class: 'state-title' }, title), text && h('p', null, text), action)

export const failure = (err, retry) =>
  h('div', { class: 'state failure', role: 'alert' },
    h('p', { class: 'state-title' }, t('state.failed')), explain(err),
    retry && h('button', { type: 'button', class: 'button', onclick: retry }, t('action.retry')))

// partial returns a remark on nodes that did not answer, or null.
export const partial = answer => answer?.partial
  ? h('p', { class: 'remark warning', role: 'status' }, t('state.partial', { nodes: (answer.silent ?? []).join(', ') }))
  : null
