export { createCaptureScreen } from './captureScreen.ts'
export type { CaptureGateway, CaptureScreen } from './captureScreen.ts'
export type { Permits } from './permits.ts'
