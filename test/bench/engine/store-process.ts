/**
 * An S3 store in a process of its own, as small as S3 allows: parts become files in the directory given as argument, an
 * object is the list of its parts. It prints its port, and ends with its standard input.
 */
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

const directory = process.argv[2] ?? '.'
const objects = new Map<string, string[]>()
const uploads = new Map<string, Map<number, string>>()
let files = 0

const stored = async (request: IncomingMessage): Promise<string> => {
  const file = join(directory, `part-${++files}`)
  await pipeline(request, createWriteStream(file, { highWaterMark: 1 << 20 }))
  return file
}
const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const answer = async (request: IncomingMessage): Promise<string> => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store')
  const key = decodeURIComponent(pathname.split('/').slice(2).join('/'))
  const uploadId = searchParams.get('uploadId') ?? ''
  if (request.method === 'PUT' && uploadId) {
    uploads.get(uploadId)?.set(Number(searchParams.get('partNumber')), await stored(request))
  } else if (request.method === 'PUT') {
    objects.set(key, [await stored(request)])
  } else if (request.method === 'POST' && searchParams.has('uploads')) {
    const id = String(++files)
    uploads.set(id, new Map())
    return `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`
  } else if (request.method === 'POST' && uploadId) {
    request.resume()
    const parts = [...(uploads.get(uploadId) ?? [])].sort(([a], [b]) => a - b)
    objects.set(
      key,
      parts.map(([, file]) => file),
    )
    uploads.delete(uploadId)
    return '<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>'
  } else if (request.method === 'POST') {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const keys = [
      ...Buffer.concat(chunks)
        .toString()
        .matchAll(/<Key>(.*?)<\/Key>/g),
    ].map(([, found = '']) => found)
    for (const one of keys) {
      for (const file of objects.get(one) ?? []) await rm(file)
      objects.delete(one)
    }
    return '<DeleteResult></DeleteResult>'
  } else if (searchParams.has('uploads')) {
    return '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>'
  } else if (request.method === 'GET' && key === '') {
    const prefix = searchParams.get('prefix') ?? ''
    const found = [...objects].filter(([name]) => name.startsWith(prefix))
    // The owner's name carries the files of the parts: S3 has no other place for them.
    const list = found.map(
      ([name, parts]) =>
        `<Contents><Key>${xml(name)}</Key><Owner><DisplayName>${parts.join(' ')}</DisplayName></Owner></Contents>`,
    )
    return `<ListBucketResult><IsTruncated>false</IsTruncated>${list.join('')}</ListBucketResult>`
  }
  return ''
}

const server = createServer((request, response) => {
  answer(request).then(
    (body) => response.writeHead(200, { etag: '"1"', 'content-type': 'application/xml' }).end(body),
    () => response.destroy(),
  )
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
process.stdin.resume().on('end', () => process.exit(0))
