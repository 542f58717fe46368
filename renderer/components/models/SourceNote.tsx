import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import type { PassedOver, SourceName } from '#contract'

/** The name of a place that models are downloaded from, for people. */
export const sourceNames: Record<SourceName, string> = {
  huggingface: 'Hugging Face',
  mirror: t`your mirror`,
  modelscope: 'ModelScope',
}

/** Names the repository that files come from, and those that are passed over, each with the reason. */
export function SourceNote({
  from,
  passedOver,
  className,
}: {
  from: { readonly source: SourceName; readonly repository: string } | null
  passedOver: readonly PassedOver[]
  className?: string
}): ReactNode {
  if (!from && passedOver.length === 0) return null
  return (
    <div className={`text-small text-subtle [overflow-wrap:anywhere] ${className ?? ''}`}>
      {from ? <p>{t`From ${sourceNames[from.source]}, ${from.repository}`}</p> : null}
      {passedOver.length > 0 ? (
        <ul aria-label={t`Passed over`}>
          {passedOver.map(({ source, repository, reason }) => (
            <li
              key={`${source} ${repository}`}
            >{t`Not from ${sourceNames[source]}, ${repository}: it ${reason.replace(/\.$/, '')}.`}</li>
          ))}
        </ul>
      ) : null}
    </div>
  )
}
