// Webhooks: the endpoints, and the messages that wait for them or were given up.
import { get } from '../lib/api.js'
import { h, replace } from '../lib/dom.js'
import { pulse } from '../lib/pulse.js'
import { empty, failure, loading } from '../lib/states.js'
import { t } from '../lib/strings.js'
import { endpoints } from './webhooks/endpoints.js'
import { messages } from './webhooks/messages.js'

const every = 5000 // milliseconds

export const page = {
  title: () => t('webhooks.title'),
  mount: (main, { query }, signal) => {
    const list = h('div', { class: 'stack' }, loading())
    const waiting = messages(query, signal, () => load())
    const rows = endpoints(() => { load(); waiting.load() })
    let known = false
    const show = answer => {
      if (answer.endpoints.length === 0) return void replace(list, h('section', { class: 'card' }, empty(t('webhooks.none'), t('webhooks.noneAbout'))))
      rows.update(answer.endpoints)
      waiting.name(answer.endpoints.map(e => e.name))
      if (!known) replace(list, rows.element, waiting.element)
      known = true
    }
    const ask = asked => get('/v1/webhooks', null, { signal: asked })
    const failed = err => {
      if (!known) replace(list, failure(err, load))
    }
    main.append(h('div', { class: 'head' }, h('h1', null, t('webhooks.title'))), list)
    const load = pulse({ ask, show, failed, every, signal })
  }
}
