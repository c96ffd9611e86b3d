// One browser whose pages are those of a server, controlled by the tests; ../lib/driven.mjs
// describes how. Usage: node driver.mjs CHROMIUM
//
// Every command but open names its page. Pages of one context share cookies and storage; other
// contexts share nothing with it.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { serve } from '../lib/driven.mjs'
import { audit } from './axe.mjs'
import { launch, Watched } from './browser.mjs'
import { focused, layout, locate } from './places.mjs'
import { processOf, residentOf } from './processes.mjs'

const browser = await launch(process.argv[2])
const patience = 60_000
const pause = () => new Promise(resolve => setTimeout(resolve, 50))
const contexts = new Map()
const pages = new Map()

const contextOf = async (name, options) => {
  if (!contexts.has(name)) {
    const context = await browser.newContext({ locale: 'en-CA', timezoneId: 'UTC', ...options })
    context.setDefaultTimeout(patience)
    contexts.set(name, context)
  }
  return contexts.get(name)
}

const open = async ({ page: id, context = id, url, width = 1280, height = 900, scheme = 'light', ...options }) => {
  const of = await contextOf(context, { viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce', ...options })
  const page = await of.newPage()
  const watched = new Watched(page, text => process.stderr.write(`page ${id}: ${text}\n`))
  pages.set(id, await watched.watch())
  if (url) await page.goto(url)
}

const at = ({ page, ...place }) => locate(pages.get(page).page, place)

const pageOf = ({ page }) => pages.get(page).page

serve({
  open,
  goto: async ({ url, ...on }) => { await pageOf(on).goto(url) },
  reload: async on => { await pageOf(on).reload() },
  back: async on => { await pageOf(on).goBack() },
  click: place => at(place).click(),
  focus: place => at(place).focus(),
  choose: ({ option, ...place }) => at(place).selectOption(option),
  fill: ({ value, ...place }) => at(place).fill(value),
  press: async ({ keys, ...on }) => { for (const key of keys) await pageOf(on).keyboard.press(key) },
  type: ({ value, ...on }) => pageOf(on).keyboard.type(value),
  // see waits until a place is visible, gone until it is not, and count until there are so many.
  see: place => at(place).first().waitFor({ state: 'visible' }),
  gone: place => at(place).first().waitFor({ state: 'hidden' }),
  textOf: place => at(place).first().innerText(),
  textsOf: place => at(place).allInnerTexts(),
  valueOf: place => at(place).inputValue(),
  attribute: ({ attribute, ...place }) => at(place).first().getAttribute(attribute),
  countOf: place => at(place).count(),
  isEnabled: place => at(place).isEnabled(),
  evaluate: ({ expression, ...on }) => pageOf(on).evaluate(expression),
  // until waits until a script returns something true. It is no waitForFunction, whose script a page's
  // content security policy would refuse.
  async until ({ expression, ...on }) {
    for (const late = Date.now() + patience; !await pageOf(on).evaluate(expression); await pause()) {
      if (Date.now() > late) throw new Error(`never: ${expression}`)
    }
  },
  // settle waits until no request is on its way but streams, and what came is drawn.
  settle: async on => {
    await pages.get(on.page).settled()
    await pageOf(on).evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  },
  frames: on => pageOf(on).frames().map(frame => frame.url()),
  html: on => pageOf(on).content(),
  focused: on => pageOf(on).evaluate(focused),
  layout: on => pageOf(on).evaluate(layout),
  resize: async ({ width, height, scheme, ...on }) => {
    if (width) await pageOf(on).setViewportSize({ width, height })
    if (scheme) await pageOf(on).emulateMedia({ colorScheme: scheme })
  },
  cookies: on => pageOf(on).context().cookies(),
  clearCookies: on => pageOf(on).context().clearCookies(),
  address: async on => ({ url: pageOf(on).url(), title: await pageOf(on).title() }),
  audit: ({ page }) => audit(pages.get(page).cdp),
  memory: ({ page }) => pages.get(page).memory(),
  // resident returns the resident memory of a page's process, in bytes.
  resident: async on => residentOf(await processOf(browser, pageOf(on))),
  async shot ({ path, ...on }) {
    await mkdir(dirname(path), { recursive: true })
    await pageOf(on).screenshot({ path, fullPage: true, animations: 'disabled' })
  },
  // faults, requests and bytes return what there was since they were last called.
  faults: ({ page }) => pages.get(page).faults.splice(0),
  requests: ({ page }) => pages.get(page).requests.splice(0),
  bytes ({ page }) {
    const { bytes } = pages.get(page)
    pages.get(page).bytes = 0
    return bytes
  },
  // messages counts those of streams by name, since the page was opened.
  messages: ({ page }) => pages.get(page).messages,
  // keepBodies makes a page keep the bodies of all answers but streams, for bodies.
  keepBodies: ({ page }) => pages.get(page).keepBodies(),
  bodies: ({ page }) => Promise.all(pages.get(page).bodies),
  async close ({ page }) {
    await pageOf({ page }).close()
    pages.delete(page)
  },
  closeContext: async ({ context }) => {
    await contexts.get(context)?.close()
    contexts.delete(context)
  }
}, () => browser.close())
