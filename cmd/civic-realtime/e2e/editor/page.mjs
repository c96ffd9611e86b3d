// The script of the page: an editor in a browser. The driver calls window.editor's methods.
import { EditorView } from 'prosemirror-view'
import { Editor } from './editor.mjs'

const problems = []
const complain = (...args) => {
  problems.push(args.map(String).join(' ').slice(0, 1000))
  window.editor?.waiters.poke()
}
console.error = console.warn = complain
window.addEventListener('error', ({ error, message }) => complain(error?.stack ?? message))
window.addEventListener('unhandledrejection', ({ reason }) => complain(reason?.stack ?? reason))

window.start = options => {
  window.editor = new Editor(options, state => new EditorView(document.querySelector('main'), { state }), problems)
}
