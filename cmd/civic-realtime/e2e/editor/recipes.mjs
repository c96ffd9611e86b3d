// Commands for pages whose scripts are those of docs/editors.md: any editor, as a person uses it.

// Where an editor has its text, and the carets of others: the name is in the caret's element, or is
// drawn behind it.
const tipTap = { text: '.ProseMirror', caret: '.collaboration-carets__caret' }
const codeMirror = { text: '.cm-content', caret: '.cm-ySelectionCaret' }
const blockNote = { text: '.ProseMirror', caret: '.bn-collaboration-cursor__base' }
const editors = {
  tiptap: tipTap,
  react: tipTap,
  hocuspocus: tipTap,
  blocknote: blockNote,
  'blocknote-hocuspocus': blockNote,
  versions: blockNote,
  codemirror: codeMirror,
  'codemirror-hocuspocus': codeMirror,
  tokens: codeMirror,
  offline: codeMirror,
  provider: codeMirror,
  vue: codeMirror,
  quill: { text: '.ql-editor', caret: '.ql-cursor-name' },
  lexical: { text: '[contenteditable]', caret: '#editor > span' },
  milkdown: { text: '.ProseMirror', caret: '.ProseMirror-yjs-cursor' },
  monaco: { text: '.view-lines', caret: '.yRemoteSelectionHead' }
}

// What a page says because its server is away.
const away = /^(WebSocket connection to |Failed to load resource: net::)/

const watched = new WeakMap()

// watch counts the connections over which a page was sent something, and collects the errors that
// its scripts log and throw.
export const watch = page => {
  const seen = { connects: 0, problems: [] }
  watched.set(page, seen)
  page.on('websocket', socket => socket.once('framereceived', () => { seen.connects++ }))
  page.on('console', message => {
    if (message.type() === 'error' && !away.test(message.text())) seen.problems.push(message.text())
  })
  page.on('pageerror', error => seen.problems.push(error.stack ?? String(error)))
}

// shown returns the text that an editor shows, without the names beside carets, and these names. It
// runs in the page.
const shown = ({ text, caret }) => {
  const main = document.querySelector(text)
  if (!main) return { text: '', carets: [] }
  const copy = main.cloneNode(true)
  for (const drawn of copy.querySelectorAll(caret)) drawn.remove()
  const plain = copy.textContent.replace(/[\u2060\u200b\ufeff]/g, '').replace(/\s+/g, ' ').trim()
  const name = drawn => drawn.textContent + getComputedStyle(drawn, '::after').content.replace(/^none|normal$/, '')
  return { text: plain, carets: [...document.querySelectorAll(caret)].map(drawn => name(drawn).replace(/["\u2060\u200b\ufeff]/g, '')) }
}

export const recipes = pages => {
  const look = ({ page, editor }) => pages.get(page).evaluate(shown, editors[editor])

  // until checks the page again until ok; the error has what it shows.
  const until = async (page, look, ok) => {
    let last
    for (const end = Date.now() + 60_000; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 20))) {
      last = await look()
      if (ok(last)) return
    }
    throw new Error(`the page has ${JSON.stringify(last)}, problems ${JSON.stringify(watched.get(pages.get(page)).problems)}`)
  }

  return {
    // into puts the caret at the end of the text, as a click and a key do.
    async into ({ page, editor }) {
      await pages.get(page).locator(editors[editor].text).first().click()
      await pages.get(page).keyboard.press('Control+End')
    },
    // says waits until the text is this, caret until somebody's caret with this name is shown.
    says: ({ page, editor, text }) => until(page, () => look({ page, editor }), now => now.text === text),
    caret: ({ page, editor, name }) => until(page, () => look({ page, editor }), ({ carets }) => carets.includes(name)),
    connects: ({ page, count }) => until(page, () => watched.get(pages.get(page)).connects, connects => connects >= count),
    // undo undoes until the text has lost a part.
    async undo ({ page, editor, lost }) {
      await until(page, async () => {
        const now = await look({ page, editor })
        if (now.text.includes(lost)) await pages.get(page).keyboard.press('Control+z')
        return look({ page, editor })
      }, ({ text }) => !text.includes(lost))
    },
    connected: ({ page }) => watched.get(pages.get(page)).connects,
    reload: ({ page }) => pages.get(page).reload(),
    // reads waits until a text is somewhere on the page.
    reads: ({ page, text }) => pages.get(page).getByText(text).first().waitFor(),
    // counts waits until a page has that many buttons of a name, or more.
    counts: ({ page, button, count }) => pages.get(page).getByRole('button', { name: button }).nth(count - 1).waitFor(),
    clicks: ({ page, button }) => pages.get(page).getByRole('button', { name: button }).first().click(),
    // closes closes the page as a person does, unless it asks whether to; it returns whether it does.
    closes: ({ page }) => new Promise(resolve => {
      const tab = pages.get(page)
      tab.once('dialog', dialog => dialog.dismiss().then(() => resolve(false)))
      tab.once('close', () => resolve(true))
      tab.close({ runBeforeUnload: true })
    }),
    problems: ({ page }) => watched.get(pages.get(page)).problems,
    // kept waits until the page's database has everything that the page has given it.
    kept: ({ page, database }) => pages.get(page).evaluate(database => new Promise(resolve => {
      const opening = indexedDB.open(database)
      opening.onsuccess = () => {
        const after = opening.result.transaction('updates', 'readwrite')
        after.objectStore('updates').count()
        after.oncomplete = () => resolve()
      }
    }), database)
  }
}
