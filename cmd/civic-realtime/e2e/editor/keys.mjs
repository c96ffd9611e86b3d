// The keys of the editor: one for each function of the toolbar in CivicPress' editor.
import { baseKeymap, chainCommands, exitCode, setBlockType, toggleMark } from 'prosemirror-commands'
import { keymap } from 'prosemirror-keymap'
import { liftListItem, sinkListItem, splitListItem } from 'prosemirror-schema-list'
import { goToNextCell } from 'prosemirror-tables'
import { redo, undo } from 'y-prosemirror'
import { schema } from './schema.mjs'

const { nodes: { heading, list_item: item, hard_break: hardBreak }, marks: { strong, em, code } } = schema

const breakLine = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(hardBreak.create()).scrollIntoView())
  return true
}

export const keys = [
  keymap({
    'Mod-z': undo,
    'Mod-Shift-z': redo,
    'Mod-b': toggleMark(strong),
    'Mod-i': toggleMark(em),
    'Mod-e': toggleMark(code),
    'Mod-Alt-1': setBlockType(heading, { level: 1 }),
    'Mod-Alt-2': setBlockType(heading, { level: 2 }),
    Enter: splitListItem(item),
    'Shift-Enter': chainCommands(exitCode, breakLine),
    Tab: chainCommands(goToNextCell(1), sinkListItem(item)),
    'Shift-Tab': chainCommands(goToNextCell(-1), liftListItem(item))
  }),
  keymap(baseKeymap)
]
