import { h } from '../lib/dom.js'
import { t } from '../lib/strings.js'

export const page = {
  title: () => t('configuration.title'),
  mount: main => main.append(h('h1', null, t('configuration.title')))
}
