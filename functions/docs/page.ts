const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 6%, transparent) }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem 1.5rem 4rem }
h1 { font-size: 1.5rem; margin: 1rem 0 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; text-transform: capitalize }
#about { white-space: pre-line } fieldset { border: 1px solid var(--line); border-radius: 6px; margin: 1rem 0 }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0 } details[open] { background: var(--soft) }
summary { cursor: pointer; padding: .45rem .7rem } form, section { padding: 0 .9rem .9rem }
.method { display: inline-block; font: 600 12px ui-monospace, monospace; width: 4.2em } .path { font-family: ui-monospace, monospace }
.GET { color: #1a7f5a } .POST { color: #1f6feb } .PATCH { color: #b5730a } .DELETE { color: #c93c37 }
.what { opacity: .75; margin-left: .8em } label { display: block; margin: .5rem 0 } label > span { display: block; font-size: 13px }
input, textarea, select { font: 13px ui-monospace, monospace; width: 100%; box-sizing: border-box; padding: .35rem; border: 1px solid var(--line); border-radius: 4px; background: Canvas; color: CanvasText }
textarea { min-height: 9rem } button { font: inherit; padding: .3rem 1.1rem; border-radius: 4px; border: 1px solid var(--line); cursor: pointer; margin-top: .4rem }
pre { overflow: auto; max-height: 30rem; padding: .6rem; border-radius: 4px; background: var(--soft); font-size: 13px; margin: .5rem 0 }
`

const script = `
const make = (tag, members = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), members)
  element.append(...children)
  return element
}
const field = (text, input) => make('label', {}, make('span', { textContent: text }), input)
const pretty = (text) => { try { return JSON.stringify(JSON.parse(text), null, 2) } catch { return text } }
const apiKey = make('input', { type: 'password', autocomplete: 'off', id: 'api-key' })
const token = make('input', { type: 'password', autocomplete: 'off', id: 'token' })

const send = async (method, path, inputs, body) => {
  const query = new URLSearchParams()
  const headers = {}
  let url = path
  for (const { name, place, input } of inputs) {
    const value = input.value.trim()
    if (place === 'path') url = url.replace('{' + name + '}', encodeURIComponent(value))
    else if (value !== '' && place === 'query') query.set(name, value)
    else if (value !== '') headers[name] = value
  }
  if (query.size > 0) url += '?' + query
  if (apiKey.value) headers['x-api-key'] = apiKey.value
  if (token.value) headers.authorization = 'Bearer ' + token.value
  const text = body ? body.value.trim() : ''
  if (text !== '') headers['content-type'] = 'application/json'
  const startedAt = performance.now()
  const response = await fetch(url, { method, headers, ...(text === '' ? {} : { body: text }) })
  const answer = await response.text()
  const location = response.headers.get('location')
  return response.status + ' ' + response.statusText + ', ' + Math.round(performance.now() - startedAt) + ' ms' +
    (location ? '\\nlocation: ' + location : '') + '\\n\\n' + pretty(answer)
}

const parameterField = ({ name, in: place, required, description, schema }) => {
  const input = schema.enum
    ? make('select', {}, ...(required ? [] : ['']).concat(schema.enum).map((value) => make('option', { value, textContent: value })))
    : make('input', { required, spellcheck: false })
  input.name = name
  return { name, place, input, label: field(name + (required ? ' *' : '') + (description ? ': ' + description : ''), input) }
}

const operationView = (path, method, operation) => {
  const inputs = (operation.parameters ?? []).map(parameterField)
  const content = operation.requestBody?.content['application/json']
  const body = content && make('textarea', { spellcheck: false, name: 'body', value: content.example === undefined ? '' : JSON.stringify(content.example, null, 2) })
  const answer = make('pre', { className: 'answer', hidden: true })
  const button = make('button', { textContent: 'Try it' })
  const form = make('form', {}, ...inputs.map(({ label }) => label), ...(body ? [field('body, JSON', body)] : []), button, answer)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    button.disabled = true
    answer.hidden = false
    answer.textContent = '…'
    try { answer.textContent = await send(method, path, inputs, body) } catch (error) { answer.textContent = String(error) }
    button.disabled = false
  })
  const schemas = Object.entries(operation.responses).map(([status, { description, content }]) =>
    status + '  ' + description + '\\n' + Object.values(content ?? {}).map(({ schema }) => JSON.stringify(schema, null, 2)).join('\\n'))
  const shape = make('details', {}, make('summary', { textContent: 'Request and answers' }),
    make('section', {}, make('pre', { textContent: (content ? 'body\\n' + JSON.stringify(content.schema, null, 2) + '\\n\\n' : '') + schemas.join('\\n\\n') })))
  return make('details', { id: operation.operationId },
    make('summary', {}, make('span', { className: 'method ' + method, textContent: method }), make('span', { className: 'path', textContent: path }),
      make('span', { className: 'what', textContent: operation.summary })),
    form, make('section', {}, shape))
}

const show = (api) => {
  document.title = api.info.title
  const groups = Object.groupBy(Object.entries(api.paths), ([path]) => path.split('/')[1])
  document.body.replaceChildren(
    make('h1', { textContent: api.info.title }),
    make('p', { id: 'about', textContent: api.info.description.replaceAll('\`', '') }),
    make('p', {}, make('a', { href: 'openapi.json', textContent: 'openapi.json' })),
    make('fieldset', {}, make('legend', { textContent: 'Who is calling (kept in this page only)' }), field('x-api-key', apiKey), field('bearer token', token)),
    ...Object.entries(groups).flatMap(([name, paths]) => [
      make('h2', { textContent: name }),
      ...paths.flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => operationView(path, method.toUpperCase(), operation))),
    ]),
  )
}

fetch('openapi.json').then((response) => response.json()).then(show, (error) => { document.body.textContent = 'The document could not be read: ' + error })
`

/** The API's own documentation, to read and to try; whole in itself but for `openapi.json` beside it. */
export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Airbyte ingestion</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>Reading the document…
<script>${script}</script>
</body>
</html>
`
