// Whether what is shown is that of now.
import { h, replace } from './dom.js'
import * as format from './format.js'
import { partial } from './states.js'
import { t } from './strings.js'

const kinds = { live: 'good', lost: 'bad', connecting: '', paused: '' }

// streamState returns { badge, notice, become(state), sample(sample), partial(answer) }. The notice
// is there while the stream is lost, or has not all nodes. events tells that it is one of events.
export const streamState = events => {
  const badge = h('span', { class: 'badge' })
  const notice = h('div', { role: 'status' })
  let last = null
  const lost = () => {
    if (events) return t('stream.lostEvents')
    return last ? t('stream.stale', { time: format.time(last) }) : t('stream.none')
  }
  const become = state => {
    badge.className = `badge ${kinds[state]}`
    badge.textContent = t(`stream.${state}`)
    replace(notice, state === 'lost' && h('p', { class: 'remark bad' }, lost()))
  }
  return { badge, notice, become, sample: ({ at }) => { last = at }, partial: answer => replace(notice, partial(answer)) }
}
