// The code blocks of docs/editors.md.
import { readFile } from 'node:fs/promises'

const doc = new URL('../../../../docs/editors.md', import.meta.url)

const api = "'http://127.0.0.1:3001'"
const where = /'ws:\/\/127\.0\.0\.1:3001(\/[a-z/]+)'/g

// sections returns the blocks of each section with any: by its heading in lower case, a list of
// {language, code}.
export const sections = async () => {
  const found = {}
  for (const section of (await readFile(doc, 'utf8')).split(/^##+ /m).slice(1)) {
    const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }))
    if (blocks.length > 0) found[section.split('\n')[0].toLowerCase()] = blocks
  }
  return found
}

// at returns a script that connects to the server that the page names, in the place of the one in
// the document.
export const at = code => {
  const there = code.replaceAll(where, "window.recipe.url + '$1'")
  if (there === code) throw new Error(`no server in\n${code}`)
  return there.replaceAll(api, 'window.recipe.api')
}
