// The playground: two editors of one document, connected by two protocols, and what travels between
// them and the server. bundle.js is made of this file by `make playground`.
import { h } from './dom.mjs'
import { explain } from './explain.mjs'
import { Frames } from './frames.mjs'
import { JSONLink, YWebsocketLink } from './links.mjs'
import { Names } from './names.mjs'
import { Pane } from './pane.mjs'
import { twoPeople } from './people.mjs'
import { session } from './session.mjs'
import { snippet } from './snippet.mjs'
import { language, t } from './strings.mjs'
import { theme } from './theme.mjs'
import { top } from './top.mjs'

const nameOf = hash => {
  try { return decodeURIComponent(hash.slice(1)) || 'hello' } catch { return 'hello' }
}

const { path, home, temporary } = document.body.dataset
const name = nameOf(location.hash)
const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}/records`

document.documentElement.lang = language
document.title = t('title')
theme()

const frames = new Frames()
const names = new Names()
const [first, second] = twoPeople()
const signedIn = session(home, () => { for (const pane of panes) if (!pane.away) pane.link.cutOff() })
const linked = state => {
  if (state === 'waiting') signedIn.ask()
  if (state === 'synced') signedIn.restored()
}
const pane = (side, Link, user) =>
  new Pane({ side, Link, url, name, user, linked, note: noted => frames.add(explain(side, noted, names.of)) })
const panes = [pane('left', YWebsocketLink, first), pane('right', JSONLink, second)]
const edit = rich => { for (const pane of panes) pane.edit(rich) }

document.body.replaceChildren(
  h('a', { class: 'skip', href: '#main', onclick: skip }, t('skip')), top(name, home, edit),
  h('main', { id: 'main', tabindex: '-1' }, signedIn.element, h('div', { class: 'panes' }, ...panes.map(({ element }) => element)), frames.element,
    snippet(url, name, temporary === 'true')))
panes.forEach(pane => names.watch(pane))
edit(true)

// The address has the document's name behind its #, so the link to the content does not follow it.
function skip (event) {
  event.preventDefault()
  document.querySelector('#main').focus()
}

window.addEventListener('hashchange', () => { if (nameOf(location.hash) !== name) location.reload() })
