// axe-core on a page, in a world of its own: a page with a strict content security policy need not
// admit its script, and cannot see it.
import axe from 'axe-core'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const run = `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary, html }) =>
    [id, help, target.join(' '), html.slice(0, 300), failureSummary].join('\\n  '))))`

// audit returns what axe finds wrong with a page.
export const audit = async cdp => {
  const { frameTree } = await cdp.send('Page.getFrameTree')
  const { executionContextId: contextId } = await cdp.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'axe' })
  const evaluate = async (expression, options) => {
    const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', { expression, contextId, ...options })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }
  await evaluate(`${axe.source}; 0`)
  return evaluate(run, { awaitPromise: true, returnByValue: true })
}
