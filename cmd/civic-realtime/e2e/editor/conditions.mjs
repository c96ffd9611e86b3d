// Conditions of an editor. Each key of a wait command names one of these; all given must hold at
// once.

const same = (got, want) => got.join('\n') === want.join('\n')

export const conditions = {
  synced: ({ provider }, want) => provider.synced === want,
  connected: ({ provider }, want) => provider.wsconnected === want,
  connects: ({ connects }, count) => connects >= count,
  closed: ({ closes }, code) => closes.some(close => close.code === code),
  people: (editor, names) => same(editor.people(), names),
  carets: (editor, carets) => same(editor.carets(), carets),
  markdown: (editor, text) => editor.markdown() === text,
  says: (editor, text) => editor.view.state.doc.textContent.includes(text),
  problem: ({ problems }, text) => problems.some(problem => problem.includes(text))
}
