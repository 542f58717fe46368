// @vitest-environment happy-dom
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { AnswerParser } from '#contract'
import { afterEach, expect, test, vi } from 'vitest'
import { clearPage } from '../../testing/page.ts'
import { Document } from './Document.tsx'
import type { PagePicture } from './Document.tsx'

afterEach(clearPage)

const picture = (n: number): PagePicture => ({
  name: `page-${n}.png`,
  url: `/page-${n}`,
  width: 900,
  height: 1200,
  seen: null,
})
const show = (text: string, parser: AnswerParser = 'markdown', pages = 1, work: string | null = null): void => {
  const pictures = Array.from({ length: pages }, (_, i) => picture(i + 1))
  render(<Document text={text} parser={parser} pictures={pictures} work={work} isWide />)
}
const region = (box: string, type: string, content: string): string =>
  `<|box_start|>${box}<|box_end|><|ref_start|>${type}<|ref_end|>\n${content}\n`

test('a page is shown with its headings, tables and lists; of its HTML nothing else', () => {
  show(
    '# Top\n\n<table onclick="x"><tr><th>a</th></tr><tr><td>12</td></tr></table>\n\n- one\n\n<script>alert(1)</script>',
  )
  expect(screen.getByRole('heading', { name: 'Top' })).toBeTruthy()
  expect(screen.getByRole('columnheader').textContent).toBe('a')
  expect(screen.getByRole('cell').className).toBe('is-number')
  expect(screen.getByRole('listitem').textContent).toBe('one')
  expect(screen.getByText('<script>alert(1)</script>')).toBeTruthy()
  expect(document.querySelector('script, [onclick]')).toBeNull()
})

test('only a cell of many words is kept from being as narrow as its longest one', () => {
  show('<table><tr><td>North</td><td>a little frost in the second week of April</td><td>4.1</td></tr></table>')
  expect(screen.getAllByRole('cell').map(({ className }) => className)).toEqual(['', 'is-long', 'is-number'])
})

test('a formula is set once what sets it is there', async () => {
  // as a page with a doctype is, without which KaTeX sets nothing
  Object.assign(document, { compatMode: 'CSS1Compat' })
  show('$$\nx^2\n$$')
  // KaTeX is loaded with the first formula
  await waitFor(() => expect(document.querySelector('.formula-frame .katex')).toBeTruthy(), { timeout: 20_000 })
})

test('a block lights its box, and a box its block', () => {
  show(region('100 100 900 200', 'title', 'A') + region('100 300 900 400', 'text', 'B'), 'mineru')
  const box = (order: number) => document.querySelector(`[data-box="${order}"]`) as HTMLElement
  const block = (order: number) => document.querySelector(`[data-block="${order}"]`) as HTMLElement
  expect(box(0).style.left).toBe('10%')
  fireEvent.pointerEnter(block(1))
  expect([box(0).dataset['lit'], box(1).dataset['lit']]).toEqual([undefined, 'true'])
  fireEvent.pointerLeave(block(1))
  fireEvent.pointerEnter(box(0))
  expect([block(0).dataset['lit'], block(1).dataset['lit']]).toEqual(['true', undefined])
})

test('several pages are told apart; one that was turned and one that could not be read say so', () => {
  show('One\n\f\n<!-- turned 90 -->\nTwo\n\f\n<!-- not read: page-3.png is damaged. -->\n\f\n', 'markdown', 3)
  expect(screen.getByText('2 of 3 pages')).toBeTruthy()
  expect(within(screen.getByRole('article', { name: 'Page 2' })).getByText(/lay on its side/)).toBeTruthy()
  expect(within(screen.getByRole('article', { name: 'Page 3' })).getByText(/could not be read/)).toBeTruthy()
})

test('what was read of a page before it failed is shown below why it did', () => {
  show('<!-- not read: The engine ended. -->\nHalf a page\n\f\nTwo\n\f\n', 'markdown', 2)
  const first = within(screen.getByRole('article', { name: 'Page 1' }))
  expect(first.getByText('This page could not be read as a whole: The engine ended.')).toBeTruthy()
  expect(first.getByText('Half a page')).toBeTruthy()
  expect(screen.getByText('1 of 2 pages')).toBeTruthy()
})

test('what is being done is told below, and what the model wrote is one click away', async () => {
  show('---\nprimary_language: en\n---\nWords', 'olmocr', 2, 'Reading page 1 of 2')
  expect(screen.getByRole('status').textContent).toBe('Reading page 1 of 2')
  expect(screen.queryByText(/primary_language/)).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'As written' }))
  expect(screen.getByLabelText('As the model wrote it').textContent).toContain('primary_language')
})

test('it is copied as Markdown, HTML or plain text', async () => {
  const user = userEvent.setup()
  const written = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  show('**bold** words')
  const copy = async (kind: string): Promise<void> => {
    await user.click(screen.getByRole('button', { name: /^(Copy the document|Copied)$/ }))
    await user.click(await screen.findByRole('menuitem', { name: kind }))
  }
  await copy('Markdown')
  await waitFor(() => expect(written).toHaveBeenLastCalledWith('**bold** words\n'))
  await copy('Plain text')
  await waitFor(() => expect(written).toHaveBeenLastCalledWith('bold words\n'))
  await copy('HTML')
  await waitFor(() => expect(written.mock.lastCall?.[0]).toContain('<p><strong>bold</strong> words</p>'))
})
