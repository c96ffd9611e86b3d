// Elements are made of tags, attributes and children, never of HTML: text that comes from users is
// always text.
const svgSpace = 'http://www.w3.org/2000/svg'

// properties are set as properties, as the attribute of that name is only the first value.
const properties = new Set(['value', 'checked', 'indeterminate'])

// h returns a new element. Of the props, functions named on… are listeners, class and dataset are
// themselves, and all others attributes: true is one without a value, false and null are none.
// Children are nodes, strings, numbers, or lists of them; null and false are left out.
export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children)

// svg returns a new element of SVG, as h does.
export const svg = (tag, props, ...children) => fill(document.createElementNS(svgSpace, tag), props, children)

const fill = (element, props, children) => {
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value)
  element.append(...flat(children))
  return element
}

const set = (element, name, value) => {
  if (value === null || value === undefined || value === false) return
  if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
  else if (name === 'dataset') Object.assign(element.dataset, value)
  else if (properties.has(name)) element[name] = value
  else element.setAttribute(name, value === true ? '' : value)
}

const flat = children => children.flat(Infinity).filter(c => c !== null && c !== undefined && c !== false)

// replace gives an element other children.
export const replace = (element, ...children) => {
  element.replaceChildren(...flat(children))
  return element
}

// written returns a text whose control characters and direction marks are readable, as U+202E.
// Those that scripts and emoji need, the joiners, are left as they are.
export const written = text => String(text).replace(
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
  c => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`)

// foreign returns an element with a text that comes from users: isolated, so that its direction
// changes nothing around it, and cut at the end of its line, with the whole text as its title.
export const foreign = (text, props) => {
  const shown = written(text)
  return h('bdi', { class: 'foreign', title: shown, ...props }, shown)
}

// focusHeading moves the focus to the page's heading, for what had it has gone.
export const focusHeading = () => {
  const target = document.querySelector('h1') ?? document.querySelector('main')
  if (!target) return
  target.tabIndex = -1
  target.focus({ preventScroll: true })
}

let ids = 0

// newID returns an id that no other element has.
export const newID = () => `id-${++ids}`
