// The addresses of pages. A page's module is loaded when it is first seen.
const pages = {
  '': ['overview', () => import('./pages/overview.js')],
  rooms: ['rooms', () => import('./pages/rooms.js')],
  connections: ['connections', () => import('./pages/connections.js')],
  events: ['events', () => import('./pages/events.js')],
  nodes: ['nodes', () => import('./pages/nodes.js')],
  configuration: ['configuration', () => import('./pages/configuration.js')],
  webhooks: ['webhooks', () => import('./pages/webhooks.js')]
}
const room = () => import('./pages/room.js')

// links are the pages of the navigation, in its order: name and address.
export const links = Object.entries(pages).map(([address, [name]]) => ({ name, href: `#/${address}` }))

// roomHref is the address of a room's page.
export const roomHref = name => `#/rooms/${encodeURIComponent(name)}`

// hrefWith is the address of a page with parameters, as #/connections?user=ann.
export const hrefWith = (address, query) => `#/${address}?${new URLSearchParams(query)}`

// pageAt returns the name of a page's link, and the function that loads its module. An unknown
// address is the overview.
export const pageAt = address => pages[Object.hasOwn(pages, address) ? address : '']

const decoded = text => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

// route returns the page of a hash, its params, and the name of its link: params.room is the name
// of a room, params.query the parameters behind "?".
export const route = async hash => {
  const [address, query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [first, ...rest] = address.split('/')
  const params = { query: Object.fromEntries(new URLSearchParams(query)) }
  if (first === 'rooms' && rest.length > 0) {
    return { page: (await room()).page, params: { ...params, room: decoded(rest.join('/')) }, link: 'rooms' }
  }
  const [link, load] = pageAt(first)
  return { page: (await load()).page, params, link }
}
