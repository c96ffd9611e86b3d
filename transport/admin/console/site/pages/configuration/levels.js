// The levels of the log, which hold until the configuration is loaded again.
import { get, send } from '../../lib/api.js'
import { h, newID, replace } from '../../lib/dom.js'
import { say, sayError } from '../../lib/say.js'
import { failure, loading } from '../../lib/states.js'
import { t } from '../../lib/strings.js'

const levels = ['debug', 'info', 'warn', 'error']

// logLevels returns { element, load }.
export const logLevels = signal => {
  const body = h('div', null, loading())
  const show = now => replace(body, form(now, show))
  const load = () => get('/v1/log-level', null, { signal }).then(show, err => { if (!signal.aborted) replace(body, failure(err, load)) })
  load()
  return { load, element: h('section', { class: 'card' }, h('h2', null, t('levels.title')), body) }
}

const form = (now, show) => {
  const base = select(t('levels.all'), now.level, levels.map(l => [l, l]))
  const areas = Object.entries(now.areas ?? {}).map(([area, level]) => ({ area, level, ...select(area, level, levels.map(l => [l, l])) }))
  const submit = async event => {
    event.preventDefault()
    const changed = areas.filter(a => a.input.value !== a.level).map(a => [a.area, a.input.value])
    try {
      show(await send('PUT', '/v1/log-level', { level: base.input.value, ...changed.length > 0 && { areas: Object.fromEntries(changed) } }))
      say(t('levels.done'))
    } catch (err) {
      sayError(err)
    }
  }
  return h('form', { class: 'levels', onsubmit: submit },
    base.element, areas.map(a => a.element),
    h('div', { class: 'toolbar' }, h('button', { class: 'button' }, t('levels.action'))),
    h('p', { class: 'hint' }, t('levels.hint')))
}

const select = (label, value, options) => {
  const id = newID()
  const input = h('select', { id }, options.map(([v, text]) => h('option', { value: v }, text)))
  input.value = value
  return { input, element: h('div', { class: 'field' }, h('label', { for: id }, label), input) }
}
