// The page's sentences, in the chosen language: strings/en.json and strings/fr.json. A key is that
// of the page and of the sentence, "rooms.title". Sentences have parameters, "{room}", and those
// with a count have a form for each plural of the language, "rooms.count.one" and ".other".
import { recall, remember } from './keep.js'

export const languages = ['en', 'fr']

const locales = { en: 'en-CA', fr: 'fr-CA' }

let current = 'en'
let sentences = {}
let plurals = new Intl.PluralRules('en')

// language is the chosen one; locale is that of Intl.
export const language = () => current
export const locale = () => locales[current]

const wanted = () => navigator.languages.map(l => l.slice(0, 2)).find(l => languages.includes(l)) ?? 'en'

// firstLanguage is that of the last visit, or the browser's.
export const firstLanguage = () => {
  const kept = recall('language')
  return languages.includes(kept) ? kept : wanted()
}

// setLanguage loads a language. What is on the page already stays as it is.
export const setLanguage = async next => {
  const answer = await fetch(new URL(`../strings/${next}.json`, import.meta.url))
  useSentences(next, await answer.json())
  document.documentElement.lang = locale()
}

// chooseLanguage does that, and keeps the choice.
export const chooseLanguage = async next => {
  await setLanguage(next)
  remember('language', next)
}

// useSentences takes sentences that are there already.
export const useSentences = (next, all) => {
  current = next
  sentences = all
  plurals = new Intl.PluralRules(locale())
}

const sentence = (key, params) => {
  const form = typeof params?.count === 'number' ? sentences[`${key}.${plurals.select(params.count)}`] ?? sentences[`${key}.other`] : undefined
  return form ?? sentences[key] ?? key
}

const shown = value => typeof value === 'number' ? value.toLocaleString(locale()) : value

// has tells whether there is a sentence of that key, without plurals.
export const has = key => key in sentences

// t returns a sentence. Numbers among the parameters are written as the language does.
export const t = (key, params) =>
  sentence(key, params).replace(/\{(\w+)\}/g, (whole, name) => params && name in params ? shown(params[name]) : whole)

// nodes returns a sentence as a list of children, for h: its parameters may be nodes. Text that
// comes from users goes into sentences this way, as foreign(text).
export const nodes = (key, params) =>
  sentence(key, params).split(/(\{\w+\})/).filter(Boolean).map(part => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    return name && name in params ? shown(params[name]) : part
  })
