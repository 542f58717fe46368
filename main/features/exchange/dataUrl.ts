/** The bytes of a `data:` address in base64, or of bare base64; null: there are none. */
export function splitDataUrl(data: string): Buffer<ArrayBuffer> | null {
  const [, encoded = data] = /^data:[^,]{0,200};base64,(.*)$/s.exec(data) ?? []
  if (encoded === data && data.startsWith('data:')) return null
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.length > 0 ? bytes : null
}
