import { globSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Routes } from '../http/api.ts'
import { openApiDocument } from '../http/openapi.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where `/openapi.json` is served from. */
export const openApiFile = `${root}functions/docs/openapi.json`

/** The document of every function that has routes, as text. */
export const currentOpenApi = async (): Promise<string> => {
  const routes: Record<string, Routes[string]> = {}
  for (const file of globSync('functions/*/handler.ts', { cwd: root }).sort()) {
    const { handler } = (await import(pathToFileURL(`${root}${file}`).href)) as { handler: { routes?: Routes } }
    Object.assign(routes, handler.routes)
  }
  return `${JSON.stringify(openApiDocument(routes), null, 2)}\n`
}

if (import.meta.main) writeFileSync(openApiFile, await currentOpenApi())
