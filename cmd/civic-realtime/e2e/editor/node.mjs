// An editor without a page: y-prosemirror in Node, with the same commands as a page.
import WebSocket from 'ws'
import { complaints, serve } from '../lib/driven.mjs'
import { Editor } from './editor.mjs'
import { HeadlessView } from './headless.mjs'

let editor = null

const problems = complaints(() => editor?.waiters.poke())

const press = key => {
  const [name, ...modifiers] = key.split('+').reverse()
  const event = { key: name, keyCode: 0 }
  for (const held of ['Control', 'Shift', 'Alt', 'Meta']) event[(held === 'Control' ? 'ctrl' : held.toLowerCase()) + 'Key'] = modifiers.includes(held)
  if (!editor.view.someProp('handleKeyDown', handle => handle(editor.view, event))) throw new Error(`${key} does nothing here`)
}

const methods = ['after', 'lastly', 'select', 'mark', 'insert', 'document', 'status', 'wait', 'disconnect', 'reconnect']

serve({
  ...Object.fromEntries(methods.map(name => [name, args => editor[name](args)])),
  open (args) {
    const options = { WebSocketPolyfill: WebSocket, disableBc: true, maxBackoffTime: 400 }
    editor = new Editor({ ...args, options }, state => new HeadlessView(state), problems)
  },
  type ({ text }) { for (const character of text) editor.view.dispatch(editor.view.state.tr.insertText(character)) },
  press ({ keys }) { keys.forEach(press) },
  close () { editor.destroy() }
})
