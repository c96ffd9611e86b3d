// The page on which one can type, for development. bundle.js is made of this file by `make try-page`.
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'

const colors = ['#0b7285', '#5f3dc4', '#a61e4d', '#2b8a3e', '#c2410c', '#1864ab']
const field = document.querySelector('textarea')
const state = document.querySelector('#state')
const people = document.querySelector('#people')
const record = document.querySelector('#record')

const doc = new Y.Doc()
const text = doc.getText('text')
const name = `Guest ${doc.clientID % 1000}`
record.value = decodeURIComponent(location.hash.slice(1)) || 'hello'

const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${document.body.dataset.path}/records`
const provider = new WebsocketProvider(url, encodeURIComponent(record.value), doc, { disableBc: true })
provider.awareness.setLocalStateField('user', { name, color: colors[doc.clientID % colors.length] })

record.onchange = () => { location.hash = encodeURIComponent(record.value) }
window.onhashchange = () => location.reload()

provider.on('status', ({ status }) => { state.textContent = status })
provider.on('connection-close', event => { if (event?.reason) state.textContent = `closed: ${event.reason} (${event.code})` })
provider.on('sync', synced => { field.disabled = !synced && text.length === 0 })

provider.awareness.on('change', () => {
  people.replaceChildren(...[...provider.awareness.getStates()].flatMap(([client, { user }]) => {
    if (!user) return []
    const item = document.createElement('li')
    item.textContent = client === doc.clientID ? `${user.name} (this page)` : user.name
    item.style.color = user.color
    return item
  }))
})

// Where the text of the field differs from the document's, that part is replaced.
field.oninput = () => {
  const [before, after] = [text.toString(), field.value]
  let from = 0
  while (from < before.length && before[from] === after[from]) from++
  let same = 0
  while (same < Math.min(before.length, after.length) - from && before.at(-1 - same) === after.at(-1 - same)) same++
  doc.transact(() => {
    text.delete(from, before.length - same - from)
    text.insert(from, after.slice(from, after.length - same))
  }, field)
  remember()
}

// The selection stays where it is in the text when others write before it.
let selection = null
const remember = () => {
  selection = [field.selectionStart, field.selectionEnd].map(at => Y.createRelativePositionFromTypeIndex(text, at))
}
document.addEventListener('selectionchange', () => { if (document.activeElement === field) remember() })

text.observe((_, { origin }) => {
  if (origin === field) return
  const kept = selection
  field.value = text.toString()
  if (!kept || document.activeElement !== field) return
  const [start, end] = kept.map(position => Y.createAbsolutePositionFromRelativePosition(position, doc)?.index ?? field.value.length)
  field.setSelectionRange(start, end)
})
