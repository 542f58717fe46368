import { t } from '@lingui/core/macro'
import type { Found, SearchHit } from '#contract'
import { Image } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import type { Shown } from '../../../lib/finding.ts'
import { count, counted } from '../../../lib/format.ts'
import { pictureUrl, useHost } from '../../../lib/host.ts'
import { call } from '../../../lib/rpc.ts'
import { useToday } from '../../../lib/useToday.ts'
import { splitSnippet, walk } from '../state.ts'
import { useConversationList } from '../store.ts'
import { changeFilter, isFiltered, noFilter, toSearchFilter, useSearching } from './searching.ts'
import type { ListFilter } from './searching.ts'

/** Opens a conversation (null: a new one), at the message that a search found where it found one. */
export type OpenFound = (conversationId: string | null, found?: Shown) => void

/** Waiting time after a keystroke before searching, in ms. */
const TYPING_MS = 150
/** So many conversations are shown at most: of what words find, and of what a filter alone lets through. */
const MOST = { words: 30, all: 100 } as const

interface Results {
  readonly query: string
  readonly isFiltered: boolean
  readonly found: readonly Found[]
  readonly failure: string | null
}

const mostOf = (query: string): number => (query === '' ? MOST.all : MOST.words)

/** What a search finds, also after conversations are answered, renamed or removed, in whichever window. */
function useSearch(query: string, filter: ListFilter): Results | null {
  const [results, setResults] = useState<Results | null>(null)
  const conversations = useConversationList(({ byId }) => byId)
  const today = useToday()
  useEffect(() => {
    const stop = new AbortController()
    const asked = { query, isFiltered: isFiltered(filter) }
    const timer = setTimeout(() => {
      call((core) =>
        core.conversations.search(
          { query, filter: toSearchFilter(filter, today), limit: mostOf(query) },
          { signal: stop.signal },
        ),
      ).then(
        (found) => stop.signal.aborted || setResults({ ...asked, found, failure: null }),
        (thrown: unknown) =>
          stop.signal.aborted || setResults({ ...asked, found: [], failure: toAppError(thrown).message }),
      )
    }, TYPING_MS)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [query, filter, today, conversations])
  return results
}

/**
 * The results of the search: conversations, each with the messages that were found in it. The last results stay until the
 * new ones are there. The arrow keys go through them.
 */
export function SearchResults({ current, onOpen }: { current: string | null; onOpen: OpenFound }): ReactNode {
  const query = useSearching((state) => state.query.trim())
  const filter = useSearching((state) => state.filter)
  const results = useSearch(query, filter)
  if (!results) return <p className="px-2 py-1 text-muted">{t`Searching…`}</p>
  if (results.failure)
    return (
      <p role="alert" className="px-2 py-1 text-danger">
        {results.failure}
      </p>
    )
  const { found } = results
  if (found.length === 0) return <NothingFound results={results} />
  return (
    <div onKeyDown={(event: KeyboardEvent<HTMLElement>) => walk(event)}>
      <p role="status" className="sr-only">
        {t`${counted(found.length, 'conversation')} found`}
      </p>
      <ul aria-label={t`Search results`} className="flex flex-col gap-1">
        {found.map((one) => (
          <FoundConversation key={one.conversation.id} found={one} query={results.query} {...{ current, onOpen }} />
        ))}
      </ul>
      {found.length === mostOf(results.query) ? (
        <p className="px-2 py-2 text-small text-subtle">
          {results.query === ''
            ? t`These are the first ${count(found.length)}. Search to find others.`
            : t`These are the first ${count(found.length)}. Type more to find others.`}
        </p>
      ) : null}
    </div>
  )
}

function NothingFound({ results }: { results: Results }): ReactNode {
  return (
    <div className="flex flex-col items-start gap-2 px-2 py-1">
      <p role="status" className="text-muted [overflow-wrap:anywhere]">
        {results.query === ''
          ? t`No conversation is like that.`
          : results.isFiltered
            ? t`No conversation mentions “${results.query}” and is like that.`
            : t`No conversation mentions “${results.query}”.`}
      </p>
      {results.isFiltered ? <Button onClick={() => changeFilter(noFilter)}>{t`Clear the filter`}</Button> : null}
    </div>
  )
}

/** Marks in a text of the core what was found. */
function Marked({ text }: { text: string }): ReactNode {
  return splitSnippet(text).map((piece, index) => (piece.hit ? <mark key={index}>{piece.text}</mark> : piece.text))
}

const rowClass = 'flex w-full flex-col rounded-md px-2 py-1.5 text-left hover:bg-hover'

/** A conversation: its title with what was found first, then what else was found in it. */
function FoundConversation({
  found: { conversation, title, hits, more },
  query,
  current,
  onOpen,
}: {
  found: Found
  query: string
  current: string | null
  onOpen: OpenFound
}): ReactNode {
  const { id } = conversation
  const [first, ...others] = hits
  const open = (hit: SearchHit | undefined): void => onOpen(id, hit && { query, messageId: hit.messageId })
  return (
    <li>
      <button
        type="button"
        data-conversation-link
        aria-current={id === current ? 'page' : undefined}
        onClick={() => open(first)}
        className={cx(rowClass, id === current && 'bg-active')}
      >
        <span className="flex w-full items-baseline gap-2">
          <span className="min-w-0 flex-1 truncate">
            {title === null ? conversation.title : <Marked text={title} />}
          </span>
          {conversation.archived ? <span className="shrink-0 text-small text-muted">{t`Archived`}</span> : null}
        </span>
        {first ? <Snippet hit={first} /> : null}
      </button>
      {others.length === 0 ? null : (
        <ul aria-label={t`More in ${conversation.title}`} className="ml-2 flex flex-col border-l border-hairline pl-1">
          {others.map((hit) => (
            <li key={hit.messageId}>
              <button type="button" data-conversation-link onClick={() => open(hit)} className={rowClass}>
                <Snippet hit={hit} />
              </button>
            </li>
          ))}
          {more ? <li className="px-2 py-1 text-small text-subtle">{t`and more in this conversation`}</li> : null}
        </ul>
      )}
    </li>
  )
}

/** The words around a hit; a screen reader hears whose they are. */
function Snippet({ hit }: { hit: SearchHit }): ReactNode {
  return (
    <span className="line-clamp-2 w-full text-small text-muted [overflow-wrap:anywhere]">
      <span className="sr-only">{hit.role === 'user' ? t`Question:` : t`Answer:`} </span>
      {hit.picture ? <ShownPicture picture={hit.picture} /> : null}
      {hit.in === 'file' ? <Image role="img" aria-label={t`File`} className="mr-1 inline size-3 align-[-1px]" /> : null}
      <Marked text={hit.snippet} />
    </span>
  )
}

/** The picture that a hit was seen in: small, and by its name. */
function ShownPicture({ picture: { sha, name } }: { picture: NonNullable<SearchHit['picture']> }): ReactNode {
  const host = useHost((state) => state.host)
  return (
    <>
      <img
        src={pictureUrl(host, sha, 'thumb')}
        alt={t`Picture`}
        className="mr-1.5 inline size-4 rounded-[3px] object-cover align-[-3px]"
      />
      <span className="text-ink">{name}: </span>
    </>
  )
}
