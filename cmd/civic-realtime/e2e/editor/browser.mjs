// One browser whose pages are editors, controlled by the tests; ../lib/driven.mjs describes how.
// Usage: node browser.mjs DIR CHROMIUM
//
// Pages share nothing but the browser. Every command but open names its page.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { serve } from '../lib/driven.mjs'
import { playground } from './play.mjs'
import { recipes, watch } from './recipes.mjs'

const [dir, executablePath] = process.argv.slice(2)
const types = { html: 'text/html', js: 'text/javascript' }
const scripts = ['/page.js', '/versions.js']

// Each script has a page of its name.
const site = createServer(async ({ url }, response) => {
  const type = url.split('.').at(-1)
  const script = url.replace('.html', '.js')
  if (!scripts.includes(script)) return response.writeHead(404).end()
  const file = await readFile(join(dir, type === 'js' ? script : 'page.html'), 'utf8')
  response.writeHead(200, { 'content-type': types[type] }).end(type === 'js' ? file : file.replace('page.js', script.slice(1)))
})
await new Promise(resolve => site.listen(0, '127.0.0.1', resolve))

// Chromium refuses to run as root in its sandbox.
const browser = await chromium.launch({
  executablePath,
  chromiumSandbox: process.getuid() !== 0,
  args: ['--disable-gpu', '--disable-dev-shm-usage'],
  timeout: 60_000
})

const pages = new Map()

const newPage = async id => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true }) // it does not know the tests' authority
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  page.on('console', message => process.stderr.write(`page ${id}: ${message.text()}\n`))
  pages.set(id, page)
  watch(page)
  return page
}

const open = async ({ page: id, ...options }) => {
  const page = await newPage(id)
  await page.goto(`http://127.0.0.1:${site.address().port}/${options.version ? 'versions' : 'page'}.html`)
  await page.evaluate(options => window.start(options), options)
}

const methods = ['after', 'lastly', 'select', 'mark', 'insert', 'document', 'status', 'wait', 'disconnect', 'reconnect']

const call = name => ({ page, ...args }) => pages.get(page).evaluate(([name, args]) => window.editor[name](args), [name, args])

serve({
  ...Object.fromEntries(methods.map(name => [name, call(name)])),
  ...recipes(pages),
  ...playground(browser, pages),
  open,
  // visit opens a page of the server.
  async visit ({ page: id, url }) { await (await newPage(id)).goto(url) },
  type: ({ page, text }) => pages.get(page).keyboard.type(text),
  async press ({ page, keys }) { for (const key of keys) await pages.get(page).keyboard.press(key) },
  // crash crashes the page's process; nothing is sent to the server.
  async crash ({ page }) {
    const crashed = new Promise(resolve => pages.get(page).once('crash', resolve))
    pages.get(page).goto('chrome://crash').catch(() => {})
    await crashed
  },
  close: ({ page }) => pages.get(page).context().close()
}, () => browser.close())
