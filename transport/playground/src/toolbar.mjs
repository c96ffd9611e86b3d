// The toolbar of an editor of rich text. Arrow keys move within it, and Tab leaves it.
import { h } from './dom.mjs'
import { icon } from './icons.mjs'
import { tools } from './rich.mjs'
import { t } from './strings.mjs'

export class Toolbar {
  constructor (label, editor) {
    this.editor = editor
    this.buttons = tools.map((tool, i) => h('button', {
      type: 'button', class: tool.name === 'undo' ? 'tool apart' : 'tool', title: t(`tool.${tool.name}`), 'aria-label': t(`tool.${tool.name}`), 'aria-keyshortcuts': tool.keys,
      tabindex: i === 0 ? '0' : '-1', onmousedown: event => event.preventDefault(), onclick: () => editor().use(tool)
    }, icon(tool.name)))
    this.element = h('div', { class: 'toolbar', role: 'toolbar', 'aria-label': label, onkeydown: event => this.move(event) }, ...this.buttons)
  }

  move (event) {
    const at = this.buttons.indexOf(document.activeElement)
    const last = this.buttons.length - 1
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key]
    if (at < 0 || to === undefined) return
    event.preventDefault()
    this.buttons.forEach((button, i) => button.setAttribute('tabindex', i === to ? '0' : '-1'))
    this.buttons[to].focus()
  }

  // show marks what the selection has.
  show () {
    tools.forEach((tool, i) => {
      const has = this.editor().has(tool)
      if (has !== null) this.buttons[i].setAttribute('aria-pressed', has)
    })
  }
}
