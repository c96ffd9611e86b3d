// The session of the console, where the page belongs to it: after it has ended, no connection is
// accepted, so the panes stay away, and the page leads to the sign-in.
import { h } from './dom.mjs'
import { t } from './strings.mjs'

// session returns { element, ask, restored }. home is the address of the console, empty if there is
// none; ended is called when the session has ended. ask is called when a connection was lost or
// refused, restored when there is one again.
export const session = (home, ended) => {
  const element = h('p', { class: 'ended', role: 'alert', hidden: true })
  let asking = false
  const show = signedIn => {
    element.replaceChildren(...signedIn ? [] : [t('session.ended'), ' ', h('a', { href: home }, t('session.signin'))])
    element.hidden = signedIn
  }
  const ask = async () => {
    if (!home || asking) return
    asking = true
    const answer = await fetch(`${home}session`).then(response => response.ok ? response.json() : null, () => null)
    asking = false
    if (!answer) return // the server is away, and the panes try again
    show(answer.signed_in)
    if (!answer.signed_in) ended()
  }
  return { element, ask, restored: () => show(true) }
}
