import type { ComponentProps, ReactNode } from 'react'
import { Streamdown, defaultRehypePlugins, defaultRemarkPlugins, type Components, type ExtraProps } from 'streamdown'
import { cx } from '../lib/cx.ts'
import { CodeBlock } from './CodeBlock.tsx'
import { htmlAsText } from './htmlAsText.ts'
import { Link } from './Link.tsx'

/** A tag without the parser's own properties. */
const plain = <T extends keyof HTMLElementTagNameMap>(Tag: T) =>
  function Plain({ node: _node, className: _className, style: _style, ...props }: ComponentProps<T> & ExtraProps & { className?: string; style?: object }) {
    const Element = Tag as string
    return <Element {...props} />
  }

/** A picture named in an answer is never fetched: its words and its address are shown instead. */
function PictureAsText({ alt, src }: { alt?: string; src?: unknown }): ReactNode {
  const address = typeof src === 'string' ? src : ''
  return (
    <span className="text-muted">
      [Picture{alt ? `: ${alt}` : ''}
      {address ? ` ${address}` : ''}]
    </span>
  )
}

const components: Components = {
  ...Object.fromEntries(
    (['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'hr', 'strong', 'em', 'del', 'thead', 'tbody', 'tr', 'th', 'td', 'sup', 'sub', 'section'] as const).map(
      (tag) => [tag, plain(tag)],
    ),
  ),
  a: ({ href, children }) => <Link href={href}>{children}</Link>,
  img: ({ alt, src }) => <PictureAsText alt={alt} src={src} />,
  inlineCode: ({ children }) => <code className="code-inline">{children}</code>,
  code: ({ className, children }) => <CodeBlock language={/language-(\S+)/.exec(className ?? '')?.[1] ?? null}>{children}</CodeBlock>,
  pre: ({ children }) => <>{children}</>,
  table: ({ children }) => (
    <div className="table-frame" tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
}

const rehypePlugins = defaultRehypePlugins.sanitize ? [defaultRehypePlugins.sanitize] : []
const remarkPlugins = [...Object.values(defaultRemarkPlugins), htmlAsText]

/**
 * An answer's Markdown. The text is untrusted: HTML in it is shown as text, pictures are never fetched, links are
 * http(s) only and ask before they open.
 */
export function Markdown({ text, streaming = false }: { text: string; streaming?: boolean }): ReactNode {
  return (
    <Streamdown
      className={cx('markdown', streaming && 'streaming')}
      mode="streaming"
      parseIncompleteMarkdown={streaming}
      components={components}
      rehypePlugins={rehypePlugins}
      remarkPlugins={remarkPlugins}
      controls={false}
      linkSafety={{ enabled: false }}
      dir="auto"
    >
      {text}
    </Streamdown>
  )
}
