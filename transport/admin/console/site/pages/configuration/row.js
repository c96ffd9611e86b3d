// A key of the configuration, as an entry of a list.
import { foreign, h } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { t } from '../../lib/strings.js'

const colours = { default: '', file: 'accent', environment: 'good', flag: 'warning' }

// keyRow shows a key; secrets have no value here.
export const keyRow = key => h('div', { class: 'key', role: 'listitem' },
  h('div', { class: 'key-head' },
    h('span', { class: 'key-name mono' }, key.key),
    h('span', { class: `badge ${colours[key.source] ?? ''}`, title: key.from }, t(`source.${key.source}`)),
    key.from && h('span', { class: 'key-from muted' }, foreign(key.from)),
    key.restart && h('span', { class: 'badge' }, t('configuration.restart'))),
  h('div', { class: 'key-value mono' }, valueOf(key), !key.secret && key.source !== 'default' && h('span', { class: 'muted' }, ` ${t('configuration.default', { value: written(key.default) })}`)),
  key.help && h('p', { class: 'key-help', lang: 'en' }, marked(key.help)))

const valueOf = key => {
  if (key.secret) return h('span', { class: 'muted' }, t(key.set ? 'configuration.set' : 'configuration.unset'))
  const text = written(key.value)
  return typeof key.value === 'object' && key.value !== null ? h('pre', null, text) : foreign(text, { class: 'foreign whole' })
}

const written = value => {
  if (value === null || value === undefined || value === '') return t('configuration.nothing')
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return format.number(value, 6)
  if (Array.isArray(value) && value.length === 0) return t('configuration.nothing')
  if (Array.isArray(value) && value.every(v => typeof v !== 'object')) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)
}

// marked shows what is between backquotes as code, and of links the text.
const marked = text => text.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').split(/(`[^`]*`)/).map(part =>
  part.startsWith('`') ? h('code', null, part.slice(1, -1)) : part)
