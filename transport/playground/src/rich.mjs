// The editor of rich text: ProseMirror with the schema of CivicPress.
import { baseKeymap, chainCommands, exitCode, setBlockType, toggleMark } from 'prosemirror-commands'
import { keymap } from 'prosemirror-keymap'
import { liftListItem, sinkListItem, splitListItem, wrapInList } from 'prosemirror-schema-list'
import { EditorState, Plugin } from 'prosemirror-state'
import { goToNextCell, tableEditing } from 'prosemirror-tables'
import { Decoration, DecorationSet, EditorView } from 'prosemirror-view'
import { redo, undo, yCursorPlugin, ySyncPlugin, yUndoPlugin } from 'y-prosemirror'
import { schema } from '../../../cmd/civic-realtime/e2e/editor/schema.mjs'
import { selection } from './people.mjs'
import { t } from './strings.mjs'

const { nodes: { heading, paragraph, list_item: item, bullet_list: bullets, ordered_list: ordered, hard_break: hardBreak }, marks } = schema

const breakLine = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(hardBreak.create()).scrollIntoView())
  return true
}

const inMark = mark => ({ selection: { empty, $from, from, to }, storedMarks, doc }) =>
  empty ? Boolean(mark.isInSet(storedMarks ?? $from.marks())) : doc.rangeHasMark(from, to, mark)

const inNode = (type, attrs = {}) => ({ selection: { $from } }) => {
  for (let depth = $from.depth; depth > 0; depth--) {
    const node = $from.node(depth)
    if (node.type === type && Object.entries(attrs).every(([name, value]) => node.attrs[name] === value)) return true
  }
  return false
}

const toggleHeading = level => (state, dispatch) =>
  (inNode(heading, { level })(state) ? setBlockType(paragraph) : setBlockType(heading, { level }))(state, dispatch)

const toggleList = type => (state, dispatch) =>
  (inNode(type)(state) ? liftListItem(item) : wrapInList(type))(state, dispatch)

// tools are the buttons of the toolbar: the key of their name, what they do, and whether the
// selection has it already.
export const tools = [
  { name: 'bold', keys: 'Control+B', run: toggleMark(marks.strong), on: inMark(marks.strong) },
  { name: 'italic', keys: 'Control+I', run: toggleMark(marks.em), on: inMark(marks.em) },
  { name: 'code', keys: 'Control+E', run: toggleMark(marks.code), on: inMark(marks.code) },
  { name: 'heading', keys: 'Control+Alt+1', run: toggleHeading(1), on: inNode(heading, { level: 1 }) },
  { name: 'bullets', run: toggleList(bullets), on: inNode(bullets) },
  { name: 'numbers', run: toggleList(ordered), on: inNode(ordered) },
  { name: 'undo', keys: 'Control+Z', run: undo },
  { name: 'redo', keys: 'Control+Shift+Z', run: redo }
]

const keys = [
  keymap({
    'Mod-z': undo,
    'Mod-Shift-z': redo,
    'Mod-b': toggleMark(marks.strong),
    'Mod-i': toggleMark(marks.em),
    'Mod-e': toggleMark(marks.code),
    'Mod-Alt-1': toggleHeading(1),
    Enter: splitListItem(item),
    'Shift-Enter': chainCommands(exitCode, breakLine),
    // Outside of lists and tables Tab leaves the editor, for people who have a keyboard only.
    Tab: chainCommands(goToNextCell(1), sinkListItem(item)),
    'Shift-Tab': chainCommands(goToNextCell(-1), liftListItem(item))
  }),
  keymap(baseKeymap)
]

// invitation shows a text in a document that is empty.
const invitation = new Plugin({
  props: {
    decorations ({ doc }) {
      const { firstChild: first } = doc
      if (doc.childCount !== 1 || first.type !== paragraph || first.content.size > 0) return null
      return DecorationSet.create(doc, [Decoration.node(0, first.nodeSize, { class: 'empty', 'data-invitation': t('editor.invitation') })])
    }
  }
})

export class RichEditor {
  // caret makes the caret of another person; changed is called after each change of the text or the
  // selection.
  constructor (place, doc, awareness, label, caret, changed) {
    const watch = new Plugin({ view: () => ({ update: changed }) })
    const plugins = [
      ySyncPlugin(doc.getXmlFragment('default')), yCursorPlugin(awareness, { cursorBuilder: caret, selectionBuilder: selection }),
      yUndoPlugin(), ...keys, tableEditing(), invitation, watch
    ]
    this.view = new EditorView(place, {
      state: EditorState.create({ schema, plugins }),
      // The carets of others are drawn a moment later, when the view may be gone.
      dispatchTransaction (transaction) { if (!this.isDestroyed) this.updateState(this.state.apply(transaction)) },
      attributes: { role: 'textbox', 'aria-multiline': 'true', 'aria-label': label, spellcheck: 'false' }
    })
  }

  use ({ run }) {
    run(this.view.state, this.view.dispatch, this.view)
    this.view.focus()
  }

  has ({ on }) { return on?.(this.view.state) ?? null }

  destroy () { this.view.destroy() }
}
