import bash from 'highlight.js/lib/languages/bash'
import c from 'highlight.js/lib/languages/c'
import cpp from 'highlight.js/lib/languages/cpp'
import csharp from 'highlight.js/lib/languages/csharp'
import css from 'highlight.js/lib/languages/css'
import diff from 'highlight.js/lib/languages/diff'
import dockerfile from 'highlight.js/lib/languages/dockerfile'
import go from 'highlight.js/lib/languages/go'
import ini from 'highlight.js/lib/languages/ini'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import kotlin from 'highlight.js/lib/languages/kotlin'
import latex from 'highlight.js/lib/languages/latex'
import lua from 'highlight.js/lib/languages/lua'
import markdown from 'highlight.js/lib/languages/markdown'
import php from 'highlight.js/lib/languages/php'
import powershell from 'highlight.js/lib/languages/powershell'
import python from 'highlight.js/lib/languages/python'
import r from 'highlight.js/lib/languages/r'
import ruby from 'highlight.js/lib/languages/ruby'
import rust from 'highlight.js/lib/languages/rust'
import sql from 'highlight.js/lib/languages/sql'
import swift from 'highlight.js/lib/languages/swift'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'
import { createLowlight } from 'lowlight'

/** Code in pieces: plain ones, and those that are something, by the names that highlight.js gives it ("hljs-keyword"). */
export type HighlightedCode = readonly (string | { readonly name: string; readonly pieces: HighlightedCode })[]

const lowlight = createLowlight({
  ...{ bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, latex, lua, markdown },
  ...{ php, powershell, python, r, ruby, rust, sql, swift, typescript, xml, yaml },
})

type Node = ReturnType<typeof lowlight.highlight>['children'][number]

function pieceOf(node: Node): HighlightedCode {
  if (node.type === 'text') return [node.value]
  if (node.type !== 'element') return []
  const names = node.properties['className']
  const name = Array.isArray(names) ? names.join(' ') : ''
  return [{ name, pieces: node.children.flatMap(pieceOf) }]
}

/** The code in pieces with the names of what they are; null: no such language is known. */
export function highlightCode(code: string, language: string): HighlightedCode | null {
  const name = language.toLowerCase()
  return lowlight.registered(name) ? lowlight.highlight(name, code).children.flatMap(pieceOf) : null
}
