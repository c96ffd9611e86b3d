// A view of an editor that shows nothing: the parts of an EditorView that the plugins need.

export class HeadlessView {
  constructor (state) {
    this.state = state
    this.dispatch = this.dispatch.bind(this) // commands get it without the view
    this.dom = { addEventListener () {}, removeEventListener () {}, querySelectorAll: () => [] }
    this.pluginViews = []
    for (const { spec } of state.plugins) if (spec.view) this.pluginViews.push(spec.view(this))
  }

  dispatch (transaction) {
    const before = this.state
    this.state = before.apply(transaction)
    for (const { update } of this.pluginViews) update?.(this, before)
  }

  // someProp asks the plugins, as commands do; the first answer counts.
  someProp (name, ask) {
    for (const plugin of this.state.plugins) {
      const prop = plugin.props[name]
      const answer = prop && (ask ? ask(prop.bind(plugin)) : prop)
      if (answer) return answer
    }
  }

  focus () {}

  hasFocus () { return false }

  endOfTextblock () { return false }

  destroy () { for (const { destroy } of this.pluginViews) destroy?.() }
}
