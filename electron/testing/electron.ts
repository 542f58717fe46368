#!/usr/bin/env node
/**
 * The stand-in for Electron's program: `electron [switches] main.js [arguments]`. Runs the main script with a module
 * `electron` that drives a real Chromium page, so the shell's own code is exercised where Electron's binary is missing.
 */
import inspector from 'node:inspector'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const main = process.argv.slice(2).find((arg) => !arg.startsWith('-'))
if (!main) throw new Error('usage: electron [switches] main.js [arguments]')

const standIn = new URL('./module.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: standIn, shortCircuit: true } : next(specifier, context),
})
if (process.argv.includes('--inspect=0')) inspector.open(0)
await import(pathToFileURL(resolve(main)).href)
