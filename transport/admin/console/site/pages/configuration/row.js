// A key of the configuration, as an entry of a list.
import { foreign, h } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { t } from '../../lib/strings.js'

const colours = { default: '', file: 'accent', environment: 'good', flag: 'warning' }

// keyRow shows a key; secrets have no value here.
export const keyRow = key => h('div', { class: 'key', role: 'listitem' },
  h('div', { class: 'key-head' },
    h('span', { class: 'key-name mono' }, key.key),
    h('span', { class: `badge ${colours[key.source] ?? ''}` }, t(`source.${key.source}`)),
    key.from && h('span', { class: 'key-from muted' }, foreign(key.line ? `${key.from}:${key.line}` : key.from)),
    key.restart && h('span', { class: 'badge' }, t('configuration.restart'))),
  h('div', { class: 'key-value mono' }, valueOf(key), key.source !== 'default' && otherwise(key)),
  key.help && h('p', { class: 'key-help', lang: 'en' }, marked(key.help)))

const valueOf = key => {
  if (key.secret) return h('span', { class: 'muted' }, t(key.set ? 'configuration.set' : 'configuration.unset'))
  const value = key.source === 'default' ? key.value ?? key.default ?? key.default_note : key.value
  const text = written(value, key.unit)
  return typeof value === 'object' && value !== null ? h('pre', null, text) : foreign(text, { class: 'foreign whole' })
}

const otherwise = key =>
  h('span', { class: 'muted' }, ` ${t('configuration.default', { value: written(key.default ?? key.default_note, key.unit) })}`)

// written returns a value as it stands in the file; of sizes also how much that is.
const written = (value, unit) => {
  if (value === null || value === undefined || value === '' || Array.isArray(value) && value.length === 0) return t('configuration.nothing')
  if (typeof value === 'number' && unit === 'bytes' && value >= 1024) return `${value} (${format.bytes(value)})`
  if (typeof value === 'number' && unit) return `${value} ${unit}`
  if (Array.isArray(value) && value.every(v => typeof v !== 'object')) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)
}

// marked shows what is between backquotes as code, and of links the text.
const marked = text => text.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').split(/(`[^`]*`)/).map(part =>
  part.startsWith('`') ? h('code', null, part.slice(1, -1)) : part)
