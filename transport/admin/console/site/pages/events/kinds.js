// The kinds of events, in groups by which they are chosen.
export const groups = {
  people: ['joined', 'left', 'closed', 'disconnected', 'session_ended', 'access_changed'],
  refusals: ['refused', 'denied', 'limited', 'suspicious'],
  failures: ['failed'],
  orders: ['locked', 'unlocked', 'kicked', 'noticed', 'evicted', 'saved', 'restored', 'version_created', 'deleted', 'undeleted', 'banned', 'unbanned', 'draining']
}

// groupsOf returns the groups that a text names, with commas between.
export const groupsOf = text => text.split(',').filter(name => Object.hasOwn(groups, name))

// kindsOf returns the kinds of groups; of no group none, which stands for all.
export const kindsOf = chosen => chosen.flatMap(name => groups[name])

const colours = { people: '', refusals: 'warning', failures: 'bad', orders: 'accent' }

// colourOf is the class of a kind's badge.
export const colourOf = kind => colours[Object.keys(groups).find(name => groups[name].includes(kind))] ?? ''

// isRefusal tells whether somebody was refused something.
export const isRefusal = kind => groups.refusals.includes(kind)
