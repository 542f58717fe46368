/** The address of a link as an absolute http(s) URL; null for anything else, which is then shown as text only. */
export function safeLink(href: unknown): string | null {
  if (typeof href !== 'string' || !/^https?:\/\//i.test(href)) return null
  try {
    return new URL(href).href
  } catch {
    return null
  }
}
