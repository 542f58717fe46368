import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { toShownError } from '#contract'
import { errorStatus } from '../lib/http/errorStatus.ts'

/** Headers of every answer: the type is what it says, and no other page may use it. */
export const commonHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Nothing in an answer of this kind is ever run or shown as a page of its own. */
export const inertPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** Answers with `value` as JSON; never stored by the browser. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    ...commonHeaders,
    'Content-Security-Policy': inertPolicy,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(body)
}

/** Answers with any thrown value as an `ErrorInfo`; what is no `AppError` is told without its text. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  const info = toShownError(error)
  sendJson(response, errorStatus(info.code), info)
}

/** Answers with a small page of text: a title and one paragraph, both plain text. */
export function sendPage(response: ServerResponse, status: number, title: string, text: string): void {
  const body = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>${escape(title)} - Sightline</title>
<h1>${escape(title)}</h1>
<p>${escape(text)}</p>
</html>
`
  response.writeHead(status, {
    ...commonHeaders,
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

const escape = (text: string) => text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`)
