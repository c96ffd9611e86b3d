export { Provider } from './src/provider.js'
export { isFinal } from './src/connection.js'
export { split } from './src/split.js'
