// h makes an element. props are attributes, but for class, dataset and on* listeners; children are
// nodes, or strings, which become text.
export const h = (tag, props = {}, ...children) => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (name === 'class') element.className = value
    else if (name === 'dataset') Object.assign(element.dataset, value)
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value != null) element.setAttribute(name, value)
  }
  element.append(...children)
  return element
}

// say changes a text only where it differs, as a screen reader repeats one that is set again.
export const say = (element, text) => { if (element.textContent !== text) element.textContent = text }

// The console's choices begin with the same.
const prefix = 'civic-realtime.'

// kept reads and writes what the browser keeps for this page. One that keeps nothing is no problem.
export const kept = {
  get (key) {
    try { return localStorage.getItem(prefix + key) } catch { return null }
  },
  set (key, value) {
    try { localStorage.setItem(prefix + key, value) } catch { /* for this visit only */ }
  }
}
