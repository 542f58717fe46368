// @vitest-environment happy-dom
import type { EngineStatus } from '#contract'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { useEngine } from '../../lib/engine.ts'
import { keepThinking, setThinks, thinkingIn } from '../../lib/thinking.ts'
import { clearPage } from '../../testing/page.ts'
import { ThinkingToggle } from './ThinkingToggle.tsx'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)
afterEach(() => {
  clearPage()
  for (const id of [null, 'c', 'd']) setThinks(id, false)
})

const template = (thinking: EngineStatus['thinking']): void =>
  act(() => useEngine.setState({ status: { thinking } as EngineStatus }))
const toggle = (): HTMLElement | null => screen.queryByRole('button', { name: /^Think before answering/ })

test('the switch is there where the model has one; where it always thinks that is said', () => {
  template(null)
  const { container } = render(<ThinkingToggle conversationId={null} />)
  expect(container.textContent).toBe('')
  template('none')
  expect(container.textContent).toBe('')
  template('always')
  expect(container.textContent).toBe('Always thinks')
  expect(toggle()).toBeNull()
  template('switch')
  expect(toggle()?.getAttribute('aria-pressed')).toBe('false')
})

test('it is off until it is pressed, for this conversation alone', () => {
  template('switch')
  const { rerender } = render(<ThinkingToggle conversationId="c" />)
  expect(thinkingIn('c')).toEqual({})
  fireEvent.click(toggle()!)
  expect(toggle()!.getAttribute('aria-pressed')).toBe('true')
  expect(thinkingIn('c')).toEqual({ thinking: 'on' })
  rerender(<ThinkingToggle conversationId="d" />)
  expect(toggle()!.getAttribute('aria-pressed')).toBe('false')
  rerender(<ThinkingToggle conversationId="c" />)
  fireEvent.click(toggle()!)
  expect(thinkingIn('c')).toEqual({})
})

test('what was chosen for a new conversation goes with it, and the next one begins without', () => {
  template('switch')
  render(<ThinkingToggle conversationId={null} />)
  fireEvent.click(toggle()!)
  act(() => keepThinking('d'))
  expect([thinkingIn('d'), thinkingIn(null)]).toEqual([{ thinking: 'on' }, {}])
  expect(toggle()!.getAttribute('aria-pressed')).toBe('false')
})
