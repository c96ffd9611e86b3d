// The frame around all pages: the navigation, the choices of the visitor, and who is signed in.
import { get, send } from './lib/api.js'
import { focusHeading, foreign, h, replace } from './lib/dom.js'
import { sayError, startSaying } from './lib/say.js'
import { chooseLanguage, language, t } from './lib/strings.js'
import { chooseTheme, theme, themes } from './lib/theme.js'
import { links } from './routes.js'

// frame puts the frame into the page, and returns begin(link), which gives the element of a new
// page. redraw is called after another language was chosen, ended after signing out.
export const frame = async (session, { redraw, ended }) => {
  const several = await get('/v1/status').then(s => (s.nodes?.length ?? 0) > 1, () => false)
  const anchors = links.filter(({ name }) => name !== 'nodes' || several)
    .map(({ name, href }) => h('a', { href, dataset: { link: name } }, t(`nav.${name}`)))
  const nav = h('nav', { class: 'nav', id: 'nav', 'aria-label': t('nav.label') },
    h('ul', null, anchors.map(a => h('li', null, a)), h('li', { class: 'apart' }, h('a', { href: '/console/playground/' }, t('nav.playground')))))
  const menu = h('button', { type: 'button', class: 'menu', 'aria-controls': 'nav', 'aria-expanded': 'false', onclick: () => toggle() }, t('nav.menu'))
  const side = h('header', { class: 'side' },
    h('div', { class: 'brand' }, h('a', { href: '#/', class: 'name' }, h('img', { src: 'icon.svg', alt: '', width: 22, height: 22 }), 'civic-realtime'), menu),
    nav, h('div', { class: 'choices' }, languageChoice(redraw), themeChoice(), who(session, ended)))
  const toggle = (open = !side.classList.contains('open')) => {
    side.classList.toggle('open', open)
    menu.setAttribute('aria-expanded', String(open))
  }
  const main = h('main', { id: 'main', class: 'main' })
  replace(document.body, h('a', { class: 'skip', href: '#main', onclick: skip }, t('nav.skip')), side, main)
  startSaying()
  return {
    begin: link => {
      toggle(false)
      for (const a of anchors) a.dataset.link === link ? a.setAttribute('aria-current', 'page') : a.removeAttribute('aria-current')
      return replace(main)
    }
  }
}

// skip moves the focus behind the navigation; the address stays that of the page.
const skip = event => {
  event.preventDefault()
  focusHeading()
}

const languageChoice = redraw => {
  const other = language() === 'en' ? 'fr' : 'en'
  const change = () => chooseLanguage(other).then(redraw, sayError)
  return h('button', { type: 'button', class: 'choice', lang: other, dataset: { language: other }, onclick: change }, { en: 'English', fr: 'Français' }[other])
}

const themeChoice = () => {
  const choice = h('select', { 'aria-label': t('theme.label'), onchange: () => chooseTheme(choice.value) },
    themes.map(name => h('option', { value: name }, t(`theme.${name}`))))
  choice.value = theme()
  return choice
}

const who = (session, ended) => {
  if (!session.token_needed) return h('p', { class: 'who' }, t('session.none'))
  const out = () => send('DELETE', '/console/session').then(ended, sayError)
  return h('p', { class: 'who' }, foreign(session.name ?? ''), h('button', { type: 'button', class: 'choice', onclick: out }, t('session.out')))
}
