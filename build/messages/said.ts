import { relative, resolve } from 'node:path'
import type { ExtractorType } from '@lingui/conf'
import ts from 'typescript'
import { root } from '../paths.ts'

/**
 * Finds the sentences of the core for the catalogue: templates tagged with `say` (`main/contract/said.ts`), each by its own English
 * text, as the macros of the window do not run in Node.
 */
export const saidExtractor: ExtractorType = {
  // counted from the project: the folder that it lies in may have any name
  match: (file) => /^main[\\/].*\.ts$/.test(relative(root, resolve(root, file))),
  extract(file, code, onMessage) {
    if (!code.includes('say`')) return
    const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      if (ts.isTaggedTemplateExpression(node) && node.tag.getText(source) === 'say') {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
        const message = messageOf(node.template)
        onMessage({ id: message, message, placeholders: {}, origin: [file, line + 1], context: undefined })
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
  },
}

/** The text of a template with `{0}`, `{1}` in the place of its values. */
const messageOf = (template: ts.TemplateLiteral): string =>
  ts.isNoSubstitutionTemplateLiteral(template)
    ? template.text
    : template.templateSpans.reduce(
        (text, { literal }, index) => `${text}{${index}}${literal.text}`,
        template.head.text,
      )
