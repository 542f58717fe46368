// @vitest-environment happy-dom
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { highlightCode } from '../../lib/highlightCode.ts'
import { clearPage } from '../../testing/page.ts'
import { CodeBlock } from './CodeBlock.tsx'

afterEach(clearPage)

test('code gets the colours of its language once those are loaded, and no word is changed', async () => {
  const code = 'const x = "<b>" // one'
  render(<CodeBlock language="ts" code={code} />)
  const block = screen.getByLabelText('Code in ts')
  expect(block.textContent).toBe(code)
  await waitFor(() => expect(block.querySelector('.hljs-keyword')?.textContent).toBe('const'), { timeout: 20_000 })
  expect(block.textContent).toBe(code)
  expect(block.querySelector('b')).toBeNull()
})

test('a language that is not known is plain', () => {
  expect(highlightCode('a b', 'klingon')).toBeNull()
  expect(highlightCode('{"a": 1}', 'JSON')).not.toBeNull()
})

test('long lines are wrapped when that is wanted', async () => {
  render(<CodeBlock language={null} code="a long line" />)
  const wrap = screen.getByRole('button', { name: 'Wrap long lines' })
  expect(wrap.getAttribute('aria-pressed')).toBe('false')
  await userEvent.click(wrap)
  expect(wrap.getAttribute('aria-pressed')).toBe('true')
  expect(screen.getByLabelText('Code').className).toContain('whitespace-pre-wrap')
})
