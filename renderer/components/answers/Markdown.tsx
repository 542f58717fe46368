import { t } from '@lingui/core/macro'
import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useState } from 'react'
import type { ComponentProps, MouseEvent, ReactNode } from 'react'
import { Streamdown, defaultRehypePlugins, defaultRemarkPlugins } from 'streamdown'
import type { Components, ExtraProps } from 'streamdown'
import { cx } from '../../lib/cx.ts'
import { addressed } from '../../lib/grounding/index.ts'
import { MarkLink } from '../marks/MarkLink.tsx'
import { buttonClass } from '../primitives/Button.tsx'
import { PopupFrame } from '../primitives/Dialog.tsx'
import { TimeLink } from '../video/TimeLink.tsx'
import { CodeBlock } from './CodeBlock.tsx'

interface Node {
  type: string
  value?: string
  children?: Node[]
}

function visit(node: Node): void {
  if (node.type === 'html') node.type = 'text'
  for (const child of node.children ?? []) visit(child)
}

/** A remark plugin: HTML in Markdown becomes the characters it is written with. */
const htmlAsText =
  () =>
  (tree: unknown): void =>
    visit(tree as Node)

/** A tag without the parser's own properties. */
const plain = <T extends keyof HTMLElementTagNameMap>(Tag: T) =>
  function Plain({
    node: _node,
    className: _className,
    style: _style,
    ...props
  }: ComponentProps<T> & ExtraProps & { className?: string; style?: object }) {
    const Element = Tag as string
    return <Element {...props} />
  }

/** A cell of a table, to the side that its column says. */
const cell = (Tag: 'th' | 'td') =>
  function Cell({ children, style }: ComponentProps<'td'> & ExtraProps): ReactNode {
    const side = style?.textAlign
    return <Tag data-side={side === 'right' || side === 'center' ? side : undefined}>{children}</Tag>
  }

/** A picture named in an answer is never fetched: its words and its address are shown instead. */
function PictureAsText({ alt, src }: { alt?: string; src?: unknown }): ReactNode {
  const address = typeof src === 'string' ? src : ''
  return <span className="text-muted">{`[${t`Picture`}${alt ? `: ${alt}` : ''}${address ? ` ${address}` : ''}]`}</span>
}

/** The code of a fenced block and the language it names. */
function codeOf(pre: ExtraProps['node']): { code: string; language: string | null } {
  const inner = pre?.children[0]
  if (inner?.type !== 'element') return { code: '', language: null }
  const names = inner.properties['className']
  const language = Array.isArray(names) ? names.map(String).find((name) => name.startsWith('language-')) : undefined
  const code = inner.children.map((child) => (child.type === 'text' ? child.value : '')).join('')
  return { code: code.replace(/\n$/, ''), language: language?.slice('language-'.length) ?? null }
}

/** A link of an answer: to a place on its picture, to a time of its video, or to an address. */
export function AnswerLink({ href, children }: { href?: unknown; children?: ReactNode }): ReactNode {
  const named = addressed(typeof href === 'string' ? href : undefined)
  if (!named) return <Link href={href}>{children}</Link>
  return 'mark' in named ? (
    <MarkLink index={named.mark}>{children}</MarkLink>
  ) : (
    <TimeLink {...named.time}>{children}</TimeLink>
  )
}

const components: Components = {
  ...Object.fromEntries(
    (
      [
        'p',
        'h1',
        'h2',
        'h3',
        'h4',
        'h5',
        'h6',
        'ul',
        'ol',
        'li',
        'blockquote',
        'hr',
        'strong',
        'em',
        'del',
        'thead',
        'tbody',
        'tr',
        'sup',
        'sub',
        'section',
      ] as const
    ).map((tag) => [tag, plain(tag)]),
  ),
  th: cell('th'),
  td: cell('td'),
  a: ({ href, children }) => <AnswerLink href={href}>{children}</AnswerLink>,
  img: ({ alt, src }) => <PictureAsText alt={alt} src={src} />,
  inlineCode: ({ children }) => <code className="code-inline">{children}</code>,
  pre: ({ node }) => <CodeBlock {...codeOf(node)} />,
  table: ({ children }) => (
    <div className="table-frame" tabIndex={0} role="group" aria-label={t`Table`}>
      <table>{children}</table>
    </div>
  ),
}

const rehypePlugins = defaultRehypePlugins.sanitize ? [defaultRehypePlugins.sanitize] : []
const remarkPlugins = [...Object.values(defaultRemarkPlugins), htmlAsText]

/**
 * An answer's Markdown. The text is untrusted: HTML in it is shown as text, pictures are never fetched, links are
 * http(s) only and ask before they open. `partial`: the text ends where it was cut, and what is open there is closed.
 * `streaming`: more is coming.
 */
export function Markdown({
  text,
  partial = false,
  streaming = false,
}: {
  text: string
  partial?: boolean
  streaming?: boolean
}): ReactNode {
  return (
    <Streamdown
      className={cx('markdown', streaming && 'streaming')}
      mode="streaming"
      parseIncompleteMarkdown={partial || streaming}
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

/** The address of a link as an absolute http(s) URL; null for anything else, which is then shown as text only. */
function safeLink(href: unknown): string | null {
  if (typeof href !== 'string' || !/^https?:\/\//i.test(href)) return null
  try {
    return new URL(href).href
  } catch {
    return null
  }
}

/** A link of an answer: shows its whole address and asks before it opens. What is not http(s) is text. */
function Link({ href, children }: { href: unknown; children: ReactNode }): ReactNode {
  const [asking, setAsking] = useState(false)
  const address = safeLink(href)
  if (!address) return <span>{children}</span>
  const ask = (event: MouseEvent): void => {
    event.preventDefault()
    if (event.button <= 1) setAsking(true)
  }
  return (
    <>
      <a
        href={address}
        rel="noreferrer noopener"
        draggable={false}
        onClick={ask}
        onAuxClick={ask}
        className="text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
      >
        {children}
      </a>
      <AlertDialog.Root open={asking} onOpenChange={setAsking}>
        <PopupFrame kind="alert" className="w-[min(480px,calc(100vw-32px))] p-5">
          <AlertDialog.Title className="text-read font-semibold">{t`Open this address?`}</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-muted">{t`It was written by the model. It opens in your browser, outside Sightline.`}</AlertDialog.Description>
          <p className="mt-3 max-h-40 overflow-y-auto rounded-md bg-sunken p-2.5 font-mono text-small break-all">
            {address}
          </p>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Close className={buttonClass('plain')}>{t`Cancel`}</AlertDialog.Close>
            <a
              href={address}
              target="_blank"
              rel="noreferrer noopener"
              onClick={() => setAsking(false)}
              className={buttonClass('primary')}
            >{t`Open`}</a>
          </div>
        </PopupFrame>
      </AlertDialog.Root>
    </>
  )
}
