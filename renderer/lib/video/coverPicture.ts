const endings: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'gif' }

/** The cover picture that a sound recording brings along; null when it has none that can be read. */
export async function coverPicture(file: File): Promise<File | null> {
  // only who drops a sound recording needs it
  const { ALL_FORMATS, BlobSource, Input } = await import('mediabunny')
  try {
    const { images = [] } = await new Input({ formats: ALL_FORMATS, source: new BlobSource(file) }).getMetadataTags()
    const image = images.find(({ kind }) => kind === 'coverFront') ?? images[0]
    if (!image) return null
    return new File([Uint8Array.from(image.data)], `Cover of ${file.name}.${endings[image.mimeType] ?? 'jpg'}`, {
      type: image.mimeType,
    })
  } catch {
    return null
  }
}
