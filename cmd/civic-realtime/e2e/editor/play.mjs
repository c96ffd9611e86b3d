// Commands for the playground, as a person uses it: by what a screen reader says of it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const patience = 60_000

// sides are how the names of the editors end, in English or French.
const sides = { left: '(left|gauche)', right: '(right|droite)' }

// What a page says because its server is away.
const away = /^(WebSocket connection to |Failed to load resource: net::)/

// watchPolicy reports what the policy of the page has kept from happening. It runs in the page.
const watchPolicy = () => document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile, lineNumber, sample }) =>
  console.error(`policy: ${violatedDirective} ${sourceFile}:${lineNumber} ${sample}`))

// textOf returns what an editor shows, without the carets of others. It runs in the page.
const textOf = side => {
  const area = document.querySelector(`#${side} textarea`)
  if (area) return area.value
  const copy = document.querySelector(`#${side} .ProseMirror`).cloneNode(true)
  for (const drawn of copy.querySelectorAll('.caret, .ProseMirror-trailingBreak, .ProseMirror-separator')) drawn.remove()
  return [...copy.children].map(block => block.textContent).join('\n')
}

// opened opens each row of the list, and returns what each shows, the oldest first; all are closed
// again. It runs in the page.
const opened = async () => {
  const rows = [...document.querySelectorAll('.rows > li')].reverse()
  const closed = rows.map(row => row.querySelector('details')).filter(details => details && !details.open)
  const toggled = closed.map(details => new Promise(resolve => details.addEventListener('toggle', resolve, { once: true })))
  for (const details of closed) details.open = true
  await Promise.all(toggled)
  const shown = rows.map(row => {
    const side = row.querySelector('.from').textContent.match(/Left|Right/)[0]
    const words = row.querySelector('.words').textContent
    if (!row.querySelector('details')) return { side, event: words.includes('opened') ? 'opened' : 'closed', words }
    return {
      side, sent: row.querySelector('.arrow').textContent === '↑', words,
      size: parseInt(row.querySelector('.size').textContent.replace(/\D/g, '')), bytes: row.querySelector('.bytes').textContent
    }
  })
  for (const details of document.querySelectorAll('.rows details')) details.open = false
  return shown
}

// bytesOf reads a frame as it is shown: a text, or lines of an offset, bytes in hex, and characters.
const bytesOf = ({ side, bytes = '' }) => side === 'Right' ? Buffer.from(bytes)
  : Buffer.from(bytes.split('\n').map(line => line.slice(8, 8 + 47)).join('').replace(/ /g, ''), 'hex')

const inHex = (size, bytes) => `${size} ${bytes.toString('hex')}`

// shownConnections returns the frames of each connection as the rows show them, by the pane.
const shownConnections = rows => {
  const panes = { Left: [], Right: [] }
  for (const { side, event, sent, size, bytes } of rows) {
    if (event === 'opened') panes[side].push({ sent: [], received: [] })
    else if (!event) panes[side].at(-1)[sent ? 'sent' : 'received'].push(inHex(size, bytes))
  }
  return panes
}

// wireConnections does so for what the browser has sent and received. The left pane has bytes, the
// right one texts. An attempt that failed has no frames.
const wireConnections = sockets => {
  const panes = { Left: [], Right: [] }
  for (const { frames, closed } of sockets.filter(({ frames }) => frames.length > 0)) {
    const of = sent => frames.filter(frame => frame.sent === sent).map(({ payload }) => Buffer.from(payload)).map(bytes => inHex(bytes.length, bytes))
    panes[typeof frames[0].payload === 'string' ? 'Right' : 'Left'].push({ sent: of(true), received: of(false), closed })
  }
  return panes
}

// differences lists where these differ. While the rows were read more may have travelled: there must
// be those that were there before, and none that has not travelled. A page is not given what comes
// after it has closed its end.
const differences = (shown, before, wire) => Object.keys(wire).flatMap(side => {
  const least = before[side].length
  if (shown[side].length < least || shown[side].length > wire[side].length) return [`${side}: ${shown[side].length} connections shown, there were ${wire[side].length}`]
  return shown[side].flatMap((connection, i) => ['sent', 'received'].flatMap(direction => {
    const [rows, frames] = [connection[direction], wire[side][i][direction]]
    const late = direction === 'received' && wire[side][i].closed
    const least = late ? 0 : before[side][i]?.[direction].length ?? 0
    const at = rows.findIndex((row, i) => row !== frames[i])
    if (at === -1 && rows.length >= least) return []
    return [`${side} connection ${i} ${direction}: ${rows.length} of ${frames.length} shown, at ${at} ${rows[at]} for ${frames[at]}`]
  }))
})

export const playground = (browser, pages) => {
  const watched = new Map()
  const pane = (id, side) => pages.get(id).locator(`#${side}`)
  const editor = (id, side) => pages.get(id).getByRole('textbox', { name: new RegExp(`, (à )?${sides[side]}$`) })

  // until looks again until ok; its error has what it saw.
  const until = async (id, look, ok) => {
    let last
    for (const end = Date.now() + patience; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 20))) {
      last = await look()
      if (ok(last)) return last
    }
    throw new Error(`the page has ${JSON.stringify(last)}, problems ${JSON.stringify(watched.get(id).problems)}`)
  }

  const texts = id => Promise.all(['left', 'right'].map(side => pages.get(id).evaluate(textOf, side)))

  const record = (page, seen) => {
    page.on('websocket', socket => {
      const connection = { frames: [], closed: false }
      seen.sockets.push(connection)
      socket.on('framesent', ({ payload }) => connection.frames.push({ sent: true, payload }))
      socket.on('framereceived', ({ payload }) => connection.frames.push({ sent: false, payload }))
      socket.on('close', () => { connection.closed = true })
    })
    page.on('console', message => {
      const problem = ['error', 'warning'].includes(message.type()) && !away.test(message.text())
      if (problem) seen.problems.push(message.text())
    })
    page.on('pageerror', error => seen.problems.push(error.stack ?? String(error)))
  }

  return {
    // play opens the playground, on a screen of some width.
    async play ({ page: id, url, width = 1280, scheme = 'light', locale = 'en-CA' }) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width, height: 900 }, colorScheme: scheme, locale })
      context.setDefaultTimeout(patience)
      const page = await context.newPage()
      const seen = { sockets: [], problems: [] }
      pages.set(id, page)
      watched.set(id, seen)
      await page.addInitScript(watchPolicy)
      record(page, seen)
      await page.goto(url)
    },
    synced: ({ page, side }) => pages.get(page).locator(`#${side}[data-state=synced]`).waitFor(),
    // putinto types at the end of the text of a pane; first clicks into it, and puts the caret there.
    async putinto ({ page, side, text, first }) {
      await editor(page, side).focus()
      if (first) await pages.get(page).keyboard.press('Control+End')
      await pages.get(page).keyboard.type(text)
    },
    // click is the one click of a newcomer, into a pane.
    click: ({ page, side }) => editor(page, side).click(),
    both: ({ page, text }) => until(page, () => texts(page), ([left, right]) => left === text && right === text),
    one: ({ page, side, text }) => until(page, () => pages.get(page).evaluate(textOf, side), now => now === text),
    equal: ({ page, parts }) => until(page, () => texts(page), ([left, right]) => left === right && parts.every(part => left.includes(part))),
    state: ({ page, side, text }) => until(page, () => pane(page, side).locator('.line').innerText(), now => now.replace(/\s+/g, ' ').includes(text)),
    sockets: ({ page, count }) => until(page, () => watched.get(page).sockets.filter(({ closed }) => !closed).length, open => open === count),
    button: ({ page, side, name }) => pane(page, side).getByRole('button', { name: new RegExp(`^${name}`) }).click(),
    mode: ({ page, name }) => pages.get(page).getByRole('radio', { name }).check({ force: true }),
    // format selects the last word and presses a button of the toolbar.
    async format ({ page, side, name }) {
      await editor(page, side).focus()
      await pages.get(page).keyboard.press('Control+Shift+ArrowLeft')
      await pane(page, side).getByRole('button', { name, exact: true }).click()
    },
    has: ({ page, side, selector }) => pane(page, side).locator(selector).first().waitFor({ state: 'attached' }),
    // carets waits until a pane shows the caret of the other pane.
    async carets ({ page, side, of }) {
      const name = (await pane(page, of).locator('h2').innerText()).trim()
      await pane(page, side).locator('.caret-name', { hasText: name }).first().waitFor({ state: 'attached' })
    },
    people: ({ page, side, count }) => until(page, () => pane(page, side).locator('.people li:not(.nobody)').count(), now => now === count),
    // paste pastes HTML, as from another page.
    paste: ({ page, side, html }) => editor(page, side).evaluate((element, html) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/html', html)
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    }, html),
    // compared waits until the rows are the frames on the wire, byte for byte, in the order of each
    // direction, and returns how many there are, with the words of all.
    async compared ({ page }) {
      let rows
      await until(page, async () => {
        const before = wireConnections(watched.get(page).sockets)
        rows = (await pages.get(page).evaluate(opened)).map(row => ({ ...row, bytes: bytesOf(row) }))
        return differences(shownConnections(rows), before, wireConnections(watched.get(page).sockets))
      }, found => found.length === 0)
      return { count: rows.filter(({ event }) => !event).length, words: rows.map(({ words }) => words) }
    },
    // unfold opens the newest frames of the document, by a click on each.
    async unfold ({ page }) {
      for (const side of ['left', 'right']) await pages.get(page).locator(`.rows [data-pane=${side}][data-kind=document] summary`).first().click()
    },
    count: ({ page }) => pages.get(page).locator('.rows > li:visible').count(),
    choose: ({ page, label, value }) => pages.get(page).getByRole('combobox', { name: label, exact: true }).selectOption(value),
    press1: ({ page, name }) => pages.get(page).getByRole('button', { name, exact: true }).click(),
    sees: ({ page, text }) => pages.get(page).getByText(text).first().waitFor(),
    // axe returns what axe-core finds, in words.
    async axe ({ page }) {
      await pages.get(page).evaluate(axe)
      const { violations } = await pages.get(page).evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
      return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join(' | ')}`)
    },
    // overflow returns by how much the page is wider than its window.
    overflow: ({ page }) => pages.get(page).evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    screenshot: ({ page, file }) => pages.get(page).screenshot({ path: file, fullPage: true }).then(() => null),
    // tabs presses Tab until something of a name has the focus, and returns the names on the way.
    async tabs ({ page, until: wanted }) {
      const names = []
      for (let i = 0; i < 60; i++) {
        await pages.get(page).keyboard.press('Tab')
        const name = await pages.get(page).evaluate(() => {
          const { activeElement: at } = document
          return at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent
        })
        names.push(name)
        if (name.startsWith(wanted)) break
      }
      return names
    },
    reported: ({ page }) => watched.get(page).problems
  }
}
