// @vitest-environment happy-dom
import type { Conversation } from '#contract'
import { act, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage } from '../../testing/page.ts'
import { SearchResults } from './search/SearchResults.tsx'
import { noFilter, useSearching } from './search/searching.ts'
import { applyListEvent, emptyList } from './state.ts'
import { useConversationList } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)
afterEach(clearPage)

const named = (id: string, title: string): Conversation => ({ id, title, createdAt: 1, updatedAt: 1, leafId: null })

test('results follow what is renamed and removed in another window', async () => {
  const red = named('a', 'Red circle')
  let stored = [red, named('b', 'Red square')]
  useConversationList.setState(applyListEvent(emptyList, { type: 'snapshot', conversations: stored }))
  core['conversations'] = {
    search: () =>
      Promise.resolve(
        stored.map((conversation) => ({ conversation, title: conversation.title, hits: [], more: false })),
      ),
  }
  useSearching.setState({ query: 'red', filter: noFilter })
  render(<SearchResults current={null} onOpen={() => {}} />)
  const titles = () => screen.queryAllByRole('button').map((button) => button.firstChild?.textContent)
  await waitFor(() => expect(titles()).toEqual(['Red circle', 'Red square']))
  const change = (next: Conversation[], event: Parameters<typeof applyListEvent>[1]) => {
    stored = next
    act(() => useConversationList.setState((state) => applyListEvent(state, event)))
  }
  change([{ ...red, title: 'Red disc' }, stored[1]!], { type: 'upsert', conversation: { ...red, title: 'Red disc' } })
  await waitFor(() => expect(titles()).toEqual(['Red disc', 'Red square']))
  change(stored.slice(0, 1), { type: 'removed', id: 'b' })
  await waitFor(() => expect(titles()).toEqual(['Red disc']))
})
