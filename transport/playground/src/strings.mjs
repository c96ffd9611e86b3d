// The texts of the page, in the language of the person.
import en from '../strings/en.json'
import fr from '../strings/fr.json'
import { kept } from './dom.mjs'

const languages = { en, fr }

// As in the console.
const key = 'language'

const preferred = () => navigator.languages.map(tag => tag.slice(0, 2)).find(tag => languages[tag]) ?? 'en'

export const language = languages[kept.get(key)] ? kept.get(key) : preferred()

const texts = { ...en, ...languages[language] }
const plural = new Intl.PluralRules(language)
const numbers = new Intl.NumberFormat(language)

export const number = value => numbers.format(value)

// t returns the text of a key. Its {parameters} are replaced; a text with forms is chosen by count.
export const t = (key, params = {}) => {
  const text = texts[key] ?? texts[`${key}.${plural.select(params.count)}`] ?? texts[`${key}.other`] ?? key
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = params[name] ?? whole
    return typeof value === 'number' ? number(value) : value
  }).trim()
}

export const choose = chosen => {
  kept.set(key, chosen)
  location.reload()
}
