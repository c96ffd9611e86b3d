// The processes of a browser's pages, on Linux.
import { readFile } from 'node:fs/promises'

const busy = 300 // milliseconds

// processOf returns the id of a page's process: the one that works while the page is kept busy, for
// the browser does not tell.
export const processOf = async (browser, page) => {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const ids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
  const before = await Promise.all(ids.map(ticks))
  await page.evaluate(ms => { for (const end = performance.now() + ms; performance.now() < end;); }, busy)
  const used = (await Promise.all(ids.map(ticks))).map((after, i) => after - before[i])
  return ids[used.indexOf(Math.max(...used))]
}

// ticks returns the CPU time of a process, 0 if it has ended.
const ticks = async id => {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13)
  return Number(user) + Number(system)
}

// residentOf returns the resident memory of a process, in bytes.
export const residentOf = async id => 1024 * /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${id}/status`, 'utf8'))[1]
