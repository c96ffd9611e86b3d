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
    const load = () => get('/v1/config', null, { signal }).then(({ keys }) => replace(list, keyList(keys)), err => { if (!signal.aborted) replace(list, h('section', { class: 'card' }, failure(err, load))) })
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

// keyList shows the keys in their sections, those that are not the default before them, and lets
// them be searched.
const keyList = keys => {
  const groups = [
    groupOf(t('configuration.changed'), keys.filter(changed)),
    ...[...new Set(keys.map(k => k.section))].map(name => groupOf(name, keys.filter(k => !changed(k) && k.section === name), 'en'))
  ]
  const id = newID()
  const search = h('input', { id, type: 'search', class: 'search', autocomplete: 'off', oninput: () => filter() })
  const only = h('input', { id: newID(), type: 'checkbox', onchange: () => filter() })
  const count = h('p', { class: 'muted', role: 'status' })
  const none = h('section', { class: 'card' }, empty(t('configuration.none'), t('configuration.noneAbout')))
  const filter = () => {
    const wanted = search.value.trim().toLowerCase().split(/\s+/)
    const admits = ({ key, text }) => wanted.every(w => text.includes(w)) && (!only.checked || changed(key))
    const shown = groups.reduce((sum, group) => sum + group.filter(admits), 0)
    none.hidden = shown > 0
    replace(count, t('configuration.count', { count: shown }))
  }
  filter()
  return [
    h('div', { class: 'filters', role: 'search' },
      h('div', { class: 'field' }, h('label', { for: id }, t('configuration.search')), search),
      h('div', { class: 'field check' }, only, h('label', { for: only.id }, t('configuration.only'))), count),
    groups.map(g => g.element), none
  ]
}

// groupOf returns { element, filter(admits) }, which hides all other rows, and returns the number
// of those that are shown.
const groupOf = (title, keys, lang) => {
  const rows = keys.map(key => ({ key, element: keyRow(key), text: textOf(key) }))
  const heading = newID()
  const element = h('section', { class: 'card', 'aria-labelledby': heading },
    h('h2', { id: heading, lang }, title), h('div', { role: 'list' }, rows.map(r => r.element)))
  const filter = admits => {
    let shown = 0
    for (const row of rows) {
      row.element.hidden = !admits(row)
      if (!row.element.hidden) shown++
    }
    element.hidden = shown === 0
    return shown
  }
  return { element, filter }
}

const changed = key => key.source !== 'default'

const textOf = key => [key.key, key.secret ? '' : JSON.stringify(key.value), key.help, key.from].join(' ').toLowerCase()
