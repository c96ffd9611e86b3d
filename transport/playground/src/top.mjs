// The top of the page: what this is, the document, and how it is edited.
import { h } from './dom.mjs'
import { choose, language, t } from './strings.mjs'

const radio = (value, checked, chosen) => h('label', {},
  h('input', { type: 'radio', name: 'mode', value, checked, onchange: () => chosen(value === 'rich') }), h('span', {}, t(`mode.${value}`)))

const languages = () => h('label', { class: 'language' }, h('span', { class: 'unseen' }, t('language')),
  h('select', { onchange: ({ target }) => choose(target.value) },
    ...['en', 'fr'].map(tag => h('option', { value: tag, lang: tag, selected: tag === language }, { en: 'English', fr: 'Français' }[tag]))))

// top makes it; chosen is called with whether rich text is edited.
export const top = (name, home, chosen) => {
  const field = h('input', { id: 'document', name: 'document', value: name, maxlength: '80', autocomplete: 'off', spellcheck: 'false', required: true })
  const open = event => {
    event.preventDefault()
    location.hash = encodeURIComponent(field.value.trim() || name)
  }
  return h('header', { class: 'top' },
    h('div', { class: 'brand' }, h('h1', {}, t('title')), ...home ? [h('a', { href: home }, t('console'))] : [], languages()),
    h('p', { class: 'lead' }, t('lead')),
    h('div', { class: 'controls' },
      h('form', { onsubmit: open }, h('label', { for: 'document' }, t('document')), field, h('button', { type: 'submit' }, t('document.open'))),
      h('fieldset', { class: 'mode' }, h('legend', { class: 'unseen' }, t('mode')), radio('rich', true, chosen), radio('plain', false, chosen)),
      h('a', { class: 'second', href: location.href, target: '_blank', rel: 'noopener' }, t('second'))))
}
