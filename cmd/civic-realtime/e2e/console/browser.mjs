// A headless Chromium, and what went wrong on its pages.
import { chromium } from 'playwright-core'

// launch starts the browser. Chromium refuses to run as root in its sandbox.
export const launch = executablePath => chromium.launch({
  executablePath,
  chromiumSandbox: process.getuid() !== 0,
  args: ['--disable-gpu', '--disable-dev-shm-usage'],
  timeout: 60_000
})

// aborted is the failure of a request whose page does not want the answer any more.
const aborted = 'net::ERR_ABORTED'

// reports makes a page log what its content security policy has refused, with the source.
const reports = () => addEventListener('securitypolicyviolation', event => {
  console.error('CSP', event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber, event.sample)
})

// Watched is a page with a list of its faults: errors and warnings in its console, exceptions,
// dialogs, requests that failed, were refused or went to another host, and what Chromium reports
// about its content security policy.
export class Watched {
  constructor (page, log) {
    Object.assign(this, { page, log, faults: [], requests: [], bytes: 0, messages: {}, open: new Set(), waiting: [] })
  }

  async watch () {
    const { page } = this
    page.on('console', message => {
      if (['error', 'warning', 'assert'].includes(message.type())) this.fault(`console ${message.type()}: ${message.text()} (${message.location().url})`)
    })
    page.on('pageerror', error => this.fault(`exception: ${error.stack ?? error}`))
    page.on('dialog', dialog => {
      if (dialog.type() !== 'beforeunload') this.fault(`dialog: ${dialog.message()}`)
      dialog.dismiss().catch(() => {})
    })
    page.on('request', request => this.began(request))
    page.on('requestfinished', request => this.ended(request))
    page.on('requestfailed', request => this.ended(request))
    page.on('requestfailed', request => {
      if (request.failure()?.errorText !== aborted) this.fault(`request: ${request.url()}: ${request.failure()?.errorText}`)
    })
    page.on('response', response => {
      if (response.status() >= 400) this.fault(`answer: ${response.status()} ${response.request().method()} ${response.url()}`)
    })
    await page.addInitScript(reports)
    this.cdp = await page.context().newCDPSession(page)
    this.cdp.on('Audits.issueAdded', ({ issue }) => {
      if (issue.code === 'ContentSecurityPolicyIssue') this.fault(`CSP report: ${JSON.stringify(issue.details)}`)
    })
    this.cdp.on('Network.dataReceived', ({ dataLength }) => { this.bytes += dataLength })
    this.cdp.on('Network.eventSourceMessageReceived', ({ eventName }) => {
      this.messages[eventName] = (this.messages[eventName] ?? 0) + 1
    })
    await this.cdp.send('Audits.enable')
    await this.cdp.send('Network.enable')
    await this.cdp.send('Performance.enable')
    return this
  }

  began (request) {
    this.requests.push(`${request.method()} ${request.url()}`)
    if (request.resourceType() !== 'eventsource') this.open.add(request)
  }

  ended (request) {
    this.open.delete(request)
    if (this.open.size === 0) for (const resolve of this.waiting.splice(0)) resolve()
  }

  // settled resolves when no request is on its way; streams do not count.
  settled () {
    return this.open.size === 0 ? Promise.resolve() : new Promise(resolve => this.waiting.push(resolve))
  }

  keepBodies () {
    this.bodies = []
    this.page.on('response', response => {
      if (response.request().resourceType() !== 'eventsource') this.bodies.push(response.text().catch(() => ''))
    })
  }

  fault (text) {
    this.faults.push(text)
    this.log(text)
  }

  // memory returns what the page holds, after garbage was collected.
  async memory () {
    await this.cdp.send('HeapProfiler.collectGarbage')
    const { metrics } = await this.cdp.send('Performance.getMetrics')
    const named = Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
    return { heap: named.JSHeapUsedSize, nodes: named.Nodes, documents: named.Documents, listeners: named.JSEventListeners }
  }
}
