export { APIError } from './src/api.js'
export { createVersioningEndpoints, restoredByServer } from './src/endpoints.js'
