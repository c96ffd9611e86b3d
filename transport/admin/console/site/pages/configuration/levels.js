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
  const areas = Object.entries(now.areas ?? {}).map(([area, level]) => ({ area, level, ...select(area === 'default' ? t('levels.rest') : area, level) }))
  const all = select(t('levels.all'), '', ['', ...levels])
  all.input.addEventListener('change', () => { for (const a of areas) a.input.value = all.input.value || a.level })
  const submit = async event => {
    event.preventDefault()
    const changed = areas.filter(a => a.input.value !== a.level).map(a => [a.area, a.input.value])
    if (changed.length === 0) return say(t('levels.same'), { kind: 'info' })
    try {
      show(await send('PUT', '/v1/log-level', { areas: Object.fromEntries(changed) }))
      say(t('levels.done'))
    } catch (err) {
      sayError(err)
    }
  }
  return h('form', { class: 'levels', onsubmit: submit },
    all.element, areas.map(a => a.element),
    h('div', { class: 'toolbar' }, h('button', { class: 'button' }, t('levels.action'))),
    h('p', { class: 'hint' }, t('levels.hint')))
}

const select = (label, value, options = levels) => {
  const id = newID()
  const input = h('select', { id }, options.map(v => h('option', { value: v }, v || '–')))
  input.value = value
  return { input, element: h('div', { class: 'field' }, h('label', { for: id }, label), input) }
}
