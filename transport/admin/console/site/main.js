// The console: it signs in, shows the frame, and the page that the address names.
import { get, session } from './lib/api.js'
import { focusHeading, h, replace } from './lib/dom.js'
import { forget, startSaying } from './lib/say.js'
import { failure } from './lib/states.js'
import { firstLanguage, setLanguage, t } from './lib/strings.js'
import { useTheme } from './lib/theme.js'
import { route } from './routes.js'
import { frame } from './shell.js'
import { page as signIn } from './pages/signin.js'

let leave = new AbortController() // ends the present page
let shell = null // the frame around pages, while somebody is signed in

// open shows the page of the address. Its heading has the focus then, except at the first page.
const open = async first => {
  leave.abort()
  leave = new AbortController()
  const { signal } = leave
  try {
    const { page, params, link } = await route(location.hash)
    if (signal.aborted) return
    const main = shell.begin(link)
    document.title = `${page.title(params)} – civic-realtime`
    await page.mount(main, params, signal)
  } catch (err) {
    if (signal.aborted) return
    console.error(err)
    shell.begin('').append(h('h1', null, t('state.failed')), failure(err, () => open()))
  }
  if (signal.aborted || first) return
  scrollTo(0, 0)
  focusHeading()
}

// showSignIn takes everything off the page, for nobody is to read on after the session has ended.
const showSignIn = async ended => {
  leave.abort()
  leave = new AbortController()
  shell = null
  const main = h('main', { class: 'signin-page', id: 'main' })
  replace(document.body, main)
  forget()
  startSaying()
  document.title = `${signIn.title()} – civic-realtime`
  await signIn.mount(main, { ended, done: signedIn }, leave.signal)
}

const signedIn = async () => {
  await start()
  focusHeading()
}

// start shows the console, or the sign-in if nobody is signed in.
const start = async () => {
  try {
    const state = await get('/console/session')
    if (!state.signed_in) return await showSignIn(false)
    shell = await frame(state, { redraw, ended: () => showSignIn(false) })
    await open(true)
  } catch (err) {
    replace(document.body, h('main', { class: 'signin-page' }, h('h1', null, t('state.unreachable')),
      h('button', { type: 'button', class: 'button', onclick: start }, t('action.retry'))))
  }
}

// redraw shows everything anew, in another language.
const redraw = async () => {
  await start()
  document.querySelector('[data-language]')?.focus()
  if (document.activeElement === document.body) focusHeading() // the menu is closed at phone width
}

session.addEventListener('ended', () => { if (shell) showSignIn(true) })
addEventListener('hashchange', () => { if (shell) open(false) })

useTheme()
await setLanguage(firstLanguage())
start()
