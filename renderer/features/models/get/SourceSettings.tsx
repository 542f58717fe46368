import { t } from '@lingui/core/macro'
import { SourceName } from '#contract'
import type { ErrorInfo, Settings } from '#contract'
import { Checkbox } from '@base-ui/react/checkbox'
import { ArrowDown, ArrowUp, Check } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { sourceNames } from '../../../components/models/SourceNote.tsx'
import { Button, IconButton } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/Feedback.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { useAttempt } from '../library/useAttempt.ts'
import { forgetOffers, keptTokens, setToken } from './store.ts'

/** `order` with `name` taken out, or put at its end. */
export const toggled = (order: readonly SourceName[], name: SourceName): SourceName[] =>
  order.includes(name) ? order.filter((one) => one !== name) : [...order, name]

/** `order` with `name` `by` places later; it stays where it is at the ends. */
export function moved(order: readonly SourceName[], name: SourceName, by: -1 | 1): SourceName[] {
  const from = order.indexOf(name)
  const to = from + by
  const next = [...order]
  if (from === -1 || to < 0 || to >= order.length) return next
  next.splice(from, 1)
  next.splice(to, 0, name)
  return next
}

type Sources = Settings['sources']

const names: Record<SourceName, string> = { ...sourceNames, mirror: t`A mirror of Hugging Face` }

/** The sources in the order they are asked, the address of a mirror, and the tokens that are kept. */
export function SourceSettings({
  sources,
  onChange,
}: {
  sources: Sources
  onChange: (sources: Sources) => void
}): ReactNode {
  const { order, mirrorUrl } = sources
  const [kept, setKept] = useState<Record<SourceName, boolean> | null>(null)
  const [tokenOf, setTokenOf] = useState<SourceName | null>(null)
  const { error, attempt } = useAttempt()
  const refresh = async (): Promise<void> => setKept(await keptTokens())
  useEffect(() => {
    let isOver = false
    // Without an answer no tokens are offered; the order can be changed all the same.
    keptTokens().then(
      (known) => isOver || setKept(known),
      () => {},
    )
    return () => {
      isOver = true
    }
  }, [])
  const change = (next: Partial<Sources>): void => {
    forgetOffers()
    onChange({ ...sources, ...next })
  }
  const rest = SourceName.options.filter((name) => !order.includes(name))
  return (
    <div className="pt-1">
      <p className="mb-2 text-muted">{t`They are asked in this order; the next one when one does not answer.`}</p>
      <ol aria-label={t`Sources`} className="divide-y divide-hairline rounded-lg border border-hairline">
        {[...order, ...rest].map((name, i) => {
          const isOn = order.includes(name)
          return (
            <li key={name} className="px-3 py-2">
              <div className="flex min-h-8 items-center gap-1">
                <label className="flex min-w-0 flex-1 items-center gap-2.5">
                  <Checkbox.Root
                    checked={isOn}
                    onCheckedChange={() => change({ order: toggled(order, name) })}
                    className="flex size-4 shrink-0 items-center justify-center rounded-[4px] border border-control bg-raised data-[checked]:border-accent data-[checked]:bg-accent"
                  >
                    <Checkbox.Indicator>
                      <Check className="size-3 text-on-accent" strokeWidth={3} aria-hidden />
                    </Checkbox.Indicator>
                  </Checkbox.Root>
                  <span className="first-letter:uppercase">{names[name]}</span>
                </label>
                {isOn ? (
                  <TokenButton
                    name={name}
                    isKept={kept?.[name] ?? false}
                    onEdit={() => setTokenOf(tokenOf === name ? null : name)}
                    onForget={() => void attempt(() => setToken(name, null).then(refresh))}
                  />
                ) : null}
                <IconButton
                  label={t`Ask ${names[name]} earlier`}
                  disabled={!isOn || i === 0}
                  onClick={() => change({ order: moved(order, name, -1) })}
                >
                  <ArrowUp />
                </IconButton>
                <IconButton
                  label={t`Ask ${names[name]} later`}
                  disabled={!isOn || i === order.length - 1}
                  onClick={() => change({ order: moved(order, name, 1) })}
                >
                  <ArrowDown />
                </IconButton>
              </div>
              {name === 'mirror' && isOn ? (
                <MirrorAddress address={mirrorUrl} onChange={(next) => change({ mirrorUrl: next })} />
              ) : null}
              {tokenOf === name ? (
                <div className="pb-1">
                  <TokenForm
                    source={name}
                    action={t`Keep`}
                    onKept={async () => {
                      setTokenOf(null)
                      forgetOffers()
                      await refresh()
                    }}
                  />
                </div>
              ) : null}
            </li>
          )
        })}
      </ol>
      {error ? <ErrorNote message={error.message} className="mt-2" /> : null}
    </div>
  )
}

function TokenButton({
  name,
  isKept,
  onEdit,
  onForget,
}: {
  name: SourceName
  isKept: boolean
  onEdit: () => void
  onForget: () => void
}): ReactNode {
  return isKept ? (
    <Button
      kind="quiet"
      aria-label={t`Forget the token of ${names[name]}`}
      onClick={onForget}
    >{t`Forget token`}</Button>
  ) : (
    <Button kind="quiet" aria-label={t`Token for ${names[name]}`} onClick={onEdit}>{t`Token…`}</Button>
  )
}

/** The address of the mirror, kept when the field is left. */
function MirrorAddress({
  address,
  onChange,
}: {
  address: string | null
  onChange: (address: string | null) => void
}): ReactNode {
  const [text, setText] = useState<string | null>(null)
  const value = text ?? address ?? ''
  const trimmed = value.trim()
  const isValid = trimmed === '' || /^https?:$/.test(URL.parse(trimmed)?.protocol ?? '')
  const keep = (): void => {
    if (!isValid) return
    if (trimmed !== (address ?? '')) onChange(trimmed === '' ? null : trimmed)
    setText(null)
  }
  return (
    <div className="pt-1 pb-1">
      <TextField
        aria-label={t`Address of the mirror`}
        aria-invalid={!isValid}
        type="url"
        spellCheck={false}
        autoComplete="off"
        maxLength={2048}
        placeholder="https://hf-mirror.com"
        value={value}
        onChange={(event) => setText(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => event.key === 'Enter' && keep()}
        className="h-8 font-mono text-small"
      />
      {isValid ? null : <p role="alert" className="mt-1 text-danger">{t`Write it as https://host.`}</p>}
    </div>
  )
}

/** A form for the access token of a source that refuses without one; `onKept` tries again with it. */
export function SourceToken({ error, onKept }: { error: ErrorInfo; onKept: () => Promise<void> }): ReactNode {
  const source = error.detail?.source
  if (error.code !== 'SourceRefused' || typeof source !== 'string' || !(source in sourceNames)) return null
  return <TokenForm source={source as SourceName} action={t`Keep and try again`} onKept={onKept} />
}

/** Takes the access token that a source asks for; it is kept in the system's secret storage where there is one. */
function TokenForm({
  source,
  action,
  onKept,
}: {
  source: SourceName
  action: string
  onKept: () => Promise<void>
}): ReactNode {
  const id = useId()
  const [token, setText] = useState('')
  const { busy, error, attempt } = useAttempt()
  const keep = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const kept = await attempt(() => setToken(source, token.trim()))
    if (!kept) return
    setText('')
    await onKept()
  }
  return (
    <form aria-label={t`Token of ${sourceNames[source]}`} onSubmit={(event) => void keep(event)} className="mt-3">
      <label htmlFor={id}>{t`Access token for ${sourceNames[source]}`}</label>
      <div className="mt-1 flex gap-2">
        <TextField
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          maxLength={4096}
          value={token}
          onChange={(event) => setText(event.target.value)}
          className="h-8 min-w-0 flex-1 font-mono text-small"
        />
        <Button type="submit" disabled={busy || token.trim() === ''}>
          {action}
        </Button>
      </div>
      {error ? <ErrorNote message={error.message} className="mt-2" /> : null}
    </form>
  )
}
