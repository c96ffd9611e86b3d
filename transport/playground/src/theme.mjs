// Light or dark, as chosen in the console, or as the system has it.
import { kept } from './dom.mjs'

const key = 'theme'

export const theme = () => {
  const chosen = kept.get(key)
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
}
