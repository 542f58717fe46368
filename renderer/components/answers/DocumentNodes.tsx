import { t } from '@lingui/core/macro'
import { Fragment, createElement } from 'react'
import type { ReactNode } from 'react'
import { pictureName, textOfInline } from '../../lib/documents.ts'
import type { DocumentNode, Inline, TableCell, TableNode } from '../../lib/documents.ts'
import { Formula } from './Formula.tsx'
import { CodeBlock } from './CodeBlock.tsx'
import { AnswerLink } from './Markdown.tsx'

/** The nodes of a document as elements. */
export function DocumentNodes({ nodes }: { nodes: readonly DocumentNode[] }): ReactNode {
  return nodes.map((node, index) => <Node key={index} node={node} />)
}

function Node({ node }: { node: DocumentNode }): ReactNode {
  switch (node.type) {
    case 'heading':
      return createElement(`h${Math.min(6, node.level)}`, null, <Words nodes={node.children} />)
    case 'paragraph':
      return (
        <p>
          <Words nodes={node.children} />
        </p>
      )
    case 'formula':
      return <Formula tex={node.tex} isBlock />
    case 'rule':
      return <hr />
    case 'picture':
      return <p className="text-muted italic">{pictureName(node.alt)}</p>
    case 'code':
      return <CodeBlock language={node.language} code={node.text} />
    case 'quote':
      return (
        <blockquote>
          <DocumentNodes nodes={node.children} />
        </blockquote>
      )
    case 'list': {
      const items = node.items.map((item, index) => {
        const [first, ...others] = item
        return (
          <li key={index}>
            {first?.type === 'paragraph' ? <Words nodes={first.children} /> : first ? <Node node={first} /> : null}
            <DocumentNodes nodes={others} />
          </li>
        )
      })
      return node.start === null ? <ul>{items}</ul> : <ol start={node.start}>{items}</ol>
    }
    case 'table':
      return <Table table={node} />
  }
}

/** Inline parts. A link asks before it opens, as in any answer. */
function Words({ nodes }: { nodes: readonly Inline[] }): ReactNode {
  return nodes.map((node, index) => {
    switch (node.type) {
      case 'text':
        return <Fragment key={index}>{node.text}</Fragment>
      case 'break':
        return <br key={index} />
      case 'code':
        return (
          <code key={index} className="code-inline">
            {node.text}
          </code>
        )
      case 'formula':
        return <Formula key={index} tex={node.tex} />
      case 'picture':
        return (
          <span key={index} className="text-muted italic">
            {pictureName(node.alt)}
          </span>
        )
      case 'link':
        return (
          <AnswerLink key={index} href={node.href}>
            <Words nodes={node.children} />
          </AnswerLink>
        )
      default:
        return createElement(node.type, { key: index }, <Words nodes={node.children} />)
    }
  })
}

/** A table in a frame of its own, in which a long or wide one scrolls; rows of headers at its top stay in view. */
function Table({ table: { caption, rows } }: { table: TableNode }): ReactNode {
  const first = rows.findIndex((row) => row.some(({ isHeader }) => !isHeader))
  const heads = first < 0 ? 0 : first
  return (
    <figure className="document-table">
      {caption ? (
        <figcaption>
          <Words nodes={caption} />
        </figcaption>
      ) : null}
      <div className="table-frame" tabIndex={0} role="group" aria-label={t`Table`}>
        <table>
          {heads > 0 ? (
            <thead>
              {rows.slice(0, heads).map((row, index) => (
                <Row key={index} cells={row} isHead />
              ))}
            </thead>
          ) : null}
          <tbody>
            {rows.slice(heads).map((row, index) => (
              <Row key={index} cells={row} />
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}

const NUMBER = /^[\s\p{Sc}(+\-−–]*\d[\d\s.,'’]*[)%‰\p{Sc}]*$/u

/** Characters from which on a cell is not made as narrow as its longest word. */
const LONG = 24

function Row({ cells, isHead = false }: { cells: readonly TableCell[]; isHead?: boolean }): ReactNode {
  return (
    <tr>
      {cells.map(({ isHeader, columns, rows, children }, index) => {
        const only = children[0]
        const isNumber = children.length === 1 && only?.type === 'text' && NUMBER.test(only.text)
        const props = {
          key: index,
          ...(columns > 1 && { colSpan: columns }),
          ...(rows > 1 && { rowSpan: rows }),
          ...(isNumber && !isHead && { className: 'is-number' }),
          ...(!isNumber && textOfInline(children).length > LONG && { className: 'is-long' }),
        }
        const { key, ...rest } = props
        return isHeader || isHead ? (
          <th key={key} scope={isHead ? (columns > 1 ? 'colgroup' : 'col') : 'row'} {...rest}>
            <Words nodes={children} />
          </th>
        ) : (
          <td key={key} {...rest}>
            <Words nodes={children} />
          </td>
        )
      })}
    </tr>
  )
}
