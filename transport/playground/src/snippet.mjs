// How a client of one's own connects to the document of this page.
import { h, say } from './dom.mjs'
import { t } from './strings.mjs'

// inAddress is a name as it stands in an address, and between quotes.
const inAddress = name => encodeURIComponent(name).replaceAll("'", '%27')

const program = (url, name) => `import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'

const doc = new Y.Doc()
const provider = new WebsocketProvider('${url}', '${inAddress(name)}', doc)
doc.getText('text').observe(({ target }) => console.log(target.toString()))
`

const copier = text => {
  const done = h('output', { class: 'copied' })
  const copy = () => navigator.clipboard.writeText(text).then(() => say(done, t('snippet.copied')), () => say(done, t('snippet.notcopied')))
  return [h('button', { type: 'button', onclick: copy }, t('snippet.copy')), done]
}

// snippet returns it. Where documents are temporary, the address is for this page only.
export const snippet = (url, name, temporary) => {
  const section = (...children) => h('section', { class: 'snippet', 'aria-labelledby': 'snippet-title' },
    h('h2', { id: 'snippet-title' }, t(temporary ? 'snippet.temporary.title' : 'snippet.title')), ...children)
  if (temporary) return section(h('p', {}, t('snippet.temporary')))
  const text = program(url, name)
  return section(
    h('p', {}, t('snippet.lead'), ' ', h('code', {}, `${url}/${inAddress(name)}`)),
    h('pre', { tabindex: '0', role: 'group', 'aria-label': t('snippet.program') }, h('code', {}, text)),
    h('div', { class: 'copy' }, ...navigator.clipboard ? copier(text) : []))
}
