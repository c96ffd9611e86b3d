// The pictures in README.md, of the running program: people edit records through real clients, and
// the playground and the console are shown as they are then, at 2×, light and dark.
//
//   make pictures        what `node pictures.mjs BINARY FOLDER` makes after a minute of typing
//
// MINUTES=20 lets people type for so long, so that the charts of an hour have more to show.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Random } from '../lib/random.mjs'
import { Session } from '../lib/session.mjs'
import { launch } from './browser.mjs'
import { additions, bylaw, records } from './record.mjs'
import { paragraph } from './writing.mjs'

process.setMaxListeners(100) // each provider adds one

const [binary, folder] = process.argv.slice(2, 4).map(path => resolve(path))
const wanted = process.argv.slice(4) // of playground and town; all if there are none
const typing = 60_000 * Number(process.env.MINUTES ?? 1)
const largest = 150_000 // bytes of a picture
const operator = 'Odile'

const scratch = mkdtempSync(join(tmpdir(), 'civic-realtime-pictures-'))
const secret = join(scratch, 'secret')
writeFileSync(secret, 'the secret of a town that is only in pictures', { mode: 0o600 })
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

// findChromium returns the path of the browser: CHROMIUM, or an executable with a usual name.
const findChromium = () => {
  const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean)
  return execFileSync('sh', ['-c', names.map(name => `command -v '${name}'`).join(' || ')], { encoding: 'utf8' }).trim()
}

// serve starts a server, and resolves to it, with its addresses.
const serve = (name, ...flags) => new Promise((resolve, reject) => {
  const data = join(scratch, name)
  const child = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--data-dir', data, '--log-format', 'text', ...flags], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const stop = () => { child.kill(); return ended }
  const read = line => {
    const address = /listening on (http:\/\/[0-9.:]+)/.exec(line)?.[1]
    if (address) resolve({ address, data, stop, admin: JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8')).url })
  }
  for (const out of [child.stdout, child.stderr]) createInterface({ input: out }).on('line', read)
  ended.then(() => reject(new Error('the server has ended')))
})

const idOf = name => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z]+/g, '-')

const tokenOf = name => execFileSync(binary, ['token', '--jwt-secret-file', secret, '--user', idOf(name), '--name', name], { encoding: 'utf8' }).trim()

// join lets somebody join a record, over another protocol than the last one.
let joins = 0
const joinAs = async (server, room, name) => {
  const version = [3, 'provider-json', 3, 'provider-msgpack'][joins++ % 4]
  const session = new Session({ url: server.address.replace('http', 'ws') + '/realtime/records', room, version, params: { token: tokenOf(name) } })
  await session.waiters.until({ synced: true }, 30_000)
  session.provider.awareness.setLocalState({ user: { name, color: '#2563eb' } })
  return session
}

// begin writes what a record has before people type.
const begin = ({ doc }, room) => {
  const blocks = room === 'by-law-2026-14' ? bylaw : [['heading', room.replaceAll('-', ' ')], ['paragraph', 'Draft. ']]
  for (const [name, text] of blocks) paragraph(doc, text, name === 'heading' ? { name, level: 2 } : { name })
}

// types lets somebody type sentences at the pace of people until the end.
const types = async ({ doc }, random, until) => {
  while (Date.now() < until) {
    const blocks = doc.getXmlFragment('default').toArray().filter(block => block.nodeName === 'paragraph')
    const words = random.pick(blocks).get(0)
    const sentence = random.pick(additions)
    if (words.length > 400) words.delete(120, 240)
    for (const letter of ` ${sentence}`.trimEnd()) {
      words.insert(words.length, letter)
      await pause(60 + random.below(140))
    }
    await pause(2000 + random.below(8000))
  }
}

// picture writes what a page shows, in light and dark, as small as it must be.
const picture = async (page, name) => {
  const cdp = await page.context().newCDPSession(page)
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    const path = join(folder, `${name}-${scheme}.webp`)
    for (let quality = 90; ; quality -= 10) {
      const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality })
      writeFileSync(path, Buffer.from(data, 'base64'))
      if (statSync(path).size <= largest) break
      if (quality < 40) throw new Error(`${path} has ${statSync(path).size} bytes`)
    }
    process.stdout.write(`${path} ${statSync(path).size}\n`)
  }
}

const open = async (browser, url) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2, locale: 'en-CA', timezoneId: 'America/Toronto', reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

const signIn = async (page, server) => {
  await page.getByLabel('Your name').fill(operator)
  await page.getByLabel('Token').fill(readFileSync(join(server.data, 'admin.token'), 'utf8').trim())
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

const town = async browser => {
  const server = await serve('town', '--jwt-secret-file', secret)
  const until = Date.now() + typing
  const sessions = []
  for (const [room, people] of Object.entries(records)) {
    for (const [i, name] of people.entries()) {
      const session = await joinAs(server, room, name)
      if (i === 0) begin(session, room)
      sessions.push(session)
    }
  }
  const all = sessions.map((session, i) => types(session, new Random(i + 1), until + 30_000))
  const page = await open(browser, `${server.admin}/`)
  await signIn(page, server)
  await pause(until - Date.now())
  await picture(page, 'console')
  await page.goto(`${server.admin}/console/#/rooms/record%3Aby-law-2026-14`)
  await page.getByRole('heading', { name: 'by-law-2026-14' }).first().waitFor()
  await page.getByText('Amélie Tremblay').first().waitFor()
  await page.setViewportSize({ width: 1280, height: 1180 })
  await page.getByRole('button', { name: 'With authors' }).click()
  await page.getByText('This by-law comes into force').waitFor()
  await page.mouse.move(0, 0)
  await picture(page, 'room')
  for (const session of sessions) session.destroy()
  await Promise.race([Promise.all(all), pause(1)])
  await server.stop()
}

// playground is what a newcomer sees, after some sentences in both editors.
const playground = async browser => {
  const server = await serve('playground', '--dev')
  const page = await open(browser, `${server.address}/`)
  const [left, right] = ['left', 'right'].map(side => page.getByRole('textbox', { name: new RegExp(`, ${side}$`) }))
  const write = async (pane, text) => {
    await pane.press('Control+End')
    await page.keyboard.type(text, { delay: 40 })
  }
  const both = text => Promise.all([left, right].map(pane => pane.getByText(text).waitFor()))
  await left.click()
  await page.getByRole('toolbar', { name: /, left$/ }).getByRole('button', { name: 'Heading' }).click()
  await write(left, 'Dogs in public parks')
  await page.keyboard.press('Enter')
  await page.keyboard.type('A dog in a park is on a lead of at most 1.85 m.', { delay: 40 })
  await both('A dog in a park is on a lead of at most 1.85 m.')
  await right.click()
  await write(right, ' Assistance dogs are exempt.')
  await both('Assistance dogs are exempt.')
  await left.click()
  await write(left, ' Signs show the hours.')
  await both('Signs show the hours.')
  await picture(page, 'playground')
  await server.stop()
}

mkdirSync(folder, { recursive: true })
const browser = await launch(findChromium())
try {
  for (const make of [playground, town]) {
    if (wanted.length === 0 || wanted.includes(make.name)) await make(browser)
  }
} finally {
  await browser.close()
  rmSync(scratch, { recursive: true, force: true })
}
process.exit(0)
