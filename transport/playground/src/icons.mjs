// The icons of the toolbar, as lines on a field of 20 by 20.
const paths = {
  bold: 'M6 4h4.5a3 3 0 0 1 0 6H6zM6 10h5.5a3 3 0 0 1 0 6H6z',
  italic: 'M9 4h6M5 16h6M12 4 8 16',
  code: 'm7 6-4 4 4 4M13 6l4 4-4 4',
  heading: 'M5 4v12M14 4v12M5 10h9',
  bullets: 'M8 5h9M8 10h9M8 15h9M3.5 5h.01M3.5 10h.01M3.5 15h.01',
  numbers: 'M9 5h8M9 10h8M9 15h8M3 4l1.5-.8V7M3 12.6c.3-1 2.4-1 2.4.2 0 1-2.4 1.6-2.4 3.2h2.5',
  undo: 'M7 4 3.5 7.5 7 11M4 7.5h7.5a4.3 4.3 0 0 1 0 8.6H8',
  redo: 'm13 4 3.5 3.5L13 11M16 7.5H8.5a4.3 4.3 0 0 0 0 8.6H12'
}

const space = 'http://www.w3.org/2000/svg'

const make = (name, attributes, ...children) => {
  const element = document.createElementNS(space, name)
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value)
  element.append(...children)
  return element
}

export const icon = name => make('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true', class: 'icon' }, make('path', { d: paths[name] }))
