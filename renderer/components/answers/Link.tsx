import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useState, type MouseEvent, type ReactNode } from 'react'
import { buttonClass } from '../primitives/Button.tsx'
import { PopupFrame } from '../primitives/PopupFrame.tsx'

/** The address of a link as an absolute http(s) URL; null for anything else, which is then shown as text only. */
export function safeLink(href: unknown): string | null {
  if (typeof href !== 'string' || !/^https?:\/\//i.test(href)) return null
  try {
    return new URL(href).href
  } catch {
    return null
  }
}

/** A link of an answer: shows its whole address and asks before it opens. What is not http(s) is text. */
export function Link({ href, children }: { href: unknown; children: ReactNode }): ReactNode {
  const [asking, setAsking] = useState(false)
  const address = safeLink(href)
  if (!address) return <span>{children}</span>
  const ask = (event: MouseEvent): void => {
    event.preventDefault()
    if (event.button <= 1) setAsking(true)
  }
  return (
    <>
      <a
        href={address}
        rel="noreferrer noopener"
        draggable={false}
        onClick={ask}
        onAuxClick={ask}
        className="text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
      >
        {children}
      </a>
      <AlertDialog.Root open={asking} onOpenChange={setAsking}>
        <PopupFrame kind="alert" className="w-[min(480px,calc(100vw-32px))] p-5">
          <AlertDialog.Title className="text-read font-semibold">Open this address?</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-muted">
            It was written by the model. It opens in your browser, outside Sightline.
          </AlertDialog.Description>
          <p className="mt-3 max-h-40 overflow-y-auto rounded-md bg-sunken p-2.5 font-mono text-small break-all">
            {address}
          </p>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Close className={buttonClass('plain')}>Cancel</AlertDialog.Close>
            <a
              href={address}
              target="_blank"
              rel="noreferrer noopener"
              onClick={() => setAsking(false)}
              className={buttonClass('primary')}
            >
              Open
            </a>
          </div>
        </PopupFrame>
      </AlertDialog.Root>
    </>
  )
}
