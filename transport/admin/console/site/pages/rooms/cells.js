// The cells that lists of rooms have in common.
import { foreign, h } from '../../lib/dom.js'
import { t } from '../../lib/strings.js'
import { roomHref } from '../../routes.js'

// roomLink is the name of a room, which leads to its page.
export const roomLink = name => h('a', { href: roomHref(name), class: 'room-link' }, foreign(name))

// badge is a word about a state. Its kind chooses the colour, and says nothing that the word does
// not say.
export const badge = (text, kind = '') => h('span', { class: `badge ${kind}` }, text)

const stateKinds = { live: 'good', loading: 'accent', gone: 'bad' }

export const stateBadge = state => badge(t(`room.state.${state}`), stateKinds[state])

// badges puts badges side by side; null without any.
export const badges = (...all) => all.flat().some(Boolean) ? h('span', { class: 'badges' }, all) : null

// remarks are what is unusual about a room.
export const remarks = room => [
  room.locked && badge(t('room.locked'), 'warning'),
  ...(room.failing ?? []).map(work => badge(t(`room.failing.${work}`), 'bad')),
  room.failing?.length > 0 && room.unstored_updates > 0 && badge(t('room.unstored', { count: room.unstored_updates }), 'bad')
].filter(Boolean)

const longest = 262 // characters of a room's name

// searchBox is the field of a search for names.
export const searchBox = (label, value) => h('input', {
  type: 'search', class: 'search', 'aria-label': label, placeholder: label, value,
  autocomplete: 'off', spellcheck: 'false', maxlength: longest
})
