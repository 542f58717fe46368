import { t } from '@lingui/core/macro'
import type { AnswerParser, Size } from '#contract'
import { Check, Copy, Download, RotateCw, TriangleAlert } from 'lucide-react'
import { memo, useMemo, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { announce } from '../../lib/announce.ts'
import { saveFile, useCopied } from '../../lib/copyAndSave.ts'
import { cx } from '../../lib/cx.ts'
import { BESIDE, exportDocument, formulaAsTex, pictureName, readDocument } from '../../lib/documents.ts'
import type { BlockType, DocumentBlock, DocumentFormat, DocumentPage, PageBox } from '../../lib/documents.ts'
import { iconButtonClass } from '../primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../primitives/Menu.tsx'
import { DocumentNodes } from './DocumentNodes.tsx'
import { counted } from '../../lib/format.ts'

/** The picture that a page was read from. */
export interface PagePicture extends Size {
  readonly name: string
  readonly url: string
  /** In pixels as the model got it; null: not known. */
  readonly seen: Size | null
}

/**
 * An answer that is a document: page by page as it was read, with the page's picture beside it where there is room, or as
 * the model wrote it. `pictures`: of the pages, in order. `work`: what is being done for it just now; null: nothing is.
 * `isWide`: it may be wider than the column of the conversation.
 */
export function Document({
  text,
  parser,
  pictures,
  work,
  isWide,
}: {
  text: string
  parser: AnswerParser
  pictures: readonly PagePicture[]
  work: string | null
  isWide: boolean
}): ReactNode {
  const [asWritten, setAsWritten] = useState(false)
  const pages = useMemo(
    () =>
      readDocument(
        text,
        parser,
        pictures.map(({ seen }) => seen),
      ),
    [text, parser, pictures],
  )
  const hasPictures = !asWritten && pictures.length > 0
  return (
    <section
      aria-label={t`Document`}
      data-testid="document"
      className={cx(
        '@container/document flex w-full flex-col overflow-clip rounded-lg border border-hairline bg-raised',
        isWide && hasPictures && 'self-center @min-[900px]:w-[min(1100px,calc(100cqw-3rem))]',
      )}
    >
      <div className="flex min-h-9 flex-wrap items-center gap-x-2 border-b border-hairline bg-sunken py-1 pr-1.5 pl-3 text-small">
        <span className="min-w-0 flex-1 truncate text-muted tabular-nums">{summary(pages, pictures.length)}</span>
        <ViewSwitch asWritten={asWritten} onChange={setAsWritten} />
        <CopyMenu pages={pages} name={nameOf(pictures)} />
        <SaveMenu pages={pages} name={nameOf(pictures)} />
      </div>
      {asWritten ? (
        <pre
          className="max-h-[36rem] overflow-auto p-3 font-mono text-ui leading-5 whitespace-pre-wrap [overflow-wrap:anywhere]"
          tabIndex={0}
          aria-label={t`As the model wrote it`}
          dir="ltr"
        >
          {text.replaceAll('\f', '─'.repeat(24))}
        </pre>
      ) : (
        <div className="divide-y divide-hairline">
          {pages.map((page, index) => (
            <Page
              key={index}
              page={page}
              picture={pictures[index] ?? null}
              isOnly={pages.length === 1 && pictures.length <= 1}
              isStreaming={work !== null && index === pages.length - 1}
            />
          ))}
        </div>
      )}
      {work === null ? null : (
        <p
          role="status"
          aria-live="off"
          data-testid="document-work"
          className="relative flex h-9 items-center border-t border-hairline px-3 text-small text-muted tabular-nums"
        >
          {work}
          <span className="work-edge" />
        </p>
      )}
    </section>
  )
}

function summary(pages: readonly DocumentPage[], wanted: number): string {
  const read = pages.filter(({ isWhole, failure }) => isWhole && failure === null).length
  if (wanted > 1) return read < wanted ? t`${read} of ${wanted} pages` : counted(wanted, 'page')
  return counted(pages.length, 'page')
}

/** What the document is saved as: after its first picture. */
const nameOf = (pictures: readonly PagePicture[]): string => pictures[0]?.name.replace(/\.[^.]*$/, '') || 'document'

const choice = 'h-6 rounded-md px-2 select-none'

function ViewSwitch({
  asWritten,
  onChange,
}: {
  asWritten: boolean
  onChange: (asWritten: boolean) => void
}): ReactNode {
  return (
    <div role="group" aria-label={t`Shown as`} className="flex gap-0.5">
      {[t`Document`, t`As written`].map((label) => {
        const pressed = (label === 'As written') === asWritten
        return (
          <button
            key={label}
            type="button"
            aria-pressed={pressed}
            onClick={() => onChange(label === 'As written')}
            className={cx(
              choice,
              pressed ? 'bg-active font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
            )}
          >
            {label}
          </button>
        )
      })}
    </div>
  )
}

const FORMATS: readonly (readonly [DocumentFormat, string, string, string])[] = [
  ['markdown', 'Markdown', 'md', 'text/markdown'],
  ['html', 'HTML', 'html', 'text/html'],
  ['text', t`Plain text`, 'txt', 'text/plain'],
]

/** A document in a form of others; formulas in HTML as MathML, or as LaTeX where what writes that could not be loaded. */
async function write(pages: readonly DocumentPage[], format: DocumentFormat, title: string): Promise<string> {
  if (format !== 'html') return exportDocument(pages, format)
  const formula = await import('../../lib/formulas.ts').then(
    ({ formulaAsMathml }) => formulaAsMathml,
    () => formulaAsTex,
  )
  return exportDocument(pages, format, { title, formula })
}

function CopyMenu({ pages, name }: { pages: readonly DocumentPage[]; name: string }): ReactNode {
  const [copied, copy] = useCopied()
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger className={iconButtonClass('small')} aria-label={copied ? t`Copied` : t`Copy the document`}>
          {copied ? <Check /> : <Copy />}
        </MenuTrigger>
      }
    >
      {FORMATS.map(([format, label]) => (
        <MenuItem key={format} onSelect={() => void write(pages, format, name).then(copy)}>
          {label}
        </MenuItem>
      ))}
    </Menu>
  )
}

function SaveMenu({ pages, name }: { pages: readonly DocumentPage[]; name: string }): ReactNode {
  const save = async (format: DocumentFormat, ending: string, mime: string): Promise<void> => {
    const file = `${name}.${ending}`
    saveFile(file, new Blob([await write(pages, format, name)], { type: mime }))
    announce(t`Saved as ${file}`)
  }
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger className={iconButtonClass('small')} aria-label={t`Save the document as`}>
          <Download />
        </MenuTrigger>
      }
    >
      {FORMATS.map(([format, label, ending, mime]) => (
        <MenuItem key={format} onSelect={() => void save(format, ending, mime)}>
          {label} (.{ending})
        </MenuItem>
      ))}
    </Menu>
  )
}

/** One page: its picture where there is room, and what was read; a block and its box light each other. */
const Page = memo(function Page({
  page,
  picture,
  isOnly,
  isStreaming,
}: {
  page: DocumentPage
  picture: PagePicture | null
  isOnly: boolean
  isStreaming: boolean
}): ReactNode {
  const [lit, setLit] = useState<number | null>(null)
  const content = useRef<HTMLDivElement>(null)
  const blocks = page.blocks.filter(({ nodes, type }) => nodes.length > 0 && !BESIDE.includes(type))
  const beside = page.blocks.filter(({ nodes, type }) => nodes.length > 0 && BESIDE.includes(type))
  const show = (order: number): void => {
    content.current?.querySelector(`[data-block="${order}"]`)?.scrollIntoView({ block: 'nearest', behavior: 'smooth' })
  }
  return (
    <article
      aria-label={t`Page ${page.number}`}
      data-page={page.number}
      className={cx('grid gap-x-5 p-4', picture && '@min-[680px]/document:grid-cols-[minmax(0,38%)_minmax(0,1fr)]')}
    >
      {picture ? (
        <div className="hidden @min-[680px]/document:block">
          <PageImage picture={picture} page={page} lit={lit} onLit={setLit} onChoose={show} />
        </div>
      ) : null}
      <div ref={content} className="flex min-w-0 flex-col">
        {isOnly ? null : (
          <p className="mb-2 flex items-baseline gap-2 text-small font-medium text-muted tabular-nums">
            <span className="shrink-0">{t`Page ${page.number}`}</span>
            {picture ? <span className="min-w-0 truncate font-normal text-subtle">{picture.name}</span> : null}
          </p>
        )}
        {page.notes.map((note) => (
          <p
            key={note}
            className={cx(
              'mb-2 flex items-start gap-2 rounded-md px-2.5 py-2 text-ui [&>svg]:mt-px [&>svg]:size-4 [&>svg]:shrink-0',
              page.failure === null
                ? 'border border-hairline text-muted'
                : 'bg-danger-soft text-ink [&>svg]:text-danger',
            )}
          >
            {page.failure === null ? <RotateCw aria-hidden /> : <TriangleAlert aria-hidden />}
            {note}
          </p>
        ))}
        <div
          className={cx('markdown document', isStreaming && 'streaming')}
          dir="auto"
          {...(page.language && { lang: page.language })}
        >
          {blocks.map((block) => (
            <Block
              key={block.order}
              block={block}
              picture={page.turned === 0 ? picture : null}
              isLit={lit === block.order}
              onLit={setLit}
            />
          ))}
        </div>
        {blocks.length === 0 && page.failure === null && !isStreaming ? (
          <p className="text-read text-muted">{t`There is no text on this page.`}</p>
        ) : null}
        {beside.length > 0 ? <Beside blocks={beside} lit={lit} onLit={setLit} /> : null}
      </div>
    </article>
  )
})

const Block = memo(
  function Block({
    block,
    picture,
    isLit,
    onLit,
  }: {
    block: DocumentBlock
    /** Of its page, in which its box counts. */
    picture: PagePicture | null
    isLit: boolean
    onLit: (order: number | null) => void
  }): ReactNode {
    const hasBox = block.box !== null
    return (
      <div
        data-block={block.order}
        data-type={block.type}
        data-lit={isLit || undefined}
        className={cx('document-block', hasBox && 'has-box')}
        {...(hasBox && { onPointerEnter: () => onLit(block.order), onPointerLeave: () => onLit(null) })}
      >
        {block.type === 'picture' && block.box && picture ? (
          <PictureCrop picture={picture} box={block.box} alt={altOf(block)} />
        ) : (
          <DocumentNodes nodes={block.nodes} />
        )}
      </div>
    )
  },
  // blocks are read anew with every word: one whose text is the same is the same
  (before, now) =>
    before.isLit === now.isLit &&
    before.onLit === now.onLit &&
    before.picture === now.picture &&
    before.block.markdown === now.block.markdown &&
    before.block.type === now.block.type &&
    before.block.order === now.block.order &&
    (before.block.box === null) === (now.block.box === null),
)

const altOf = ({ nodes }: DocumentBlock): string => (nodes[0]?.type === 'picture' ? nodes[0].alt : '')

/** A picture within a page, cut out of the page's own picture. */
function PictureCrop({ picture, box, alt }: { picture: PagePicture; box: PageBox; alt: string }): ReactNode {
  const [width, height] = [box.x2 - box.x1, box.y2 - box.y1]
  const ratio = (width * picture.width) / (height * picture.height)
  return (
    <figure>
      <div
        className="relative overflow-hidden rounded-md border border-hairline bg-mat"
        style={{ aspectRatio: String(ratio), width: `min(100%, 20rem, calc(16rem * ${ratio}))` }}
      >
        <img
          src={picture.url}
          alt={pictureName(alt)}
          draggable={false}
          loading="lazy"
          className="absolute max-w-none"
          style={{
            width: `${100 / width}%`,
            height: `${100 / height}%`,
            left: `${(-box.x1 * 100) / width}%`,
            top: `${(-box.y1 * 100) / height}%`,
          }}
        />
      </div>
      {alt ? <figcaption className="mt-1 text-ui text-muted">{alt}</figcaption> : null}
    </figure>
  )
}

const NAMES: Partial<Record<BlockType, string>> = {
  header: t`Running title`,
  footer: t`Footer`,
  page_number: t`Page number`,
  aside: t`In the margin`,
  watermark: t`Watermark`,
}

/** What stands on the page beside what is read, in small; no export has it. */
function Beside({
  blocks,
  lit,
  onLit,
}: {
  blocks: readonly DocumentBlock[]
  lit: number | null
  onLit: (order: number | null) => void
}): ReactNode {
  return (
    <dl
      aria-label={t`Also on the page`}
      className="mt-4 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 border-t border-hairline pt-2 text-small text-muted"
    >
      {blocks.map(({ type, order, markdown }) => (
        <div key={order} className="contents" onPointerEnter={() => onLit(order)} onPointerLeave={() => onLit(null)}>
          <dt className="text-subtle">{NAMES[type] ?? type}</dt>
          <dd className={cx('[overflow-wrap:anywhere]', lit === order && 'text-ink')}>{markdown}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The picture of a page with the boxes of its blocks. A turned page is shown as it lies. */
function PageImage({
  picture,
  page,
  lit,
  onLit,
  onChoose,
}: {
  picture: PagePicture
  page: DocumentPage
  lit: number | null
  onLit: (order: number | null) => void
  onChoose: (order: number) => void
}): ReactNode {
  const boxed = page.turned === 0 ? page.blocks.filter(({ box }) => box !== null) : []
  return (
    <div
      className="group/picture sticky top-4 mx-auto overflow-hidden rounded-md border border-hairline bg-mat"
      style={{
        aspectRatio: `${picture.width} / ${picture.height}`,
        width: `min(100%, calc(80vh * ${picture.width / picture.height}))`,
      }}
    >
      <img
        src={picture.url}
        alt={picture.name}
        draggable={false}
        className="block size-full"
        decoding="async"
        loading="lazy"
      />
      <div className="absolute inset-0" aria-hidden data-testid="boxes">
        {boxed.map(({ box, order, type }) => (
          <div
            key={order}
            data-box={order}
            data-lit={lit === order || undefined}
            title={`${order + 1} · ${type.replaceAll('_', ' ')}`}
            className="document-box"
            style={{
              left: `${box!.x1 * 100}%`,
              top: `${box!.y1 * 100}%`,
              width: `${(box!.x2 - box!.x1) * 100}%`,
              height: `${(box!.y2 - box!.y1) * 100}%`,
            }}
            onPointerEnter={() => onLit(order)}
            onPointerLeave={() => onLit(null)}
            onClick={() => onChoose(order)}
          >
            <span>{order + 1}</span>
          </div>
        ))}
      </div>
    </div>
  )
}
