// The document as text: its Markdown, its text alone, or JSON.
import { path, text } from '../../lib/api.js'
import { h, newID, replace } from '../../lib/dom.js'
import { failure, loading } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { boundedText } from './bounded.js'

const formats = ['markdown', 'text', 'json']

let last = formats[0]

// openSource fills the panel. version is the id of a version, or "current".
export const openSource = (room, { version, node }, panel, signal) => {
  const place = h('div', null)
  const id = newID()
  const select = h('select', { id, onchange: () => read() }, formats.map(f => h('option', { value: f }, t(`room.format.${f}`))))
  select.value = last
  const read = async () => {
    last = select.value
    replace(place, loading(t('room.reading')))
    try {
      const body = await text(path`/v1/rooms/${room.name}/versions/${version}`, { format: last }, { signal, node })
      replace(place, body.trim() === ''
        ? h('p', { class: 'muted' }, t('room.document.empty'))
        : boundedText(body, { class: 'source', tabindex: 0, role: 'region', 'aria-label': t('room.document.source') }))
    } catch (err) {
      if (err.name !== 'AbortError') replace(place, failure(err, read))
    }
  }
  replace(panel, h('div', { class: 'controls' }, h('span', { class: 'pair' }, h('label', { for: id, class: 'inline' }, t('room.format')), select)), place)
  return read()
}
