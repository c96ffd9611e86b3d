// Markdown as prosemirror-markdown reads it, with markdown-it's CommonMark and its tables.
import MarkdownIt from 'markdown-it'
import { defaultMarkdownParser, MarkdownParser } from 'prosemirror-markdown'
import { schema } from './schema.mjs'

const form = /^<!--civic-ref\s+type="([^"]*)"\s+id="([^"]*)"\s+label="([^"]*)"-->$/
const types = ['record', 'geography', 'attachment']

const plain = text => text.replaceAll('&quot;', '"').replaceAll('&#45;&#45;', '--')

const references = ({ tokens, Token }) => {
  for (const token of tokens.flatMap(block => block.children ?? [])) {
    if (token.type === 'html_inline' && form.test(token.content)) token.type = 'civic_ref'
  }
}

const referenceAttributes = ({ content }) => {
  const [, type, id, label] = form.exec(content).map(plain)
  return { refType: types.includes(type) ? type : 'record', id, label }
}

/** The content of a cell is a paragraph. */
const cellParagraphs = state => {
  const wrapped = []
  state.tokens.forEach((token, i) => {
    const inCell = token.type === 'inline' && ['th_open', 'td_open'].includes(state.tokens[i - 1]?.type)
    if (inCell) wrapped.push(new state.Token('paragraph_open', 'p', 1))
    wrapped.push(token)
    if (inCell) wrapped.push(new state.Token('paragraph_close', 'p', -1))
  })
  state.tokens = wrapped
}

const align = token => ({ align: /text-align:(\w+)/.exec(token.attrGet('style') ?? '')?.[1] ?? null })

const alternative = tokens => tokens.map(({ type, content, children }) => {
  if (type === 'softbreak' || type === 'hardbreak') return ' '
  if (type === 'image') return alternative(children)
  if (type === 'html_inline' && form.test(content)) return referenceAttributes({ content }).label
  return type === 'html_inline' ? '' : content
}).join('')

const handlers = {
  ...defaultMarkdownParser.tokens,
  civic_ref: { node: 'civicRef', getAttrs: referenceAttributes },
  table: { block: 'table' },
  thead: { ignore: true },
  tbody: { ignore: true },
  tr: { block: 'table_row' },
  th: { block: 'table_header', getAttrs: align },
  td: { block: 'table_cell', getAttrs: align },
  html_inline: { ignore: true, noCloseToken: true },
  html_block: { ignore: true, noCloseToken: true }
}

/**
 * Ways in which we read otherwise, by name: each changes markdown-it to read the same. docs/markdown.md has the
 * reasons.
 */
const remedies = {
  'deeper than 20': md => md.set({ maxNesting: 10000 }),
  'reference first in a paragraph': md => {
    const { fn: rule } = md.block.ruler.__rules__.find(({ name }) => name === 'html_block')
    const start = /^<!--civic-ref[ \t]+type="[^"]*"[ \t]+id="[^"]*"[ \t]+label="[^"]*"-->/
    md.block.ruler.at('html_block', (state, line, end, silent) =>
      !start.test(state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line])) && rule(state, line, end, silent),
    { alt: ['paragraph', 'reference', 'blockquote'] })
  },
  'whole alternative text': (md, handlers) => {
    const { getAttrs } = handlers.image
    handlers.image = { node: 'image', getAttrs: token => ({ ...getAttrs(token), alt: alternative(token.children) || null }) }
  },
  'break in a cell': md => md.core.ruler.push('cell_breaks', ({ tokens }) => tokens.forEach((token, i) => {
    if (token.type !== 'inline' || !['th_open', 'td_open'].includes(tokens[i - 2]?.type)) return
    for (const child of token.children) if (child.content === '<br>' && child.type === 'html_inline') child.type = 'hardbreak'
  }))
}

const parser = names => {
  const md = MarkdownIt('commonmark', { html: true }).enable('table')
  md.core.ruler.push('references', references)
  md.core.ruler.push('cell_paragraphs', cellParagraphs)
  const changed = { ...handlers }
  names.forEach(name => remedies[name](md, changed))
  return new MarkdownParser(schema, md, changed)
}

const parsers = new Map()

/** @param {string[]} names of remedies */
export const read = (markdown, names = []) => {
  const key = names.join()
  if (!parsers.has(key)) parsers.set(key, parser(names))
  return parsers.get(key).parse(markdown)
}
