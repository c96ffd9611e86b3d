// Choices that outlive a visit. A browser that keeps nothing is no error.
const prefix = 'civic-realtime.'

export const recall = name => {
  try {
    return localStorage.getItem(prefix + name)
  } catch {
    return null
  }
}

export const remember = (name, value) => {
  try {
    localStorage.setItem(prefix + name, value)
  } catch {
    // The choice then ends with the visit.
  }
}
