import { t } from '@lingui/core/macro'
import { Suspense, lazy, useState } from 'react'
import type { ComponentType, ReactNode } from 'react'
import { Button } from './Button.tsx'
import { ErrorNote } from './Feedback.tsx'

const loads: (() => Promise<unknown>)[] = []

/**
 * A component whose code is not part of the first view: it is loaded when the component is wanted for the first time, or by
 * `loadTheRest`; until then nothing is rendered. One with an `open` property is wanted when it is open, any other one
 * always; `useIsWanted` is for others. In the place of code that cannot be loaded, because the app was replaced meanwhile,
 * stands that and what to do.
 */
export function later<P extends object>(
  load: () => Promise<ComponentType<P>>,
  useIsWanted: (props: P) => boolean = isOpen,
): ComponentType<P> {
  let loading: Promise<{ default: ComponentType<P> }> | null = null
  const once = () => {
    loading ??= load().then(
      (component) => ({ default: component }),
      () => ({ default: Missing }),
    )
    return loading
  }
  loads.push(once)
  const Loaded = lazy(once) as unknown as ComponentType<P>
  return function Later(props: P): ReactNode {
    const isWanted = useIsWanted(props)
    const [wasWanted, setWasWanted] = useState(isWanted)
    if (isWanted && !wasWanted) setWasWanted(true)
    if (!isWanted && !wasWanted) return null
    return (
      <Suspense fallback={null}>
        <Loaded {...props} />
      </Suspense>
    )
  }
}

const isOpen = (props: object): boolean => !('open' in props) || props.open === true

function Missing(): ReactNode {
  return (
    <div className="p-4">
      <ErrorNote
        message={t`This part of the window could not be loaded: Sightline was replaced or removed since the window was opened.`}
      >
        <Button onClick={() => window.location.reload()}>{t`Load the window again`}</Button>
      </ErrorNote>
    </div>
  )
}

/** Loads what `later` left for later, one after the other, while the window has nothing else to do. */
export function loadTheRest(): void {
  const next = loads.shift()
  if (next) requestIdleCallback(() => void next().then(loadTheRest))
}
