// The page of rooms: those that are loaded, those that are stored, and those that are locked.
import { h } from '../lib/dom.js'
import { t } from '../lib/strings.js'
import { tabs } from './room/tabs.js'
import { openLoaded } from './rooms/loaded.js'
import { openLocks } from './rooms/locks.js'
import { openStored } from './rooms/stored.js'

let last = 'loaded' // the tab that was chosen

export const page = {
  title: () => t('rooms.title'),
  mount (main, params, signal) {
    main.append(h('h1', null, t('rooms.title')))
    const { element } = tabs({
      label: t('rooms.title'), chosen: params.query?.tab ?? last, signal,
      tabs: [
        { id: 'loaded', label: t('rooms.loaded'), open: openLoaded },
        { id: 'stored', label: t('rooms.stored'), open: openStored },
        { id: 'locks', label: t('rooms.locks'), open: openLocks }
      ],
      onChoose: id => { last = id }
    })
    main.append(element)
  }
}
