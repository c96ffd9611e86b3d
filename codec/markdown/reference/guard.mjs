// The content guard of CivicPress: the rule by which people may edit a text together.
import MarkdownIt from 'markdown-it'
import { read } from './reading.mjs'
import { write } from './writing.mjs'

const tokenizer = MarkdownIt('commonmark', { html: true }).enable('table')
const reference = /^<!--civic-ref\s+type="[^"]+"\s+id="[^"]+"\s+label="[^"]*"-->$/
const footnote = /\[\^[^\]]+\]/

const isLost = ({ type, content }) =>
  type === 'html_inline' ? !reference.test(content.trim()) : type === 'text' && footnote.test(content)

const losesSomething = markdown => tokenizer.parse(markdown, {}).some(({ type, children }) =>
  type === 'html_block' || type === 'inline' && children.some(isLost))

/**
 * Admits a text if reading loses nothing of it, and if the text that is then written is written again after reading.
 */
export const admits = markdown => {
  if (markdown.trim() === '') return true
  if (losesSomething(markdown)) return false
  const once = write(read(markdown))
  return once === write(read(once))
}
