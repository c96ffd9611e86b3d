// Light, dark, or as the system is.
import { recall, remember } from './keep.js'

export const themes = ['system', 'light', 'dark']

// theme is the chosen one.
export const theme = () => themes.includes(recall('theme')) ? recall('theme') : 'system'

// useTheme applies a theme, without one that of the last visit.
export const useTheme = (next = theme()) => {
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
}

// chooseTheme does that, and keeps the choice.
export const chooseTheme = next => {
  remember('theme', next)
  useTheme(next)
}
