import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/ErrorNote.tsx'
import { EngineNote } from './EngineNote.tsx'
import { load, useEngine } from './store.ts'

/** What stands above the composer while the engine cannot answer, or runs otherwise than wished. Nothing when all is well. */
export function EngineBanner({ onModels }: { onModels: () => void }): ReactNode {
  const { status, hiddenNote } = useEngine()
  if (!status) return null
  if (status.state === 'failed') {
    return (
      <Place>
        <ErrorNote message={status.error?.message ?? 'The engine stopped working. Try again, or choose another model.'}>
          <Button onClick={onModels}>Choose a model</Button>
          <Button onClick={() => void load()}>Try again</Button>
        </ErrorNote>
      </Place>
    )
  }
  if (status.state === 'off' && !status.modelId && !status.modelName) {
    return (
      <Place>
        <div className="flex items-center gap-3 rounded-lg bg-sunken px-3 py-2.5">
          <p className="flex-1">No model is chosen, so nothing can be answered yet.</p>
          <Button onClick={onModels}>Choose a model</Button>
        </div>
      </Place>
    )
  }
  return status.note === null || status.note === hiddenNote ? null : (
    <Place>
      <EngineNote note={status.note} />
    </Place>
  )
}

function Place({ children }: { children: ReactNode }): ReactNode {
  return <div className="mx-auto w-full max-w-[720px] px-4 pb-2 mid:px-6">{children}</div>
}
