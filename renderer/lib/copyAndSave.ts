import { t } from '@lingui/core/macro'
import { useEffect, useState } from 'react'
import { announce } from './announce.ts'

const COPIED_MS = 1_500

/** Copies text to the clipboard and announces it as `said`; the flag is true for a moment after it worked. */
export function useCopied(): [copied: boolean, copy: (text: string, said?: string) => void] {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), COPIED_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = (text: string, said = t`Copied`): void => {
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true)
        announce(said)
      },
      () => announce(t`Copying is not allowed here`),
    )
  }
  return [copied, copy]
}

/** Copies something in several forms, by their types, of which whoever pastes takes one; announces it as `said`. */
export function copyToClipboard(forms: Readonly<Record<string, Blob | Promise<Blob>>>, said = t`Copied`): void {
  navigator.clipboard.write([new ClipboardItem({ ...forms })]).then(
    () => announce(said),
    () => announce(t`Copying is not allowed here`),
  )
}

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
