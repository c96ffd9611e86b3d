// The sign-in: a token, and a name for the log.
import { send } from '../lib/api.js'
import { h } from '../lib/dom.js'
import { field } from '../lib/dialog.js'
import { explain } from '../lib/states.js'
import { recall, remember } from '../lib/keep.js'
import { t } from '../lib/strings.js'

export const page = {
  title: () => t('signin.title'),
  mount: (main, { ended, done }) => {
    const name = field({ name: 'name', label: t('signin.name'), hint: t('signin.nameHint'), value: recall('name') ?? '', maxlength: 64, autocomplete: 'username', required: true })
    const token = field({ name: 'token', label: t('signin.token'), hint: t('signin.tokenHint'), type: 'password', autocomplete: 'current-password', required: true })
    const failure = h('div', { class: 'signin-failure', role: 'alert' })
    const submit = async event => {
      event.preventDefault()
      failure.replaceChildren()
      try {
        await send('POST', '/console/session', { token: token.read().trim(), name: name.read().trim() })
        remember('name', name.read().trim())
        await done()
      } catch (err) {
        failure.replaceChildren(...refused(err))
        token.input.select()
        token.input.focus()
      }
    }
    main.append(h('form', { class: 'signin card', onsubmit: submit },
      h('img', { src: 'icon.svg', alt: '', width: 36, height: 36 }),
      h('h1', null, t('signin.title')),
      ended && h('p', { class: 'remark', role: 'status' }, t('signin.ended')),
      name.element, token.element, failure,
      h('button', { class: 'button primary' }, t('signin.action'))))
    const first = name.read() === '' ? name : token
    first.input.focus()
  }
}

const refused = err => {
  if (err.status === 401) return [h('p', null, t('signin.wrong'))]
  if (err.status === 429) return [h('p', null, t('signin.tooMany', { count: Math.max(1, err.retryAfter) }))]
  return explain(err)
}
