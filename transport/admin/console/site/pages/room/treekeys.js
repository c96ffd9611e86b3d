// The keyboard and the pointer of a tree.

const nameOf = item => (item.querySelector('bdi') ?? item).textContent.toLowerCase().replace(/^[^\p{L}\p{N}]+/u, '')

const visible = item => item.offsetParent !== null

// TreeKeys moves the focus between the items of a tree, and opens and closes them.
export class TreeKeys {
  #makers = new Map() // of the children of items that were not opened yet
  #actions = new WeakMap()
  #typed = ''
  #typedAt = 0

  constructor (tree) { this.tree = tree }

  // start listens. The first item is the one that Tab reaches.
  start () {
    this.tree.querySelector('[role=treeitem]').tabIndex = 0
    this.tree.addEventListener('keydown', event => this.#key(event))
    this.tree.addEventListener('click', event => this.#click(event))
  }

  onOpen (item, make) { this.#makers.set(item, make) }
  onActivate (item, run) { this.#actions.set(item, run) }

  open (item) {
    if (item.ariaExpanded !== 'false') return
    this.#makers.get(item)?.()
    this.#makers.delete(item)
    item.ariaExpanded = 'true'
  }

  close (item) {
    if (item.ariaExpanded === 'true') item.ariaExpanded = 'false'
  }

  focus (item) {
    if (!item) return
    for (const other of this.tree.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1
    item.tabIndex = 0
    item.focus()
  }

  #toggle (item) {
    if (this.#actions.has(item)) this.#actions.get(item)()
    else item.ariaExpanded === 'true' ? this.close(item) : this.open(item)
  }

  #click (event) {
    const item = event.target.closest('[role=treeitem]')
    if (!item || String(getSelection()) !== '') return
    this.focus(item)
    this.#toggle(item)
  }

  #items () { return [...this.tree.querySelectorAll('[role=treeitem]')].filter(visible) }

  #key (event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const item = event.target.closest('[role=treeitem]')
    if (!item || !this.#move(item, event.key)) return
    event.preventDefault()
    event.stopPropagation()
  }

  // #move does what a key asks for, and reports whether it did.
  #move (item, key) {
    const items = this.#items()
    const at = items.indexOf(item)
    const parent = item.closest('[role=group]')?.previousElementSibling
    switch (key) {
      case 'ArrowDown': this.focus(items[at + 1]); return true
      case 'ArrowUp': this.focus(items[at - 1]); return true
      case 'Home': this.focus(items[0]); return true
      case 'End': this.focus(items.at(-1)); return true
      case 'ArrowRight': item.ariaExpanded === 'true' ? this.focus(items[at + 1]) : this.open(item); return true
      case 'ArrowLeft': item.ariaExpanded === 'true' ? this.close(item) : this.focus(parent); return true
      case 'Enter': case ' ': this.#toggle(item); return true
      case '*': for (const { firstChild } of item.parentElement.parentElement.children) this.open(firstChild); return true
    }
    return key.length === 1 && this.#find(items, at, key)
  }

  // #find focuses the next item that begins with what was typed within a second.
  #find (items, at, key) {
    const now = performance.now()
    this.#typed = now - this.#typedAt < 1000 ? this.#typed + key.toLowerCase() : key.toLowerCase()
    this.#typedAt = now
    const from = this.#typed.length > 1 ? at : at + 1
    const order = [...items.slice(from), ...items.slice(0, from)]
    this.focus(order.find(i => nameOf(i).startsWith(this.#typed)))
    return true
  }
}
