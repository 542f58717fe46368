import type { ReactNode } from 'react'
import type { ErrorInfo, SourceName } from '#contract'
import { sourceNames } from '../../../lib/sources.ts'
import { TokenForm } from './TokenForm.tsx'

/** Where a source refuses without a token: takes one and goes on. */
export function SourceToken({ error, onKept }: { error: ErrorInfo; onKept: () => Promise<void> }): ReactNode {
  const source = error.detail?.source
  if (error.code !== 'SourceRefused' || typeof source !== 'string' || !(source in sourceNames)) return null
  return <TokenForm source={source as SourceName} action="Keep and try again" onKept={onKept} />
}
