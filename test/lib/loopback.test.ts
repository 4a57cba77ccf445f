import { expect, it } from 'vitest'
import { foreignCaller } from '../../lib/loopback.ts'

it.each([
  [{ host: '127.0.0.1:8000' }],
  [{ host: 'localhost:3000' }],
  [{ host: '[::1]:3000' }],
  [{ host: 'LOCALHOST' }],
  [{ host: '127.0.0.1:3000', origin: 'http://localhost:5173' }],
])('%j is this machine', (headers) => expect(foreignCaller(headers)).toBeUndefined())

it.each([
  [{}],
  [{ host: '' }],
  [{ host: 'evil.example:8000' }],
  [{ host: '127.0.0.1.evil.example' }],
  [{ host: 'localhost@evil.example' }],
  [{ host: '169.254.169.254' }],
  [{ host: '127.0.0.1:8000', origin: 'https://evil.example' }],
  [{ host: '127.0.0.1:8000', origin: 'null' }],
  [{ host: '127.0.0.1:8000', origin: 'http://localhost.evil.example' }],
  [{ host: '127.0.0.1:8000', origin: '' }],
])('%j is not', (headers) => expect(foreignCaller(headers)).toMatch(/this machine/))
