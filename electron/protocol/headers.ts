import { ATTACHMENT_ADDRESS, CAPTURE_ADDRESS, WINDOW_ORIGIN } from './scheme.ts'

/** What the page may load: its own files and the attachments, nothing from a network. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  `img-src 'self' blob: ${ATTACHMENT_ADDRESS}`,
  `media-src 'self' blob: ${ATTACHMENT_ADDRESS}`,
  "font-src 'self'",
  `connect-src 'self' ${ATTACHMENT_ADDRESS} ${CAPTURE_ADDRESS}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-src 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ')

/** Headers of every answer: the type is what it says, and no other page may use it. */
const common = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' }

/** Headers of the window's own files. */
export const pageHeaders = {
  ...common,
  'Content-Security-Policy': contentSecurityPolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Headers of attachments: readable by the window alone, and nothing in them is ever run. */
export const attachmentHeaders = {
  ...common,
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'Access-Control-Allow-Origin': WINDOW_ORIGIN,
  'Access-Control-Expose-Headers': 'Content-Range, Accept-Ranges, Content-Length',
  Vary: 'Origin',
}

/** Headers of captured pictures: as attachments, and kept nowhere. */
export const captureHeaders = { ...attachmentHeaders, 'Cache-Control': 'no-store' }
