// Dialogs that ask before something is done.
import { h, newID } from './dom.js'
import { t } from './strings.js'
import { explain } from './states.js'

// ask shows a dialog, and resolves to null if it is cancelled, or to the values of its fields by
// name. title is text, text is text or a list of children; action names the button that confirms,
// danger makes it red. Fields have name, label, and any of: type (text, textarea, number, checkbox,
// select with options: a list of {value, label}), value, hint, required, maxlength, min, max, step.
//
// With run(values), a function that returns a promise, the dialog stays while that runs. If it
// fails, the dialog says why, and can be confirmed again or cancelled.
export const ask = ({ title, text, action, danger, fields = [], run }) => new Promise(resolve => {
  const heading = newID()
  const about = newID()
  const inputs = fields.map(field)
  const failure = h('div', { class: 'dialog-failure', role: 'alert' })
  const confirm = h('button', { class: danger ? 'button danger' : 'button primary' }, action)
  const cancel = h('button', { type: 'button', class: 'button', onclick: () => dialog.close() }, t('action.cancel'))
  let answer = null
  const submit = async event => {
    event.preventDefault()
    if (confirm.ariaDisabled === 'true') return
    const values = Object.fromEntries(inputs.map(({ name, read }) => [name, read()]))
    try {
      confirm.ariaDisabled = 'true'
      failure.replaceChildren()
      await run?.(values)
      answer = values
      dialog.close()
    } catch (err) {
      failure.replaceChildren(...explain(err))
    } finally {
      confirm.ariaDisabled = 'false'
    }
  }
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': heading, 'aria-describedby': text ? about : null },
    h('form', { method: 'dialog', onsubmit: submit },
      h('h2', { id: heading }, title),
      text && h('div', { id: about, class: 'dialog-text' }, text),
      inputs.map(({ element }) => element),
      failure,
      h('div', { class: 'dialog-actions' }, cancel, confirm)))
  show(dialog, () => resolve(answer))
  if (inputs.length === 0) (danger ? cancel : confirm).focus()
})

// show opens a modal dialog and takes it off the page when it is closed. The browser returns the
// focus to the element that had it.
export const show = (dialog, closed = () => {}) => {
  dialog.addEventListener('close', () => {
    dialog.remove()
    closed()
  })
  document.body.append(dialog)
  dialog.showModal()
}

// noDialog resolves when no dialog is open. Nothing on the page changes while one asks, so that the
// focus can return to where it was.
export const noDialog = () => new Promise(resolve => {
  const dialog = document.querySelector('dialog[open]')
  dialog ? dialog.addEventListener('close', resolve, { once: true }) : resolve()
})

// field returns a labelled input: { name, element, read }.
export const field = ({ name, label, type = 'text', hint, value = '', options = [], ...props }) => {
  const id = newID()
  const hintID = newID()
  const common = { id, name, value: String(value), 'aria-describedby': hint ? hintID : null, ...props }
  const input = inputOf(type, common, options, value)
  const named = h('label', { for: id }, label)
  const element = h('div', { class: type === 'checkbox' ? 'field check' : 'field' },
    type === 'checkbox' ? [input, named] : [named, input],
    hint && h('p', { id: hintID, class: 'hint' }, hint))
  return { name, element, input, read: () => read(type, input) }
}

const inputOf = (type, common, options, value) => {
  if (type === 'textarea') return h('textarea', { rows: 3, ...common })
  if (type === 'checkbox') return h('input', { ...common, type, value: 'on', checked: value === true })
  if (type !== 'select') return h('input', { autocomplete: 'off', ...common, type })
  const { value: chosen, ...rest } = common
  const select = h('select', rest, options.map(o => h('option', { value: o.value }, o.label)))
  select.value = chosen
  return select
}

const read = (type, input) => {
  if (type === 'checkbox') return input.checked
  if (type === 'number') return input.value === '' ? null : input.valueAsNumber
  return input.value
}
