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
export const htmlAsText =
  () =>
  (tree: unknown): void =>
    visit(tree as Node)
