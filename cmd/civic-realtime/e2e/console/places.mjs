// Places on a page, as people find them: by role and name, by label, or by text.

// locate returns the locator of a place: {role, name}, {label}, {text} or {css}, inside of another
// place, and the nth of those. Names and texts are whole, unless `part` is set.
export const locate = (page, { within, role, name, label, text, css, nth, part = false }) => {
  const from = within ? locate(page, within) : page
  const exact = !part
  const found = role ? from.getByRole(role, { ...(name === undefined ? {} : { name, exact }) })
    : label ? from.getByLabel(label, { exact })
      : text ? from.getByText(text, { exact })
        : from.locator(css)
  return nth === undefined ? found : found.nth(nth)
}

// focused describes the element that has the focus, in the page: its tag, its text or name, and
// whether one sees that it has the focus.
export const focused = () => {
  const at = document.activeElement
  if (!at || at === document.body) return { tag: 'body', name: '', shown: false }
  const style = getComputedStyle(at)
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
  const name = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent ?? ''
  return {
    tag: at.tagName.toLowerCase(), name: name.trim().replace(/\s+/g, ' ').slice(0, 200),
    shown: outlined || style.boxShadow !== 'none', dialog: !!at.closest('dialog')
  }
}

// layout tells whether a page scrolls sideways, and which elements are wider than it, in the page.
export const layout = () => {
  const { scrollWidth, clientWidth } = document.documentElement
  const clipped = at => {
    for (let up = at.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== 'visible') return true
    }
    return false
  }
  const wide = scrollWidth <= clientWidth ? [] : [...document.body.querySelectorAll('*')]
    .filter(at => at.getBoundingClientRect().right > clientWidth + 1 && !clipped(at))
    .map(at => `${at.tagName.toLowerCase()}.${at.getAttribute('class') ?? ''} ${at.textContent.slice(0, 60)}`)
  return { scrollWidth, clientWidth, wide: wide.slice(0, 10) }
}
