/** What a document is made of, whatever form a model wrote it in: the one tree that the window and every export read. */

/** How deep quotes and lists, and the settings of words, may stand in one another; what is deeper is read as plain text. */
export const MOST_DEPTH = 32

/** A box on its page, in shares of the page's width and height. */
export interface PageBox {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}

export type Inline =
  | { readonly type: 'text' | 'code'; readonly text: string }
  | { readonly type: 'formula'; readonly tex: string }
  | { readonly type: 'picture'; readonly alt: string }
  | { readonly type: 'break' }
  | { readonly type: InlineStyle; readonly children: readonly Inline[] }
  | { readonly type: 'link'; readonly href: string; readonly children: readonly Inline[] }

/** How words are set; each is an HTML element of its own. */
export type InlineStyle = 'strong' | 'em' | 'u' | 'del' | 'sup' | 'sub'

/** A cell of a table where it begins; it covers `columns` x `rows` places. */
export interface TableCell {
  readonly isHeader: boolean
  readonly columns: number
  readonly rows: number
  readonly children: readonly Inline[]
}

export type TableNode = {
  readonly type: 'table'
  readonly caption: readonly Inline[] | null
  readonly rows: readonly (readonly TableCell[])[]
}

export type DocumentNode =
  | { readonly type: 'heading'; readonly level: number; readonly children: readonly Inline[] }
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | {
      readonly type: 'list'
      readonly start: number | null
      readonly items: readonly (readonly DocumentNode[])[]
    }
  | { readonly type: 'quote'; readonly children: readonly DocumentNode[] }
  | { readonly type: 'code'; readonly language: string | null; readonly text: string }
  | { readonly type: 'formula'; readonly tex: string }
  | { readonly type: 'picture'; readonly alt: string; readonly source: string }
  | { readonly type: 'rule' }
  | TableNode
