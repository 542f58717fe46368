/** Saves a file where the browser keeps downloads, or asks where to. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // the download has begun by the next task
  setTimeout(() => URL.revokeObjectURL(address))
}
