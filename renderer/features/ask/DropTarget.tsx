import { ImageDown } from 'lucide-react'
import { useEffect, useEffectEvent, useState, type ReactNode } from 'react'

const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false

/** Makes the whole window take files; while some hover over it, says what dropping does. */
export function DropTarget({ onFiles }: { onFiles: (files: readonly File[]) => void }): ReactNode {
  const [over, setOver] = useState(false)
  const take = useEffectEvent(onFiles)

  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    const onDragOver = (event: DragEvent): void => {
      if (!bringsFiles(event)) return
      event.preventDefault()
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy'
      setOver(true)
    }
    const onDrop = (event: DragEvent): void => {
      setOver(false)
      if (!bringsFiles(event)) return
      event.preventDefault()
      take([...(event.dataTransfer?.files ?? [])])
    }
    const onDragLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    window.addEventListener('dragenter', onDragOver, { signal })
    window.addEventListener('dragover', onDragOver, { signal })
    window.addEventListener('dragleave', onDragLeave, { signal })
    window.addEventListener('drop', onDrop, { signal })
    return () => stop.abort()
  }, [])

  if (!over) return null
  return (
    <div className="pointer-events-none fixed inset-0 z-50 bg-canvas/95 p-4" data-testid="drop-target">
      <div className="flex h-full flex-col items-center justify-center gap-3 rounded-lg border-2 border-dashed border-accent text-read font-medium">
        <ImageDown className="size-7 text-accent" aria-hidden />
        Drop pictures or videos to add them to the question
      </div>
    </div>
  )
}
