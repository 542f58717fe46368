import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { Markdown } from './Markdown.tsx'

const html = (text: string, how: { partial?: boolean; streaming?: boolean } = {}): string =>
  renderToStaticMarkup(<Markdown text={text} {...how} />)

describe('answers are untrusted Markdown', () => {
  test('a remote picture is shown as its words and address, and nothing is fetched', () => {
    const out = html('Look: ![a cat](http://evil.test/x.png?q=secret)')
    expect(out).not.toMatch(/<img|srcset|url\(/)
    expect(out).toContain('a cat')
    expect(out).toContain('http://evil.test/x.png?q=secret')
  })

  test('HTML is shown as text', () => {
    const out = html(
      '<img src=x onerror=alert(1)><script>alert(1)</script>\n\n<iframe src="http://evil.test"></iframe>\n\n<style>*{}</style> <b>bold</b>',
    )
    expect(out).not.toMatch(/<(img|script|iframe|style|b)\b/)
    expect(out).toContain('&lt;script&gt;')
    expect(out).toContain('&lt;iframe')
  })

  test('http(s) links keep their address, everything else becomes text', () => {
    expect(html('[site](https://example.test/a)')).toMatch(
      /<a href="https:\/\/example\.test\/a" rel="noreferrer noopener"/,
    )
    for (const bad of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'data:text/html,x',
      'app://attachment/x',
      '//evil.test',
      '/relative',
    ]) {
      const out = html(`[site](${bad})`)
      expect(out).not.toContain('<a ')
      expect(out).toContain('site')
    }
  })

  test('structure survives: headings, lists, tables, code', () => {
    const out = html(
      '# Title\n\n- one\n- two\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```ts\nlet x = 1\n```\n\nand `inline`',
    )
    for (const part of [
      '<h1',
      '<li',
      '<td',
      '<pre',
      'Code in ts',
      '<code>let x = 1</code>',
      '<code class="code-inline">inline</code>',
    ])
      expect(out).toContain(part)
  })

  test('half-written Markdown is closed while it streams and where it was cut', () => {
    expect(html('It is **very re', { streaming: true })).toContain('<strong>very re</strong>')
    expect(html('It is **very re', { partial: true })).toContain('<strong>very re</strong>')
    expect(html('It is **very re')).toContain('**very re')
  })

  test('task lists do not bring live controls', () => {
    expect(html('- [x] done')).toMatch(/<input[^>]*disabled/)
  })
})
