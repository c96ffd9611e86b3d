// Names and colors of people, and how their carets are drawn.
import { h } from './dom.mjs'

const names = ['Ada', 'Alice', 'Amir', 'Béatrice', 'Camille', 'Chloé', 'Diego', 'Elena', 'Émile', 'Félix', 'Grace', 'Hugo', 'Inès',
  'Jade', 'Karim', 'Léa', 'Louis', 'Maya', 'Nadia', 'Noah', 'Olivia', 'Pierre', 'Rosa', 'Samuel', 'Simone', 'Théo', 'Victor', 'Zoé']

// White text on each has a contrast of 5:1 or more.
const colors = ['#0b6478', '#5f3dc4', '#a61e4d', '#1f6f34', '#a63c06', '#1864ab', '#7a3b8f', '#8a4b00']

const pick = (list, taken) => {
  const free = list.filter(each => !taken.includes(each))
  return free[Math.floor(Math.random() * free.length)]
}

// people returns two that differ.
export const twoPeople = () => {
  const first = { name: pick(names, []), color: pick(colors, []) }
  return [first, { name: pick(names, [first.name]), color: pick(colors, [first.color]) }]
}

const colored = /^#[0-9a-f]{6}$/i

// ink returns black or white, whichever can be read on a color.
const ink = color => {
  const [r, g, b] = [1, 3, 5].map(at => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? '#000000' : '#ffffff'
}

// known returns what is shown of a person, as others may send anything.
export const known = (user, client) => ({
  name: typeof user?.name === 'string' && user.name ? user.name.slice(0, 60) : String(client),
  color: colored.test(user?.color) ? user.color : '#4b5563'
})

// paint gives an element the color of a person. The policy of this page allows no style attributes.
export const paint = (element, color) => {
  element.style.setProperty('--person', color)
  element.style.setProperty('--person-ink', ink(color))
  return element
}

// caret makes a caret with a name. U+2060 keeps the browser from breaking lines beside it.
export const caret = (user, client) => {
  const { name, color } = known(user, client)
  return paint(h('span', { class: 'caret' }, '\u2060', h('span', { class: 'caret-name' }, name), '\u2060'), color)
}

export const selection = (user, client) => ({ class: 'selected', style: `--person: ${known(user, client).color}` })

// others lists the people of an awareness but this one.
export const others = awareness => [...awareness.getStates()].filter(([client]) => client !== awareness.clientID)
  .map(([client, { user }]) => ({ client, ...known(user, client) }))
