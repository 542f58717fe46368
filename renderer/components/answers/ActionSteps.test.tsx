// @vitest-environment happy-dom
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { readActions } from '../../lib/grounding/index.ts'
import { clearPage } from '../../testing/page.ts'
import { MarkContext } from '../marks/MarkLink.tsx'
import { ActionSteps } from './ActionSteps.tsx'

afterEach(clearPage)

const show = (text: string, streaming = false, onHighlight = vi.fn()) => {
  const links = { count: 1, highlighted: null, onHighlight, onSelect: vi.fn() }
  render(
    <MarkContext value={links}>
      <ActionSteps answer={readActions(text, streaming)} numbers={[0]} partial={streaming} streaming={streaming} />
    </MarkContext>,
  )
  return links
}

test('actions are lines that light their places, the thought is folded, and it is said that nothing is done', async () => {
  const links = show("Thought: The left one.\nAction: click(start_box='(1,2)')\n\ntype(content='hello')")
  const [click, type] = within(screen.getByRole('list', { name: 'What the model would do' })).getAllByRole('listitem')
  expect([click!.textContent, type!.textContent]).toEqual(['Click', 'Type “hello”'])
  expect(within(type!).queryByRole('button')).toBeNull()
  await userEvent.hover(within(click!).getByRole('button'))
  expect(links.onHighlight).toHaveBeenCalledWith(0)
  expect(screen.queryByText('The left one.')).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Thought' }))
  expect(screen.getByTestId('thought').textContent).toBe('The left one.')
  expect(screen.getByText('Only shown: Sightline does none of it.')).toBeTruthy()
})

test('while it is written there is a thought, and nothing of an action that is not whole', () => {
  show("Thought: The left one.\nAction: click(start_box='(1", true)
  expect(screen.getByRole('button', { name: 'Thinking…' })).toBeTruthy()
  expect(screen.queryByRole('list')).toBeNull()
  expect(document.body.textContent).not.toContain('start_box')
})

test('words beside an action are Markdown', () => {
  show('The order is **placed**.\n<tool_call>\n{"name": "c", "arguments": {"action": "terminate"}}\n</tool_call>')
  expect(screen.getByText('placed').tagName).toBe('STRONG')
  expect(screen.getByRole('listitem').textContent).toBe('Done')
  expect(document.body.textContent).not.toContain('tool_call')
})
