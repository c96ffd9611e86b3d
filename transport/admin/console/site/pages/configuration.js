// The configuration: each key, its value, and where that is from.
import { reload, reloaded } from '../actions.js'
import { get } from '../lib/api.js'
import { h, newID, replace } from '../lib/dom.js'
import { empty, failure, loading } from '../lib/states.js'
import { t } from '../lib/strings.js'
import { logLevels } from './configuration/levels.js'
import { keyRow } from './configuration/row.js'

export const page = {
  title: () => t('configuration.title'),
  mount: async (main, params, signal) => {
    const answer = h('div', { role: 'status' })
    const levels = logLevels(signal)
    const list = h('div', { class: 'stack' }, loading())
    const load = () => get('/v1/config', null, { signal }).then(({ keys }) => replace(list, keyList(keys)), err => { if (!signal.aborted) replace(list, failure(err, load)) })
    const again = result => {
      replace(answer, h('div', { class: 'remark' }, reloaded(result)))
      load()
      levels.load()
    }
    main.append(
      h('div', { class: 'head' }, h('h1', null, t('configuration.title')),
        h('div', { class: 'toolbar' }, h('button', { type: 'button', class: 'button', onclick: () => reload({ done: again }) }, t('reload.action')))),
      answer, levels.element, list)
    await load()
  }
}

// keyList shows the keys, those that are not the default first, and lets them be searched.
const keyList = keys => {
  const rows = [...keys.filter(changed), ...keys.filter(k => !changed(k))].map(key => ({ key, element: keyRow(key), text: textOf(key) }))
  const id = newID()
  const search = h('input', { id, type: 'search', class: 'search', autocomplete: 'off', oninput: () => filter() })
  const only = h('input', { id: newID(), type: 'checkbox', onchange: () => filter() })
  const count = h('p', { class: 'muted', role: 'status' })
  const body = h('div', { class: 'keys', role: 'list', 'aria-label': t('configuration.keys') }, rows.map(r => r.element))
  const none = empty(t('configuration.none'), t('configuration.noneAbout'))
  const filter = () => {
    const wanted = search.value.trim().toLowerCase().split(/\s+/)
    let shown = 0
    for (const { key, element, text } of rows) {
      element.hidden = !(wanted.every(w => text.includes(w)) && (!only.checked || changed(key)))
      if (!element.hidden) shown++
    }
    none.hidden = shown > 0
    replace(count, t('configuration.count', { count: shown }))
  }
  filter()
  return [
    h('div', { class: 'filters', role: 'search' },
      h('div', { class: 'field' }, h('label', { for: id }, t('configuration.search')), search),
      h('div', { class: 'field check' }, only, h('label', { for: only.id }, t('configuration.only'))), count),
    h('section', { class: 'card', 'aria-label': t('configuration.keys') }, body, none)
  ]
}

const changed = key => key.source !== 'default'

const textOf = key => [key.key, key.secret ? '' : JSON.stringify(key.value), key.help, key.from].join(' ').toLowerCase()
