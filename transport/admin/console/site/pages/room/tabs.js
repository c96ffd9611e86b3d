// Tabs: a list of them with arrow keys, and the panel of the chosen one.
import { h, newID, replace } from '../../lib/dom.js'

const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

// tabs returns { element, choose(id) }. Each tab has id, label, and open(panel, signal), which fills
// the panel; its signal is aborted when another tab is chosen, or at the end of the given one.
// onChoose(id) is called with the tab that is shown.
export const tabs = ({ label, tabs: all, chosen, onChoose, signal }) => {
  const panelID = newID()
  let leave = new AbortController()
  signal.addEventListener('abort', () => leave.abort())
  const buttons = all.map(tab => h('button', {
    type: 'button', class: 'tab', role: 'tab', id: newID(), 'aria-controls': panelID, onclick: () => choose(tab.id)
  }, tab.label))
  const panel = h('div', { class: 'tab-panel', role: 'tabpanel', id: panelID, tabindex: 0 })
  const choose = id => {
    leave.abort()
    leave = new AbortController()
    all.forEach((tab, i) => mark(buttons[i], tab.id === id))
    const i = all.findIndex(tab => tab.id === id)
    panel.setAttribute('aria-labelledby', buttons[i].id)
    replace(panel)
    onChoose?.(id)
    all[i].open(panel, leave.signal)
  }
  const list = h('div', { class: 'tabs', role: 'tablist', 'aria-label': label, onkeydown: event => turn(event, buttons, i => choose(all[i].id)) }, buttons)
  choose(all.some(tab => tab.id === chosen) ? chosen : all[0].id)
  return { element: h('div', { class: 'tabs-place' }, list, panel), choose }
}

const mark = (button, selected) => {
  button.setAttribute('aria-selected', String(selected))
  button.tabIndex = selected ? 0 : -1
}

const turn = (event, buttons, choose) => {
  const at = buttons.indexOf(event.target)
  const to = { Home: 0, End: buttons.length - 1 }[event.key] ?? (event.key in steps ? (at + steps[event.key] + buttons.length) % buttons.length : -1)
  if (at < 0 || to < 0) return
  event.preventDefault()
  choose(to)
  buttons[to].focus()
}
